"""What the page of a result shows, from the verdict alone: each thing is said once."""

from __future__ import annotations

from typing import Any

from detector.inference.results import MethodResult, Note, Verdict
from detector.inference.verdict.combine import label_of
from detector.inference.verdict.outcome import OF_LABEL
from detector.reports.file_story import Station, tell_story
from detector.reports.words import tells_story

from .charts import Waterfall, draw_waterfall
from .comparison import compare
from .exhibits import show

FEWEST_STEPS = 2


def build_page(verdict: Verdict) -> dict[str, Any]:
    """The context of result.html, beside the row of the detection."""
    counted, not_counted = compare(verdict)
    reason = write_reason(verdict)
    return {
        "verdict": verdict,
        "on_scale": is_on_scale(verdict),
        "decider": _method(verdict, verdict.decided_by),
        "reason": reason,
        "notes": [note for note in verdict.notes if note.text not in reason],
        "counted": counted,
        "not_counted": not_counted,
        "voters": _voters(verdict),
        "scored": [method for method in verdict.methods if method.score is not None],
        "sections": [] if verdict.outcome == "not_assessed" else show(verdict, "section"),
        "waterfall": _waterfall(verdict),
        "stations": _stations(verdict, reason),
        "file_exhibits": show(verdict, "file"),
    }


def is_on_scale(verdict: Verdict) -> bool:
    """Whether the zone of the score is the outcome.

    Otherwise something else than the score gave the outcome, and the number would contradict it.
    """
    if verdict.score is None or not (verdict.basis == "pixels" or verdict.decided_by):
        return False
    return verdict.outcome == OF_LABEL[label_of(verdict.score, verdict.thresholds)]


def write_reason(verdict: Verdict) -> str:
    """The reason without what stands beside it: declarations, the contradiction, the stability.

    Where a declaration is the evidence for the outcome, its own words say it all.
    """
    stated = any(one.outcome_evidence == verdict.outcome for one in verdict.declarations)
    if stated and verdict.basis in ("trusted_signature", "file"):
        return ""
    said: tuple[Note | None, ...] = (verdict.conflict, verdict.stability)
    reason = verdict.why
    for note in filter(None, said):
        reason = reason.replace(note.text, "").replace(note.english, "")
    # Spaces alone: a number and its sign of per cent must not be parted.
    return " ".join(filter(None, reason.split(" ")))


def _voters(verdict: Verdict) -> int:
    """How many methods the outcome rests on, where it rests on the pixels."""
    votes = verdict.agreement
    return votes.ai + votes.real + votes.uncertain if verdict.basis == "pixels" else 0


def _method(verdict: Verdict, key: str | None) -> MethodResult | None:
    return next((method for method in verdict.methods if method.key == key), None)


def _waterfall(verdict: Verdict) -> Waterfall | None:
    """The steps to the score, where it is the outcome and more than one step leads to it."""
    if not is_on_scale(verdict) or verdict.decided_by:
        return None
    drawn = draw_waterfall(verdict.contributions, verdict.methods)
    return drawn if drawn and len(drawn.steps) >= FEWEST_STEPS else None


def _stations(verdict: Verdict, reason: str) -> list[Station]:
    """What the file says, of all methods that read it."""
    findings = [
        finding for method in verdict.methods if tells_story(method) for finding in method.findings
    ]
    conflict = verdict.conflict.text if verdict.conflict else ""
    return tell_story(findings, said=f"{reason} {conflict}")
