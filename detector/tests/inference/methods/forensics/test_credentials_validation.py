"""What a validator's codes mean: a changed file, an old certificate, or a check cut short."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.template.loader import render_to_string

from detector.inference.methods.forensics.c2pa.credentials import read_credentials
from detector.inference.methods.forensics.c2pa.credentials_process import PROCESS
from detector.inference.methods.forensics.c2pa.manifest import Credentials, interpret
from detector.inference.methods.forensics.c2pa.validation import BINDINGS, FAULTS, NOTES
from detector.inference.trust_lists import Trust
from detector.inference.wording import words
from detector.tests.factories.credentials import (
    AI,
    CAPTURED,
    PHOTO,
    TRAINED,
    ask,
    claims,
    said,
    shown,
)
from detector.tests.factories.signing import LISTED, TERM, action, identity_assertion, sign

SOUND = ("claimSignature.validated", "claimSignature.insideValidity", "assertion.dataHash.match")
CHANGED = "the file was changed after it was signed"


def judged(*failure: str, success: tuple[str, ...] = SOUND, step: Any = AI) -> Credentials:
    """What is said of a manifest with this step that the library calls invalid for these codes."""
    steps = {"label": "c2pa.actions", "data": {"actions": [step]}}
    results = {
        "success": [{"code": code} for code in success],
        "failure": [{"code": code} for code in failure],
    }
    report = {
        "active_manifest": "a",
        "manifests": {"a": {"assertions": [steps]}},
        "validation_state": "Invalid",
        "validation_results": {"activeManifest": results, "trustListUri": "own"},
    }
    return interpret(report, "JPEG", LISTED)


def strengths(found: Credentials) -> list[str]:
    findings = (item.finding for item in read_credentials(found))
    return [finding.strength for finding in findings if finding.claim == "ai"]


IDENTITY = (
    "cawg.identity.assertion.mismatch",
    "cawg.identity.hard_binding_missing",
    "cawg.ica.signature_mismatch",
    "cawg.ica.signer_payload.mismatch",
    "cawg.ica.did_unavailable",
    "cawg.x509.signature.mismatch",
    "cawg.x509.credential.untrusted",
    "cawg.something.of.the.future.mismatch",
)


@pytest.mark.parametrize("code", [*IDENTITY, *sorted(NOTES), "timeStamp.mismatch"])
def test_a_note_is_no_fault(code: str) -> None:
    found = judged("signingCredential.untrusted", code)
    assert (found.signature, found.fault) == ("valid", "")
    assert strengths(found) == ["decisive"]


@pytest.mark.parametrize("binding", BINDINGS)
def test_only_a_hash_that_does_not_fit_says_that_the_file_was_changed(binding: str) -> None:
    changed = judged(f"{binding}.mismatch", *IDENTITY, success=SOUND[:2])
    assert (changed.signature, changed.fault) == ("tampered", "changed")
    assert strengths(changed) == ["medium"]
    both = judged(f"{binding}.mismatch", success=(*SOUND, f"{binding}.match"))
    assert both.signature == "unchecked"
    assert CHANGED not in str(read_text(both))


def read_text(found: Credentials) -> list[str]:
    return [item.finding.text for item in read_credentials(found)]


CODES = sorted({code for fault in FAULTS for code in fault.codes})


@pytest.mark.slow
@pytest.mark.parametrize("code", CODES)
def test_every_failure_of_the_standard_is_told_in_its_own_words(code: str) -> None:
    found = judged(code, success=SOUND[:2])
    (fault,) = [fault for fault in FAULTS if code in fault.codes]
    assert (found.signature, found.fault) == (fault.signature, fault.name)
    assert any(words("c2pa_fault", found.fault) in text for text in read_text(found))


@pytest.mark.parametrize(
    "code",
    ["general.error", "algorithm.unsupported", "com.example.odd", "something.mismatch", "", "x"],
)
def test_an_unknown_failure_accuses_nobody(code: str) -> None:
    found = judged(code)
    assert found.signature == "unchecked"
    assert strengths(found) == ["medium"]
    assert "could not be fully checked" in " ".join(read_text(found))
    assert "changed" not in " ".join(read_text(found))
    assert judged(code, "assertion.dataHash.mismatch", success=()).signature == "tampered"


@pytest.mark.parametrize("missing", SOUND)
def test_a_signature_without_its_successes_is_not_valid(missing: str) -> None:
    rest = tuple(code for code in SOUND if code != missing)
    assert judged(success=rest).signature == "unchecked"
    assert judged("cawg.ica.invalid_alg", success=rest).signature == "unchecked"


def test_what_breaks_a_rule_is_still_what_was_signed() -> None:
    assert strengths(judged("assertion.action.malformed")) == ["decisive"]
    for missing in (SOUND[0], SOUND[2]):
        rest = tuple(code for code in SOUND if code != missing)
        assert strengths(judged("assertion.action.malformed", success=rest)) == ["medium"]
    worse = ("signingCredential.ocsp.revoked", "ingredient.manifest.mismatch", "general.error")
    for code in (*worse, "assertion.hashedURI.mismatch", "claimSignature.mismatch"):
        assert strengths(judged("assertion.action.malformed", code)) == ["medium"]
        assert strengths(judged("signingCredential.expired", code)) == ["medium"]


def test_a_camera_under_any_fault_is_no_proof_and_one_under_a_note_is() -> None:
    trusted = (*SOUND, "signingCredential.trusted")
    for code in CODES:
        found = judged(code, success=trusted, step=CAPTURED)
        assert "real" not in {item.finding.claim for item in read_credentials(found)}
    for code in (*IDENTITY, "assertion.dataHash.additionalExclusionsPresent"):
        found = judged(code, success=trusted, step=CAPTURED)
        assert "real" in {item.finding.claim for item in read_credentials(found)}


def test_what_is_wrong_with_an_ingredient_is_no_fault_of_the_file() -> None:
    expired = {"failure": [{"code": "signingCredential.expired"}]}
    delta = {"ingredientAssertionURI": "self#jumbf=/c2pa/a/c2pa.assertions/i"}
    report = {
        "active_manifest": "a",
        "manifests": {"a": {"ingredients": [{"label": "i"}]}},
        "validation_state": "Invalid",
        "validation_results": {
            "activeManifest": {"success": [{"code": code} for code in SOUND]},
            "ingredientDeltas": [delta | {"validationDeltas": expired}],
        },
    }
    found = interpret(report, "JPEG", Trust())
    assert found.signature == "valid"
    assert found.ingredients[0].fault == "expired"


@pytest.mark.parametrize("code", ["assertion.dataHash.mismatch", "general.error"])
def test_a_fault_that_an_old_record_of_an_ingredient_names_makes_it_worth_less(code: str) -> None:
    def interpreted(*recorded: str) -> Credentials:
        steps = {"label": "c2pa.actions", "data": {"actions": [AI]}}
        parent = {
            "relationship": "parentOf",
            "active_manifest": "b",
            "validation_status": [{"code": code} for code in recorded],
        }
        manifests = {"a": {"ingredients": [parent]}, "b": {"assertions": [steps]}}
        report = {"active_manifest": "a", "manifests": manifests, "validation_state": "Valid"}
        return interpret(report, "JPEG", Trust())

    assert strengths(interpreted("signingCredential.untrusted")) == ["decisive"]
    assert strengths(interpreted(code)) == ["medium"]


def test_a_camera_s_word_under_an_old_certificate_still_contradicts_a_generator() -> None:
    def sides(*failure: str) -> set[str | None]:
        found = judged(*failure, step=CAPTURED)
        return {item.finding.claim for item in read_credentials(found)}

    assert sides("signingCredential.expired") == {None, "capture"}
    assert sides("assertion.action.malformed") == {None, "capture"}
    assert sides("general.error") == sides("claimSignature.mismatch") == {None}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "issuer"),
    [
        ("cawg.identity_claims_aggregation", "did:web:localhost%3A1"),
        ("cawg.identity_claims_aggregation", "did:web:example.invalid"),
        ("cawg.identity_claims_aggregation", "did:jwk:eyJrdHkiOiJPS1AifQ"),
        ("cawg.identity_claims_aggregation", "https://example.invalid/"),
        ("cawg.x509.cose", ""),
        ("com.example.unknown", ""),
    ],
)
def test_who_stands_behind_a_picture_is_not_looked_up_and_hides_nothing(
    kind: str, issuer: str
) -> None:
    extra = identity_assertion(kind, issuer)
    data = sign(PHOTO, "JPEG", AI, assertions=(extra,))
    report = PROCESS.report("image/jpeg", data)
    assert report["validation_state"] == "Valid"
    assert '"code": "cawg.' not in json.dumps(report["validation_results"])
    answer = ask(data)
    assert shown(answer)["signature"] == "valid"
    assert claims(answer) == [("ai", "decisive")]
    assert CHANGED not in said(answer)


def test_metadata_beside_an_identity_is_read() -> None:
    data = {"@context": {}, "Iptc4xmpExt:DigitalSourceType": TERM + TRAINED}
    metadata = {"label": "cawg.metadata", "data": data, "kind": "Json"}
    extra = identity_assertion("cawg.identity_claims_aggregation", "did:web:localhost%3A1")
    drawn = action("c2pa.created", "digitalArt")
    answer = ask(sign(PHOTO, "JPEG", drawn, assertions=(extra, metadata)))
    assert claims(answer) == [("ai", "decisive")]


def test_the_page_says_when_not_all_could_be_checked() -> None:
    found = judged("general.error").to_dict()
    page = render_to_string("detector/exhibits/credentials.html", {"exhibit": {"data": found}})
    assert "Could not be fully checked" in page
    assert "Invalid" not in page and "Trusted" not in page
