"""The twin of a report: the JSON that the report is made from, signed by the installation.

Its bytes have one form only, so that any other byte is noticed: keys in the order in which they
were written, an indent of one space, text as UTF-8. The signature is over the same form without
the member "signature".
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from detector.inference.results import InvalidResult, Verdict

from .keys import ALGORITHM, write_public_key

DOCUMENT = "AI Image Detector report"
COMPARISON = f"{DOCUMENT} of a comparison"
REPORT_SCHEMA = 1
# They differ between two runs that say the same.
LEFT_OUT = ("id", "elapsed_ms")

Twin = dict[str, Any]


class NotGenuine(Exception):
    """The file is no report, or not the one that was written; the message says why."""


@dataclass(frozen=True)
class MakerAnswer:
    """What the maker of a generator said when the person asked: whose answer, its words, when."""

    maker: str
    answer: str
    when: str


@dataclass(frozen=True)
class Additions:
    """What a person adds to a report: who they are, a note, and what makers have answered them."""

    author: str = ""
    note: str = ""
    answers: tuple[MakerAnswer, ...] = ()


@dataclass(frozen=True)
class WeightsDigest:
    """A folder of weights, or a member of a method, and the digest of its files."""

    name: str
    digest: str


@dataclass(frozen=True)
class Subject:
    """What a report is about: the `result` as the JSON has it, and when it was made.

    `weights` are those that the result was made with; they are empty where this is not known.
    """

    result: dict[str, Any]
    analysed: datetime
    weights: tuple[WeightsDigest, ...] = ()
    additions: Additions = field(default_factory=Additions)


def write_twin(subject: Subject, key: Ed25519PrivateKey) -> Twin:
    """The signed twin of a report."""
    analysed = subject.analysed.astimezone(UTC).isoformat(timespec="seconds")
    twin = {
        "document": DOCUMENT,
        "schema": REPORT_SCHEMA,
        "analysed": analysed,
        "time_zone": "UTC",
        "author": subject.additions.author,
        "note": subject.additions.note,
        "reported_by_you": [asdict(answer) for answer in subject.additions.answers],
        "weights": [asdict(weights) for weights in subject.weights],
        "left_out": list(LEFT_OUT),
        "result": without_run(subject.result, analysed),
    }
    return sign(twin, key)


def sign(twin: Twin, key: Ed25519PrivateKey) -> Twin:
    """The twin with its signature."""
    signature = {
        "algorithm": ALGORITHM,
        "public_key": write_public_key(key.public_key()),
        "value": key.sign(to_bytes(twin)).hex(),
    }
    return twin | {"signature": signature}


def without_run(result: dict[str, Any], analysed: str) -> dict[str, Any]:
    """The result without what tells one run from another: its id, and how long it took."""
    methods = [method | {"elapsed_ms": 0.0} for method in result["methods"]]
    own = {"id": None, "created": analysed, "elapsed_ms": 0.0, "methods": methods}
    return result | own


def to_bytes(twin: Twin) -> bytes:
    """The one form of a twin."""
    return (json.dumps(twin, ensure_ascii=False, indent=1) + "\n").encode(errors="surrogatepass")


def read_twin(data: bytes, key: Ed25519PublicKey) -> Twin:
    """The twin in these bytes, if the owner of `key` has signed it. Raises `NotGenuine`."""
    twin = _parse(data)
    signature = twin.get("signature")
    if not isinstance(signature, dict) or signature.get("algorithm") != ALGORITHM:
        raise NotGenuine("The report has no Ed25519 signature.")
    if signature.get("public_key") != write_public_key(key):
        sentence = f"The report is signed with another key: {signature.get('public_key')!s:.64}."
        raise NotGenuine(sentence)
    _check_signature(twin, str(signature.get("value")), key)
    if to_bytes(twin) != data:
        raise NotGenuine("The report was changed after it was signed.")
    return twin


def _parse(data: bytes) -> Twin:
    try:
        twin = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotGenuine("The file is no report: it is no JSON.") from error
    if not isinstance(twin, dict) or twin.get("document") not in (DOCUMENT, COMPARISON):
        raise NotGenuine("The file is no report of this program.")
    if twin.get("schema") != REPORT_SCHEMA:
        sentence = f"The report has the schema {twin.get('schema')!s:.20}; "
        raise NotGenuine(f"{sentence}this version reads schema {REPORT_SCHEMA}.")
    return twin


def _check_signature(twin: Twin, value: str, key: Ed25519PublicKey) -> None:
    unsigned = {name: item for name, item in twin.items() if name != "signature"}
    try:
        signature = bytes.fromhex(value)
        if signature.hex() != value:  # capitals and spaces would say the same
            raise ValueError(value)
        key.verify(signature, to_bytes(unsigned))
    except (InvalidSignature, ValueError) as error:
        raise NotGenuine("The report was changed after it was signed.") from error


def read_verdict(twin: Twin) -> Verdict:
    """The typed result of a twin. Raises `NotGenuine` for one of another schema."""
    try:
        return Verdict.from_dict(twin["result"])
    except InvalidResult as error:
        raise NotGenuine(f"The report holds a result of another version: {error}") from error
