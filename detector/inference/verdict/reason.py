"""The reasons for the outcome, in plain words that follow from the numbers only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from detector.inference.results import Agreement, Finding, MethodResult, Note, Outcome
from detector.inference.results.agreement import describe

from .grounds import Case
from .outcome import BLINDING, edit_evidence

# Log-odds by which a method must move the verdict to be named as a side of a disagreement.
SUBSTANTIAL = 0.5
OF_LABEL = {
    "ai": "reason.score_ai",
    "real": "reason.score_real",
    "uncertain": "reason.score_uncertain",
}


def agree(results: tuple[MethodResult, ...]) -> Agreement:
    """How far the methods whose score counts agree; second opinions are not counted."""
    voters = [r for r in results if r.score is not None and r.role != "second_opinion"]
    ai, real, unsure = ([r.lean for r in voters].count(side) for side in ("ai", "real", None))
    return Agreement.of(ai, real, unsure)


def explain(outcome: Outcome, case: Case) -> Iterator[Note]:
    """The sentences of a paragraph."""
    if conflict := case.grounds.conflict:
        yield Note(
            "reason.contradiction", {"ai": conflict[0].nested(), "camera": conflict[1].nested()}
        )
    elif case.grounds.decisive:
        yield from _of_file("reason.file_decides", case.grounds.decisive, case)
    elif outcome == "ai_edited" and (edit := edit_evidence(case)):
        yield from _of_file("reason.file_edited", edit, case)
    elif outcome == "not_assessed":
        yield from (note for note in case.notes if note.code in BLINDING)
        yield Note("reason.not_assessed")
    else:
        yield from _of_scores(outcome, case)


def _of_file(code: str, evidence: Finding, case: Case) -> Iterator[Note]:
    yield Note(code, {"evidence": evidence.nested()})
    yield Note("reason.signed" if evidence.signed else "reason.forgeable")
    if evidence.claim != "ai" and case.speaks_for_ai:
        yield Note("reason.other_claim")


def _of_scores(outcome: Outcome, case: Case) -> Iterator[Note]:
    if case.score is None:
        yield Note("reason.silent")
    else:
        yield from _of_score(outcome, case.score, case)
        yield from _sides(case)
        yield from _second_opinions(case)
    if silent := [r.key for r in case.results if r.status in ("unavailable", "error")]:
        yield Note("reason.no_answer", {"methods": silent})


def _of_score(outcome: Outcome, score: float, case: Case) -> Iterator[Note]:
    # One decimal of per cent: a score just below a threshold must not read as if it had reached it.
    chances = {"chance": round(score, 3), "ai": case.thresholds.ai, "real": case.thresholds.real}
    yield Note(OF_LABEL[case.label], chances)
    if case.label == "real" and outcome == "uncertain":
        yield Note("reason.claim_against")


def _sides(case: Case) -> Iterator[Note]:
    """Which methods argue for which side, if there are substantial ones on both; how they agree."""
    moves = [(r.number, case.contributions.get(r.key, 0.0)) for r in case.results]
    ai = [_named(number) for number, move in moves if move >= SUBSTANTIAL]
    real = [_named(number) for number, move in moves if move <= -SUBSTANTIAL]
    if ai and real:
        yield Note("reason.sides", {"ai": ai, "real": real})
    else:
        votes = agree(case.results)
        yield describe(votes.ai, votes.real, votes.uncertain)
    if len([move for _, move in moves if move]) > 1:
        strongest = max(moves, key=lambda item: abs(item[1]))[0]
        yield Note("reason.moved_most", {"number": strongest})


def _second_opinions(case: Case) -> Iterator[Note]:
    """The methods whose score is shown but does not count."""
    idle = [
        _named(r.number) for r in case.results if r.score is not None and r.role == "second_opinion"
    ]
    if idle:
        yield Note("reason.second_opinions", {"methods": idle})


def _named(number: int) -> dict[str, Any]:
    """A method by its number, as a parameter of a sentence."""
    return Note("method_named.number", {"number": number}).nested()
