"""The contribution of each method: the verdict without it, and without the fitted fusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from detector.accuracy.comparisons import ABLATION_FIGURES, Ablation
from detector.inference.numbers import log_odds, sigmoid
from detector.inference.verdict.fusion import Fusion, Subset
from detector.training.figures.metrics import measure

from .outcome import Outcome, scores_of

PLAIN = "mean of the log-odds"


def ablation(
    labels: np.ndarray, outcomes: Sequence[Outcome], fusion: Fusion, seed: int
) -> tuple[Ablation, ...]:
    """A row for each subset of the fitted methods, and for their plain mean without a fit.

    Of the pictures that all of them gave a score, so that rows can be compared; none without
    both classes.
    """
    largest = max(fusion.subsets, key=lambda name: name.count("+"))
    scores = {key: scores_of(outcomes, key) for key in largest.split("+")}
    is_complete = ~np.isnan(np.stack(list(scores.values()))).any(0)
    if len(set(labels[is_complete])) < 2:
        return ()
    odds = {
        key: np.array([log_odds(p) for p in values[is_complete]]) for key, values in scores.items()
    }
    scores_by_subset = {name: _fuse(subset, odds) for name, subset in fusion.subsets.items()}
    scores_by_subset[PLAIN] = np.mean(list(odds.values()), 0)
    return tuple(
        _row(name, labels[is_complete], values, seed) for name, values in scores_by_subset.items()
    )


def _fuse(subset: Subset, odds: dict[str, np.ndarray]) -> np.ndarray:
    parts = [weight * odds[key] for key, weight in subset.weights.items()]
    return np.asarray(subset.intercept + np.sum(parts, 0))


def _row(name: str, labels: np.ndarray, values: np.ndarray, seed: int) -> Ablation:
    measured = measure(labels, np.array([sigmoid(value) for value in values]), seed)
    # Without reasons, which are the same in every row.
    figures = {key: replace(measured.figures[key], reason="") for key in ABLATION_FIGURES}
    return Ablation(measured.n_ai, measured.n_real, figures, name)
