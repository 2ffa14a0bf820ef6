"""The curves of the plots: the ROC, and the true share of AI for each predicted score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from detector.training.figures.metrics import BINS, bin_of, class_weights, recall_by_fpr

from .outcome import Outcome, scores_of, titles

# Shares of real pictures called AI at which the ROC is kept.
FPRS = np.round(np.linspace(0, 1, 51), 4)


def curves(labels: np.ndarray, outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """For each method and the verdict that scored both classes: `recall` at FPRS, `reliability`."""
    points = {}
    for key in titles():
        scores = scores_of(outcomes, key)
        has_score = ~np.isnan(scores)
        if len(set(labels[has_score])) == 2:
            recall = recall_by_fpr(labels[has_score], scores[has_score], FPRS)
            points[key] = {
                "recall": [round(float(value), 4) for value in recall],
                "reliability": _reliability(labels[has_score], scores[has_score]),
            }
    return points


def _reliability(labels: np.ndarray, scores: np.ndarray) -> list[dict[str, Any]]:
    """For each bin with pictures: mean score, share of AI and n; both classes count alike."""
    weights, bins = class_weights(labels), bin_of(scores)
    rows = []
    for number in range(BINS):
        own = bins == number
        if own.any():
            score, share = (np.average(v[own], weights=weights[own]) for v in (scores, labels))
            row = {"score": round(float(score), 4), "share_ai": round(float(share), 4)}
            rows.append(row | {"n": int(own.sum())})
    return rows
