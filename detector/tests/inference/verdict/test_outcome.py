"""The six outcomes, what each rests on, and contradictions that are named."""

from __future__ import annotations

from typing import Any

import pytest

from detector.inference.results import Declaration, Finding, Note, Verdict
from detector.inference.verdict.combine import combine
from detector.inference.verdict.outcome import BLINDING
from detector.tests.factories.sentences import CODE
from detector.tests.factories.verdicts import FUSION, claims, result

EDIT, CAMERA = claims("ai", "strong", partial=True), claims("capture", "context")
SIGNED_EDIT = claims("ai", "strong", signed=True, partial=True)
CAPTURED = claims("real", signed=True)


def decide(
    pixels: float | None,
    *findings: Finding,
    file: float | None = None,
    notes: tuple[Note, ...] = (),
    declarations: tuple[Declaration, ...] = (),
) -> Verdict:
    told = result("file", file, findings=findings, declarations=declarations)
    return combine((result("a", pixels), told), FUSION, notes=notes)


def states(action: Any, **given: Any) -> Declaration:
    return Declaration(CODE, {"text": "It says so."}, action=action, **given)


@pytest.mark.parametrize(
    ("pixels", "outcome", "lean"),
    [
        (0.9, "ai", None),
        (0.1, "no_sign", None),
        (0.7, "uncertain", "ai"),
        (0.5, "uncertain", None),
        (0.3, "uncertain", "real"),
    ],
)
def test_pixels_give_an_outcome_by_the_thresholds(
    pixels: float, outcome: str, lean: str | None
) -> None:
    verdict = decide(pixels)
    assert (verdict.outcome, verdict.lean, verdict.basis) == (outcome, lean, "pixels")
    assert verdict.signal == "unknown_provenance"


@pytest.mark.parametrize("pixels", [None, 0.01, 0.5, 0.99])
@pytest.mark.parametrize(
    ("finding", "outcome", "basis", "signal"),
    [
        (claims("ai"), "ai", "file", "fully_genai"),
        (claims("ai", signed=True), "ai", "trusted_signature", "fully_genai"),
        (claims("ai", partial=True), "ai_edited", "file", "partly_genai"),
        (EDIT, "ai_edited", "file", "partly_genai"),
        (SIGNED_EDIT, "ai_edited", "trusted_signature", "partly_genai"),
        (claims("ai", "medium", partial=True), "ai_edited", "file", "partly_genai"),
    ],
)
def test_what_the_file_states_counts_whatever_the_pixels_say(
    pixels: float | None, finding: Finding, outcome: str, basis: str, signal: str
) -> None:
    verdict = decide(pixels, finding)
    assert (verdict.outcome, verdict.basis, verdict.signal) == (outcome, basis, signal)


def test_a_camera_counts_only_with_a_trusted_signature() -> None:
    verdict = decide(0.99, CAPTURED, declarations=(states("captured", signed=True, valid=True),))
    assert (verdict.outcome, verdict.label) == ("captured", "real")
    assert (verdict.basis, verdict.signal) == ("trusted_signature", "captured")
    claimed = decide(0.99, CAMERA, declarations=(states("captured"),))
    assert (claimed.outcome, claimed.signal) == ("ai", "unknown_provenance")


def test_a_camera_and_an_edit_by_an_ai_are_no_contradiction() -> None:
    verdict = decide(0.01, EDIT, CAMERA)
    assert (verdict.outcome, verdict.conflict) == ("ai_edited", None)


@pytest.mark.parametrize("strength", ["weak", "medium", "strong"])
def test_no_sign_is_never_said_where_the_file_speaks_for_an_ai(strength: str) -> None:
    verdict = decide(0.001, claims("ai", strength), file=0.6)
    assert (verdict.label, verdict.outcome) == ("real", "uncertain")
    assert verdict.lean is None and "we take no side" in verdict.reason


