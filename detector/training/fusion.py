"""Calibrates each pixel method and fits the fusion, on sources that no method was trained on."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from scipy.special import logit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

from detector.inference.calibration import Calibration
from detector.inference.numbers import MIN_SCORE

from .metrics import weighted_quantile

# Of real photographs called "likely AI", and of AI pictures called "likely real".
MAX_FALSE_AI, MAX_FALSE_REAL = 0.01, 0.05
FOLDS = 5

# For each method its log-odds of the same pictures, shape (n,).
Logits = dict[str, np.ndarray]


def to_log_odds(scores: np.ndarray) -> np.ndarray:
    """log(p / (1 - p)), held off the ends as in serving."""
    return logit(np.clip(scores, MIN_SCORE, 1 - MIN_SCORE))


def fit_calibration(logits: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> Calibration:
    """Platt scaling of raw log-odds (n,) to labels (n,); pictures count by `weights` (n,)."""
    model = _regression().fit(logits[:, None], labels, _unit(weights))
    return Calibration(float(model.coef_[0, 0]), float(model.intercept_[0]))


def fit_fusion(
    alike: Logits, clean: Logits, labels: np.ndarray, weights: np.ndarray, sources: np.ndarray
) -> dict[str, dict[str, Any]]:
    """Intercept, weights and thresholds for every subset of methods, from log-odds (n,).

    Weights are fitted on `alike`, the re-encoded pictures, so that no format is learnt. The
    thresholds keep their promise there and on `clean`, the files as people will upload them.
    """
    keys = sorted(alike)
    subsets = [c for size in range(1, len(keys) + 1) for c in combinations(keys, size)]
    return {
        "+".join(subset): _fit_subset(
            {key: alike[key] for key in subset},
            np.stack([clean[key] for key in subset], 1),
            labels,
            weights,
            sources,
        )
        for subset in subsets
    }


def _fit_subset(
    alike: Logits, clean: np.ndarray, labels: np.ndarray, weights: np.ndarray, sources: np.ndarray
) -> dict[str, Any]:
    keys = sorted(alike)
    inputs = np.stack([alike[key] for key in keys], 1)
    model = _regression().fit(inputs, labels, _unit(weights))
    unseen = out_of_fold_scores(alike, labels, weights, sources)
    bounds = [
        choose_thresholds(scores, labels, weights)
        for scores in (unseen, model.predict_proba(clean)[:, 1])
    ]
    return {
        "intercept": round(float(model.intercept_[0]), 4),
        "weights": {key: round(float(w), 4) for key, w in zip(keys, model.coef_[0], strict=True)},
        "thresholds": {
            "real": min(bound["real"] for bound in bounds),
            "ai": max(bound["ai"] for bound in bounds),
        },
    }


def out_of_fold_scores(
    logits: Logits, labels: np.ndarray, weights: np.ndarray, sources: np.ndarray
) -> np.ndarray:
    """Fused P(AI) (n,), each by a fusion that has not seen the picture's source.

    Raises `ValueError` with fewer than FOLDS sources of either class.
    """
    for label, name in enumerate(("real", "ai")):
        if (count := len(set(sources[labels == label]))) < FOLDS:
            raise ValueError(f"Only {count} sources of {name} pictures; needed are {FOLDS}.")
    inputs = np.stack([logits[key] for key in sorted(logits)], 1)
    scores: np.ndarray = cross_val_predict(
        _regression(),
        inputs,
        labels,
        groups=sources,
        cv=StratifiedGroupKFold(FOLDS),
        method="predict_proba",
        params={"sample_weight": _unit(weights)},
    )[:, 1]
    return scores


def choose_thresholds(
    scores: np.ndarray, labels: np.ndarray, weights: np.ndarray
) -> dict[str, float]:
    """Thresholds that keep to MAX_FALSE_AI and MAX_FALSE_REAL on out-of-fold scores."""
    real, ai = labels == 0, labels == 1
    return {
        "real": round(weighted_quantile(scores[ai], weights[ai], MAX_FALSE_REAL), 3),
        "ai": round(weighted_quantile(scores[real], weights[real], 1 - MAX_FALSE_AI), 3),
    }


def _regression() -> LogisticRegression:
    return LogisticRegression(C=100.0)


def _unit(weights: np.ndarray) -> np.ndarray:
    return weights / weights.mean()
