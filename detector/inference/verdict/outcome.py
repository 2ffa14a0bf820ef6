"""The outcome that a person reads: one of six, from label, declarations and blind spots.

The file speaks first. A trusted signature of a camera gives "captured"; what states or proves that
an AI made the picture or a part of it gives "ai" or "ai_edited". Only then the pixels are asked,
and only where there is something to judge in them.
"""

from __future__ import annotations

from collections.abc import Iterable

from detector.inference.results import (
    Basis,
    Declaration,
    Finding,
    Note,
    Outcome,
    Side,
    Signal,
    lean_of,
)

from .grounds import Case

# The codes of notes that leave nothing to judge in the pixels.
BLINDING = frozenset({
    "blind.invisible",
    "blind.tiny",
    "blind.blank",
    "blind.drawn",
    "blind.pattern",
    "blind.extreme",
    "blind.extreme_jpeg",
})  # fmt: skip
OF_LABEL: dict[str, Outcome] = {"ai": "ai", "real": "no_sign", "uncertain": "uncertain"}
# The name that a statement in the file gives to the picture, the strongest first.
SIGNALS: dict[str, Signal] = {
    "ai": "fully_genai",
    "edited": "partly_genai",
    "contains": "may_contain_genai",
    "stitched": "captured_and_stitched",
    "captured": "captured",
    "created": "digital_creation",
}


def settle(case: Case) -> tuple[Outcome, Basis]:
    """The outcome, and the evidence that it rests on."""
    if case.grounds.conflict:
        return "uncertain", "file"
    if decisive := case.grounds.decisive:
        return _of_file(decisive)
    if edit := edit_evidence(case):
        return "ai_edited", _basis(edit)
    if is_blind(case.notes):
        return "not_assessed", "nothing"
    if case.score is None:
        return "uncertain", "nothing"
    # "No sign of AI found" would be untrue.
    if case.label == "real" and case.speaks_for_ai:
        return "uncertain", "file"
    return OF_LABEL[case.label], "pixels"


def _of_file(decisive: Finding) -> tuple[Outcome, Basis]:
    if decisive.claim == "real":
        return "captured", _basis(decisive)
    return ("ai_edited" if decisive.partial else "ai"), _basis(decisive)


def _basis(evidence: Finding) -> Basis:
    return "trusted_signature" if evidence.signed else "file"


def edit_evidence(case: Case) -> Finding | None:
    """The finding that says that an AI changed a part of the picture, if it may be believed.

    A hint does not suffice, and a statement whose signature does not hold is no more than a hint.
    """
    edits = [finding for finding in case.findings if finding.partial and finding.strength != "weak"]
    return next(iter(sorted(edits, key=lambda finding: not finding.signed)), None)


def is_blind(notes: Iterable[Note]) -> bool:
    """Whether there is nothing to judge in the pixels."""
    return any(note.code in BLINDING for note in notes)


def lean_of_verdict(outcome: Outcome, case: Case) -> Side | None:
    """The side that an uncertain score is on.

    Between the thresholds it leans to AI from LEAN_AI up and to real from LEAN_REAL down, as each
    method does. Where the file contradicts itself or the pixels, no side is named.
    """
    contradicted = case.grounds.conflict or (case.label == "real" and case.speaks_for_ai)
    return lean_of(case.score) if outcome == "uncertain" and not contradicted else None


def signal_of(outcome: Outcome, basis: Basis, declarations: Iterable[Declaration]) -> Signal:
    """What the file states, in the C2PA's words; what the pixels look like is no statement."""
    if outcome in ("ai", "ai_edited") and basis != "pixels":
        return "fully_genai" if outcome == "ai" else "partly_genai"
    actions = {declaration.action for declaration in declarations if declaration.valid is not False}
    if outcome != "captured":  # anyone can state it
        actions -= {"captured", "stitched"}
    return next((SIGNALS[act] for act in SIGNALS if act in actions), "unknown_provenance")
