"""The curves of the plots: the ROC, and the true share of AI for each predicted score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detector.accuracy.curves import Bin, Curve
from detector.accuracy.figure import DECIMALS
from detector.training.figures.metrics import BINS, bin_of, class_weights, recall_by_fpr

from .outcome import Outcome, scores_of, titles

# Shares of real pictures called AI at which the ROC is kept.
FPRS = np.round(np.linspace(0, 1, 51), 4)


def curves(labels: np.ndarray, outcomes: Sequence[Outcome]) -> dict[str, Curve]:
    """The curve of each method, and of the verdict, that scored both classes; recall at FPRS."""
    points = {}
    for key in titles():
        scores = scores_of(outcomes, key)
        has_score = ~np.isnan(scores)
        if len(set(labels[has_score])) == 2:
            recall = recall_by_fpr(labels[has_score], scores[has_score], FPRS)
            reliability = _reliability(labels[has_score], scores[has_score])
            points[key] = Curve(tuple(map(_round, recall)), reliability)
    return points


def _reliability(labels: np.ndarray, scores: np.ndarray) -> tuple[Bin, ...]:
    """The bins that have pictures; both classes count alike."""
    weights, bins = class_weights(labels), bin_of(scores)
    rows = []
    for number in range(BINS):
        own = bins == number
        if own.any():
            score, share = (np.average(v[own], weights=weights[own]) for v in (scores, labels))
            rows.append(Bin(_round(score), _round(share), int(own.sum())))
    return tuple(rows)


def _round(value: float) -> float:
    return round(float(value), DECIMALS)
