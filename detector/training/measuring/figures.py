"""The figures of each method and of the verdict under one condition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from detector.accuracy.figure import CLASSES, LABELS, Figure, call_key
from detector.training.figures.intervals import wilson_interval
from detector.training.figures.metrics import FIGURES, summarise

from .outcome import FUSED, Outcome, scores_of, titles

Figures = dict[str, Any]
# Of each class by each verdict; the others are uncertain.
SHARES = {
    call_key(truth, side): (label, side) for label, truth in enumerate(CLASSES) for side in LABELS
}
COUNTS = ("abstained_ai", "abstained_real", "failed")


def evaluate_condition(
    labels: np.ndarray, outcomes: Sequence[Outcome], seed: int
) -> dict[str, Figures]:
    """Figures of each method and of the verdict (FUSED); `labels` (n,) with both classes."""
    report = {key: _figures(labels, outcomes, key, seed) for key in titles()}
    report[FUSED] |= _verdict_figures(labels, outcomes)
    return report


def _figures(labels: np.ndarray, outcomes: Sequence[Outcome], key: str, seed: int) -> Figures:
    """Of the pictures that the method gave a score, with how many of each class it did not."""
    scores = scores_of(outcomes, key)
    has_score = ~np.isnan(scores)
    statuses = np.array([outcome.answers[key][0] for outcome in outcomes])
    return _summarise(labels[has_score], scores[has_score], seed) | {
        "abstained_ai": int(((statuses == "abstained") & (labels == 1)).sum()),
        "abstained_real": int(((statuses == "abstained") & (labels == 0)).sum()),
        "failed": int(np.isin(statuses, ("unavailable", "error")).sum()),
    }


def _summarise(labels: np.ndarray, scores: np.ndarray, seed: int) -> Figures:
    """As `metrics.summarise`, with every figure None and a reason where a class has no score."""
    n_ai, n_real = int((labels == 1).sum()), int((labels == 0).sum())
    if n_ai and n_real:
        return summarise(labels, scores, seed)
    figures: Figures = {"n_ai": n_ai, "n_real": n_real}
    reason = f"scores of {n_ai} AI and {n_real} real pictures; needed are both"
    for name in FIGURES:
        figures |= Figure(None, reason=reason).to_dict(name)
    return figures


def _verdict_figures(labels: np.ndarray, outcomes: Sequence[Outcome]) -> Figures:
    """Shares of each class that got each verdict, and in how many the file itself decided."""
    labels_given = np.array([outcome.label for outcome in outcomes])
    decided = np.array([outcome.decided for outcome in outcomes])
    figures: Figures = {}
    for name, (label, verdict) in SHARES.items():
        figures |= share(name, labels_given[labels == label] == verdict)
    return figures | {
        "decided_by_file_ai": int(decided[labels == 1].sum()),
        "decided_by_file_real": int(decided[labels == 0].sum()),
    }


def share(name: str, hits: np.ndarray) -> Figures:
    """The share of `hits` (n,) that are true, under `name`, with its 95 % interval."""
    low, high = wilson_interval(int(hits.sum()), len(hits))
    return Figure(float(hits.mean()), low, high).to_dict(name)
