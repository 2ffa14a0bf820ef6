"""From the methods' results to one verdict. Pure functions over a fitted table of numbers."""

from __future__ import annotations

from dataclasses import replace

from detector.inference.numbers import log_odds, sigmoid
from detector.inference.results import (
    Basis,
    Finding,
    Label,
    MethodResult,
    Note,
    Thresholds,
    Verdict,
)

from .advice import advise
from .conflict import find_conflict
from .fusion import DECISIVE_SCORES, Fusion, Subset
from .grounds import Case, Grounds, weigh
from .local import LocalThreshold
from .outcome import lean_of_verdict, settle, signal_of
from .reason import agree, explain


def combine(
    results: tuple[MethodResult, ...],
    fusion: Fusion,
    *,
    notes: tuple[Note, ...] = (),
    local: LocalThreshold | None = None,
) -> Verdict:
    """Makes one verdict from the results of the methods and from the notes on blind spots.

    `local` is the threshold of this installation, if it has one.
    """
    decider, grounds = _weigh_files(results)
    subset = fusion.subset_of(results)
    results = tuple(_with_role(result, decider, fusion, subset) for result in results)
    contributions = {} if grounds.decisive else _contributions(results, subset, fusion)
    score = _score(grounds.decisive, contributions)
    thresholds = subset.thresholds if subset else fusion.thresholds
    if local:
        thresholds = local.applied_to(thresholds)
    case = Case(
        results=results,
        grounds=grounds,
        score=score,
        label="uncertain" if grounds.conflict else label_of(score, thresholds),
        thresholds=thresholds,
        contributions=contributions,
        pixels=_score(None, _contributions(results, subset, fusion, pixels_only=True)),
        notes=notes,
    )
    return _write(case, decider)


def _write(case: Case, decider: str) -> Verdict:
    outcome, basis = settle(case)
    if outcome == "not_assessed":
        case = replace(case, score=None, label="uncertain", contributions={})
    conflict, reasons = find_conflict(case), tuple(explain(outcome, case))
    return Verdict(
        outcome=outcome,
        label=case.label,
        lean=lean_of_verdict(outcome, case),
        score=case.score,
        thresholds=case.thresholds,
        basis=basis,
        signal=signal_of(outcome, basis, case.declarations),
        reason=" ".join(note.english for note in reasons),
        reasons=reasons,
        declarations=case.declarations,
        conflict=conflict,
        advice=advise(outcome, basis, case, conflict),
        agreement=agree(case.results),
        methods=case.results,
        contributions=case.contributions,
        decided_by=decider or None,
        moved_most=decider or moved_most(case, basis),
        notes=case.notes,
    )


def _weigh_files(results: tuple[MethodResult, ...]) -> tuple[str, Grounds]:
    """The method whose evidence decides ("" if there is none), and the weight of its evidence."""
    weights = ((result.key, weigh(result.findings)) for result in results)
    key, grounds = next((w for w in weights if w[1] != Grounds()), ("", Grounds()))
    return (key if grounds.decisive else ""), grounds


def _with_role(
    result: MethodResult, decider: str, fusion: Fusion, subset: Subset | None
) -> MethodResult:
    """The result with its weight; a result without a score has the weight that it would have."""
    has_weight = subset is not None and result.key in subset.weights
    subset_weight = (
        subset.weights[result.key] if subset and has_weight else fusion.weight_of(result.key)
    )
    weight = max(subset_weight, result.least_weight or 0.0)
    if result.key == decider:
        return replace(result, role="decides", weight=weight)
    return replace(result, role="counts" if weight else "second_opinion", weight=weight)


def _score(decisive: Finding | None, contributions: dict[str, float]) -> float | None:
    if decisive and decisive.claim:
        return DECISIVE_SCORES[decisive.claim]
    return sigmoid(sum(contributions.values())) if contributions else None


def _contributions(
    results: tuple[MethodResult, ...],
    subset: Subset | None,
    fusion: Fusion,
    *,
    pixels_only: bool = False,
) -> dict[str, float]:
    """Log-odds by which each method moves the score, with the "intercept" of their subset."""
    results_by_key = {result.key: result for result in results if result.score is not None}
    moves: dict[str, float] = {}
    if subset:
        moves["intercept"] = subset.intercept
        moves |= {key: _move(results_by_key[key]) for key in subset.weights}
    if fusion.file_method in results_by_key and not pixels_only:
        moves[fusion.file_method] = _move(results_by_key[fusion.file_method])
    return moves


def _move(result: MethodResult) -> float:
    return result.weight * log_odds(result.score) if result.score is not None else 0.0


def label_of(score: float | None, thresholds: Thresholds) -> Label:
    """The label of a score; "uncertain" if there is no score."""
    if score is None:
        return "uncertain"
    if score >= thresholds.ai:
        return "ai"
    return "real" if score <= thresholds.real else "uncertain"


def moved_most(case: Case, basis: Basis) -> str | None:
    """The method that the outcome rests on most; None if it rests on no method.

    Where the file gave the outcome, that is the method whose findings make a claim.
    """
    if basis in ("trusted_signature", "file"):
        claims = (r.key for r in case.results if any(f.claim for f in r.findings))
        return next(claims, None)
    moves = {result.key: abs(case.contributions.get(result.key, 0.0)) for result in case.results}
    strongest = max(moves, key=lambda key: moves[key], default=None)
    return strongest if strongest and moves[strongest] else None
