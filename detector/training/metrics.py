"""Figures of merit, always with how many pictures and how sure."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, balanced_accuracy_score, roc_auc_score

Interval = tuple[float, float]
RESAMPLES = 1000


def summarise(labels: np.ndarray, scores: np.ndarray, seed: int = 0) -> dict[str, Any]:
    """AUROC with its 95 % interval, AP, balanced accuracy at 0.5 and ECE, with n of each class.

    `labels` are 0 or 1 = AI, `scores` P(AI) in [0, 1]; both of shape (n,) with both classes.
    """
    return {
        "n_ai": int(labels.sum()),
        "n_real": int((1 - labels).sum()),
        "roc_auc": round(float(roc_auc_score(labels, scores)), 4),
        "roc_auc_interval": [round(v, 4) for v in roc_auc_interval(labels, scores, seed)],
        "ap": round(float(average_precision_score(labels, scores)), 4),
        "balanced_accuracy": round(float(balanced_accuracy_score(labels, scores >= 0.5)), 4),
        "ece": round(expected_calibration_error(labels, scores), 4),
    }


def roc_auc_interval(labels: np.ndarray, scores: np.ndarray, seed: int = 0) -> Interval:
    """95 % bootstrap interval of the AUROC; resamples pictures within each class."""
    rng = np.random.default_rng(seed)
    ai, real = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)
    values = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([rng.choice(ai, len(ai)), rng.choice(real, len(real))])
        values.append(roc_auc_score(labels[drawn], scores[drawn]))
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def expected_calibration_error(labels: np.ndarray, scores: np.ndarray, bins: int = 10) -> float:
    """Mean gap between shown and true share of AI over equal-width bins (Guo et al. 2017).

    Both classes count alike whatever their numbers, as in the calibration.
    """
    weights = np.where(labels == 1, 0.5 / max(labels.sum(), 1), 0.5 / max((1 - labels).sum(), 1))
    bin_of = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, weights * (scores - labels), bins)
    return float(np.abs(gaps).sum())


def wilson_interval(hits: int, n: int) -> Interval:
    """95 % interval of a share of `hits` in `n` (Wilson 1927), which holds for small n too."""
    if n == 0:
        return 0.0, 1.0
    z, share = 1.96, hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return float(centre - half), float(centre + half)


def weighted_quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """The value below which `share` (0..1) of the weight lies."""
    order = np.argsort(values)
    below = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(np.searchsorted(below, share), len(values) - 1)])
