"""What to do next: two or three sentences for each outcome and the evidence behind it."""

from __future__ import annotations

from detector.inference.results import Basis, Note, Outcome

from .grounds import Case
from .outcome import BLINDING

# The advice that helps where there is nothing to judge.
REMEDIES = {
    "blind.tiny": "advice.larger_copy",
    "blind.extreme": "advice.better_copy",
    "blind.extreme_jpeg": "advice.better_copy",
    "blind.blank": "advice.drawn",
    "blind.drawn": "advice.drawn",
    "blind.pattern": "advice.drawn",
    "blind.invisible": "advice.visible_copy",
}
OF_PIXELS: dict[Outcome, tuple[str, ...]] = {
    "ai": ("advice.find_original", "advice.ask_source", "advice.do_not_accuse"),
    "no_sign": ("advice.no_proof_of_real", "advice.find_original", "advice.check_source"),
    "uncertain": ("advice.find_original", "advice.ask_source", "advice.do_not_accuse"),
}
OF_FILE: dict[Outcome, tuple[str, ...]] = {
    "ai": ("advice.forgeable", "advice.ask_source"),
    "ai_edited": ("advice.compare_original", "advice.forgeable", "advice.ask_source"),
    "uncertain": ("advice.find_original", "advice.ask_source", "advice.do_not_accuse"),
}
OF_SIGNATURE: dict[Outcome, tuple[str, ...]] = {
    "ai": ("advice.signed_statement", "advice.find_publisher"),
    "ai_edited": ("advice.signed_statement", "advice.compare_original"),
    "captured": ("advice.signed_statement", "advice.scene"),
}


def advise(outcome: Outcome, basis: Basis, case: Case, conflict: Note | None) -> tuple[Note, ...]:
    """The sentences, the most useful one first; a contradiction comes before everything else."""
    return _write(_codes(outcome, basis, case), conflict)


def advise_on_pixels(outcome: Outcome, conflict: Note | None) -> tuple[Note, ...]:
    """The sentences for an outcome that rests on the pixels."""
    return _write(OF_PIXELS[outcome], conflict)


def _write(codes: tuple[str, ...], conflict: Note | None) -> tuple[Note, ...]:
    if conflict:
        codes = ("advice.contradiction", *codes)
    return tuple(Note(code) for code in dict.fromkeys(codes[:3]))


def _codes(outcome: Outcome, basis: Basis, case: Case) -> tuple[str, ...]:
    if outcome == "not_assessed":
        blind = [REMEDIES[note.code] for note in case.notes if note.code in BLINDING]
        return (*blind[:1], "advice.check_source")
    if basis == "trusted_signature":
        return OF_SIGNATURE[outcome]
    return (OF_FILE if basis == "file" else OF_PIXELS)[outcome]