def test_a_hint_of_an_edit_is_no_edit() -> None:
    assert decide(0.001, claims("ai", "weak", partial=True), file=0.6).outcome == "uncertain"
    assert decide(0.9, claims("ai", "weak", partial=True), file=0.6).outcome == "ai"


# Nothing to judge


@pytest.mark.parametrize("code", sorted(BLINDING))
@pytest.mark.parametrize("pixels", [None, 0.01, 0.5, 0.99])
def test_blind_pixels_give_no_verdict(code: str, pixels: float | None) -> None:
    params = {"quality": 5, "format": "WEBP", "rate": 0.001, "width": 9, "height": 9, "least": 64}
    verdict = decide(pixels, notes=(Note(code, params),))
    assert (verdict.outcome, verdict.label, verdict.score) == ("not_assessed", "uncertain", None)
    assert (verdict.basis, verdict.lean, verdict.moved_most) == ("nothing", None, None)
    assert verdict.contributions == {} and verdict.methods[0].score == pixels
    assert verdict.reason.startswith(Note(code, params).text)


@pytest.mark.parametrize(
    ("finding", "outcome"),
    [(claims("ai"), "ai"), (EDIT, "ai_edited"), (CAPTURED, "captured")],
)
def test_the_file_decides_about_blind_pixels_as_well(finding: Finding, outcome: str) -> None:
    verdict = decide(0.01, finding, notes=(Note("blind.pattern"),))
    assert (verdict.outcome, verdict.conflict) == (outcome, None)


def test_other_notes_blind_nobody() -> None:
    verdict = decide(0.9, notes=(Note("blind.small", {"width": 99, "height": 99}),))
    assert verdict.outcome == "ai" and verdict.notes[0].code == "blind.small"


# Contradictions


def test_a_file_that_contradicts_itself_takes_no_side() -> None:
    verdict = decide(0.99, claims("ai"), CAMERA)
    assert (verdict.outcome, verdict.basis, verdict.lean) == ("uncertain", "file", None)
    assert verdict.conflict and verdict.conflict.code == "conflict.file"
    assert "It says ai. Yet: It says capture." in verdict.conflict.text
    assert verdict.contributions  # what the pixels say is still shown


@pytest.mark.parametrize(
    ("pixels", "code"), [(0.01, "conflict.ai_declared"), (0.5, None), (0.99, None)]
)
def test_pixels_that_contradict_a_declared_ai_are_named(pixels: float, code: str | None) -> None:
    verdict = decide(pixels, claims("ai"))
    assert verdict.outcome == "ai"
    assert (verdict.conflict and verdict.conflict.code) == code


@pytest.mark.parametrize(
    ("pixels", "code"), [(0.99, "conflict.capture_declared"), (0.5, None), (0.01, None)]
)
@pytest.mark.parametrize("finding", [CAPTURED, CAMERA])
def test_pixels_that_contradict_a_declared_capture_are_named(
    pixels: float, code: str | None, finding: Finding
) -> None:
    verdict = decide(pixels, finding, declarations=(states("captured"),))
    assert (verdict.conflict and verdict.conflict.code) == code


def test_a_declaration_whose_signature_does_not_hold_contradicts_nothing() -> None:
    broken = states("captured", signed=True, valid=False)
    assert decide(0.99, declarations=(broken,)).conflict is None


# Signals


@pytest.mark.parametrize(
    ("actions", "signal"),
    [
        (["created"], "digital_creation"),
        (["contains", "created"], "may_contain_genai"),
        (["captured"], "unknown_provenance"),
        (["stitched"], "unknown_provenance"),
        (["other"], "unknown_provenance"),
    ],
)
def test_the_signal_is_what_the_file_states(actions: list[str], signal: str) -> None:
    declarations = tuple(map(states, actions))
    assert decide(0.5, declarations=declarations).signal == signal
    invalid = tuple(states(action, signed=True, valid=False) for action in actions)
    assert decide(0.5, declarations=invalid).signal == "unknown_provenance"
