"""Whom a manifest's signer and its time stamp must be known to before a picture is trusted."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.template.loader import render_to_string

from detector.inference.images import open_image
from detector.inference.methods.forensics import Forensics
from detector.inference.methods.forensics.c2pa.credentials import read_credentials
from detector.inference.methods.forensics.c2pa.credentials_process import PROCESS
from detector.inference.methods.forensics.c2pa.manifest import Credentials, interpret
from detector.inference.runtime import TRUST_DIR, Runtime
from detector.inference.trust_lists import KINDS, Trust, TrustList
from detector.tests.factories.credentials import AI, CAPTURED, OPENED, PHOTO, part
from detector.tests.factories.signing import Identity, action, clerk, identity, sign
from detector.tests.factories.time_stamps import TimeAuthority, serve, time_authority

NOW = datetime.now(UTC)
STAMPED = NOW - timedelta(days=8)
CLOCK = time_authority()
STRANGER = time_authority("Anybody's Clock")
CLOCKS = {"none": None, "listed": CLOCK, "stranger": STRANGER}
SHORT = 6.0  # seconds for which the certificate that expires is valid: time to sign with it


def stamped(
    clock: TimeAuthority | None, *steps: dict[str, Any], when: datetime = STAMPED, **options: Any
) -> bytes:
    """A signed picture with a time stamp, or without."""
    if clock is None:
        return sign(PHOTO, "JPEG", *(steps or (CAPTURED,)), **options)
    with serve(clock, when) as address:
        return sign(PHOTO, "JPEG", *(steps or (CAPTURED,)), clock=address, **options)


def lists(**pem: str) -> Trust:
    """Lists with these certificates: `signers`, `own`, `interim`, `stamps`."""
    keys = {"stamps": "time-stamps"}
    given = {keys.get(name, name): text for name, text in pem.items()}
    split = {key: tuple(_split(text)) for key, text in given.items()}
    return Trust(tuple(TrustList(key, split[key], "2026-08-21") for key in KINDS if key in split))


def _split(pem: str) -> list[str]:
    end = "-----END CERTIFICATE-----\n"
    return [one + end for one in pem.split(end) if one.strip()]


def read(data: bytes, trust: Trust) -> Credentials:
    return interpret(PROCESS.report("image/jpeg", data, trust.request()), "JPEG", trust)


@pytest.fixture(scope="module")
def expired() -> dict[tuple[str, int], tuple[bytes, Identity]]:
    """Captures by a signer whose certificate has expired since, by time stamp and claim version."""
    who = identity("Expired", begins=-90, ends=SHORT / 86_400)
    end = time.monotonic() + SHORT + 1.1  # certificates count whole seconds
    found = {
        (name, version): (stamped(clock, who=who, version=version), who)
        for name, clock in CLOCKS.items()
        for version in (1, 2)
    }
    time.sleep(max(0.0, end - time.monotonic()))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("clock", "version", "trusted"),
    [
        ("listed", 2, True),
        ("none", 2, False),
        ("stranger", 2, False),
        ("none", 1, False),
        # The library takes any time stamp of such a claim, so nobody can tell when it was signed.
        ("stranger", 1, False),
        ("listed", 1, False),
    ],
)
def test_a_signer_whose_certificate_expired_needs_a_time_stamp_of_a_listed_authority(
    expired: Any, clock: str, version: int, trusted: bool
) -> None:
    data, who = expired[clock, version]
    found = read(data, lists(signers=who.anchor, stamps=CLOCK.anchor))
    assert found.trusted is trusted
    assert found.dated is trusted
    assert found.standing.startswith("trusted: on the C2PA list of 2026-08-21") is trusted
    if not trusted:
        assert "expired" in found.standing


@pytest.mark.slow
def test_an_authority_for_time_stamps_need_not_be_among_the_signers(expired: Any) -> None:
    """Nor is one among the signers an authority for time stamps."""
    data, who = expired["listed", 2]
    assert read(data, lists(signers=who.anchor + CLOCK.anchor)).trusted is False
    both = lists(signers=who.anchor + CLOCK.anchor, stamps=CLOCK.anchor)
    assert read(data, both).trusted is True
    assert read(data, lists(own=who.anchor + CLOCK.anchor)).trusted is True
    assert read(data, lists(signers=who.anchor, stamps=STRANGER.anchor)).trusted is False


@pytest.mark.slow
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("clock", CLOCKS)
def test_a_signer_whose_certificate_is_in_force_needs_no_time_stamp(
    clock: str, version: int
) -> None:
    data = stamped(CLOCKS[clock], version=version)
    found = read(data, lists(signers=identity().anchor, stamps=CLOCK.anchor))
    assert (found.signature, found.trusted) == ("valid", True)
    assert found.standing == "trusted: on the C2PA list of 2026-08-21"
    assert found.dated is (clock == "listed" and version == 2)


@pytest.mark.slow
def test_a_time_that_nobody_vouches_for_is_not_told_as_the_day_of_the_signature() -> None:
    day = STAMPED.date().isoformat()
    trust = lists(signers=identity().anchor, stamps=CLOCK.anchor)
    for clock, proven in ((CLOCK, True), (STRANGER, False)):
        found = read(stamped(clock), trust)
        text = next(read_credentials(found)).finding.text
        assert (f"on {day}" in text) is proven
        page = render_to_string(
            "detector/exhibits/credentials.html", {"exhibit": {"data": found.to_dict()}}
        )
        assert ("not checked, or whose authority" in page) is not proven


def test_a_listed_name_in_a_changed_file_is_not_called_trusted() -> None:
    data = bytearray(stamped(None))
    data[-20] ^= 1
    found = read(bytes(data), lists(signers=identity().anchor))
    text = next(read_credentials(found)).finding.text
    assert found.standing == "invalid: the file was changed after it was signed"
    assert "does not count without a valid signature" in text and "is trusted" not in text


def test_a_time_stamp_from_outside_the_certificate_s_life_is_no_help() -> None:
    trust = lists(signers=identity().anchor, stamps=CLOCK.anchor)
    for days in (-80, 8):
        found = read(stamped(CLOCK, when=NOW + timedelta(days=days)), trust)
        assert (found.signature, found.trusted) == ("invalid", False)
        assert found.standing.startswith("invalid: ")


def test_an_authority_for_time_stamps_vouches_for_no_signer() -> None:
    data = stamped(None)
    somebody = identity("Somebody").anchor
    found = read(data, lists(signers=somebody, stamps=identity().anchor))
    assert found.trusted is False
    assert found.standing == "valid, signer not on the list"
    # An authority that is on both lists counts for both.
    for _ in range(4):  # the library names any of the lists
        both = lists(signers=somebody + identity().anchor, stamps=identity().anchor)
        assert read(data, both).trusted is True


@pytest.mark.parametrize(
    "usage", [ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.EMAIL_PROTECTION]
)
def test_a_clock_under_the_root_of_signers_signs_no_picture(usage: x509.ObjectIdentifier) -> None:
    who, clocks = clerk(usage)
    data = stamped(None, who=who)
    found = read(data, lists(signers=who.anchor, stamps=who.anchor + clocks))
    assert found.trusted is False
    assert "time stamps" in found.standing or "not on the list" in found.standing
    # The root of both is no reason to doubt a signer.
    both = lists(signers=identity().anchor, stamps=identity().anchor + clocks)
    assert read(stamped(CLOCK), both).trusted is True


@pytest.mark.slow
@pytest.mark.parametrize(
    ("clock", "when", "version", "trusted"),
    [
        ("listed", "2025-12-31T23:59:59+00:00", 2, True),
        ("listed", "2026-01-01T00:00:00+00:00", 2, False),
        ("stranger", "2025-12-31T23:59:59+00:00", 2, False),
        ("listed", "2025-12-31T23:59:59+00:00", 1, False),
        ("none", "", 2, False),
    ],
)
def test_the_interim_list_counts_for_what_was_time_stamped_before_it_ended(
    clock: str, when: str, version: int, trusted: bool
) -> None:
    who = identity("Interim", begins=-1500)
    time_of = {"when": datetime.fromisoformat(when)} if when else {}
    data = stamped(CLOCKS[clock], who=who, version=version, **time_of)
    listed = lists(signers=identity().anchor, interim=who.anchor, stamps=CLOCK.anchor)
    found = read(data, listed)
    assert found.trusted is trusted
    assert "interim list" in found.standing
    # On the other list it counts without.
    assert read(data, lists(signers=who.anchor, interim=who.anchor)).trusted is True


def test_a_capture_of_a_trusted_signer_argues_for_a_photograph(tmp_path: Path) -> None:
    assert sides(stamped(None), tmp_path) == {"real"}


def test_a_trusted_capture_that_an_unknown_tool_saved_does_not(tmp_path: Path) -> None:
    captured = part("parentOf", stamped(None))
    for name in ("c2pa.edited", "c2pa.unknown", "com.example.magic", "c2pa.published"):
        step = action(name, softwareAgent="Mystery Tool")
        data = sign(PHOTO, "JPEG", OPENED, step, ingredients=(captured,), generator="Mystery Tool")
        assert "real" not in sides(data, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("label", ["c2pa.actions", "c2pa.actions.v2"])
@pytest.mark.parametrize("version", [1, 2])
def test_actions_of_both_versions_are_read(label: str, version: int, tmp_path: Path) -> None:
    options: dict[str, Any] = {"label": label, "version": version}
    assert sides(stamped(None, **options), tmp_path) == {"real"}
    assert sides(stamped(None, AI, **options), tmp_path) == {"ai"}
    edited = action("c2pa.edited", "trainedAlgorithmicMedia")
    assert "real" not in sides(stamped(None, CAPTURED, edited, **options), tmp_path)


@pytest.mark.parametrize("relationship", ["parentOf", "componentOf"])
def test_one_of_the_ingredients_is_an_ai_picture(relationship: str, tmp_path: Path) -> None:
    parts = (
        part("componentOf", stamped(None), "photograph"),
        part(relationship, stamped(None, AI), "painting"),
    )
    for first in (CAPTURED, action("c2pa.created", "composite")):
        data = sign(PHOTO, "JPEG", first, ingredients=parts)
        found = sides(data, tmp_path)
        assert "ai" in found and "real" not in found


def sides(data: bytes, folder: Path) -> set[str]:
    """What the file argues for, with the lists that ship and the test's own authority."""
    own = folder / "own.pem"
    own.write_text(identity().anchor)
    method = Forensics(Runtime(Path(), Path(), trust_lists=(TRUST_DIR,), trust_anchors=own))
    findings = method.predict(open_image(data)).findings
    return {finding.claim for finding in findings if finding.claim in ("ai", "real")}
