"""The figures of each method and of the verdict under one condition."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detector.accuracy.condition import Calls, Condition, MethodFigures, ScoreFigures
from detector.accuracy.figure import Figure
from detector.accuracy.names import CLASSES, FIGURES, SHARES
from detector.training.figures.intervals import wilson_interval
from detector.training.figures.metrics import measure

from .outcome import Outcome, scores_of, titles


def evaluate_condition(labels: np.ndarray, outcomes: Sequence[Outcome], seed: int) -> Condition:
    """The figures under one condition; `labels` (n,) are 0 (real) or 1 (AI), of both classes."""
    methods = {key: _method(labels, outcomes, key, seed) for key in titles()}
    return Condition(methods, _calls(labels, outcomes))


def _method(labels: np.ndarray, outcomes: Sequence[Outcome], key: str, seed: int) -> MethodFigures:
    """Of the pictures that the method gave a score, with how many of each class it did not."""
    scores = scores_of(outcomes, key)
    has_score = ~np.isnan(scores)
    measured = _measure(labels[has_score], scores[has_score], seed)
    statuses = np.array([outcome.answers[key][0] for outcome in outcomes])
    abstained = statuses == "abstained"
    return MethodFigures(
        measured.n_ai,
        measured.n_real,
        measured.figures,
        abstained_ai=int((abstained & (labels == 1)).sum()),
        abstained_real=int((abstained & (labels == 0)).sum()),
        failed=int(np.isin(statuses, ("unavailable", "error")).sum()),
    )


def _measure(labels: np.ndarray, scores: np.ndarray, seed: int) -> ScoreFigures:
    """As `metrics.measure`, with every figure None and a reason where a class has no score."""
    n_ai, n_real = int((labels == 1).sum()), int((labels == 0).sum())
    if n_ai and n_real:
        return measure(labels, scores, seed)
    reason = f"scores of {n_ai} AI and {n_real} real pictures; needed are both"
    return ScoreFigures(n_ai, n_real, dict.fromkeys(FIGURES, Figure(None, reason=reason)))


def _calls(labels: np.ndarray, outcomes: Sequence[Outcome]) -> Calls:
    """Shares of each class that got each label, and in how many the file itself decided."""
    labels_given = np.array([outcome.label for outcome in outcomes])
    decided = np.array([outcome.decided for outcome in outcomes])
    shares = {
        name: share(labels_given[labels == CLASSES.index(truth)] == label)
        for name, (truth, label) in SHARES.items()
    }
    return Calls(shares, int(decided[labels == 1].sum()), int(decided[labels == 0].sum()))


def share(hits: np.ndarray) -> Figure:
    """The share of `hits` (n,) that are true, with its 95 % interval."""
    return Figure(float(hits.mean()), *wilson_interval(int(hits.sum()), len(hits)))
