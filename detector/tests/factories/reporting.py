"""Reports for the tests: a verdict whose version belongs to its digests, and its parts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from detector.inference.results import FileFacts, Verdict
from detector.inference.version import write_version
from detector.reports.twin import Additions, MakerAnswer, Subject, WeightsDigest

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DIGESTS: dict[str, str] = {"weights": "ab" * 32, "code": "cd" * 32}
VERSION: dict[str, str] = DIGESTS | {"version": write_version(DIGESTS["weights"], DIGESTS["code"])}
MOMENT = datetime(2026, 11, 28, 1, 2, 3, tzinfo=UTC)
ANSWERED = Additions(
    "Ada Lovelace", "Seen on a forum.", (MakerAnswer("Google", "It has a SynthID.", "1 May 2026"),)
)
FILE = FileFacts("strand im März.jpg", 12345, "JPEG", 640, 480, "0123456789abcdef" * 4)


def subject(verdict: Verdict, **given: Any) -> Subject:
    """What a report of this verdict is about."""
    weights = (WeightsDigest("fusion", "ef" * 32),)
    whole: dict[str, Any] = {"weights": weights, "additions": ANSWERED, "analysed": MOMENT}
    return Subject(verdict.to_dict(), **(whole | given))
