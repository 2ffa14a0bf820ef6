"""Contradictions within the file, and between its statements and the look of the pixels."""

from __future__ import annotations

from detector.inference.results import Note

from .grounds import Case
from .outcome import is_blind

CAPTURED = ("captured", "stitched")


def find_conflict(case: Case) -> Note | None:
    """The contradiction, if there is one. Blind pixels contradict nothing."""
    if case.grounds.conflict:
        ai, camera = case.grounds.conflict
        return Note("conflict.file", {"ai": ai.nested(), "camera": camera.nested()})
    if case.pixels is None or is_blind(case.notes):
        return None
    chance = {"chance": round(case.pixels, 4)}
    if case.pixels <= case.thresholds.real and _states_ai(case):
        return Note("conflict.ai_declared", chance)
    if case.pixels >= case.thresholds.ai and _states_camera(case):
        return Note("conflict.capture_declared", chance)
    return None


def _states_ai(case: Case) -> bool:
    """Whether the file says that an AI made it; of an edited photograph the rest looks real."""
    decisive = case.grounds.decisive
    declared = any(declaration.outcome_evidence == "ai" for declaration in case.declarations)
    return declared or (decisive is not None and decisive.claim == "ai")


def _states_camera(case: Case) -> bool:
    return any(
        declaration.action in CAPTURED and declaration.valid is not False
        for declaration in case.declarations
    )
