"""Calibrates each pixel method and fits the fusion, on sources that no method was trained on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy.special import expit, logit
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedGroupKFold

from detector.inference.numbers import MIN_SCORE
from detector.inference.verdict.calibration import Calibration

from .stacking import Stack, fit_stack

# Of real photographs called "likely AI", and of AI pictures called "likely real": kept on other
# sources like these with this confidence.
MAX_FALSE_AI, MAX_FALSE_REAL, CONFIDENCE = 0.01, 0.03, 0.95
THRESHOLDS_CHOSEN_FOR = {
    "real_called_ai": MAX_FALSE_AI,
    "ai_called_real": MAX_FALSE_REAL,
    "confidence": CONFIDENCE,
}
RESAMPLES = 1000
FOLDS = 5

# For each method (or each weights folder) its log-odds of the same pictures, shape (n,).
Logits = dict[str, np.ndarray]
# For each method the raw log-odds of each of its weights folders.
RawLogits = dict[str, Logits]


@dataclass(frozen=True)
class Truth:
    """The truth about n pictures: `labels` 1 = AI, sampling `weights`, and their `sources`."""

    labels: np.ndarray
    weights: np.ndarray
    sources: np.ndarray

    def take(self, indices: np.ndarray) -> Truth:
        """The same of some of the pictures."""
        return Truth(self.labels[indices], self.weights[indices], self.sources[indices])


def to_log_odds(scores: np.ndarray) -> np.ndarray:
    """log(p / (1 - p)), held off the ends as in serving."""
    return np.asarray(logit(np.clip(scores, MIN_SCORE, 1 - MIN_SCORE)))


def fit_calibrations(raw: Logits, truth: Truth) -> dict[str, Calibration]:
    """Platt scaling, two-sided, of the raw log-odds of a method's weights folders, all at once.

    The calibrated values add up to the log-odds of the method.
    """
    sides = [side for x in raw.values() for side in (np.maximum(x, 0), np.minimum(x, 0))]
    stack = fit_stack(np.stack(sides, 1), truth.labels, truth.weights)
    share = stack.intercept / len(raw)
    slopes = zip(raw, stack.weights.reshape(-1, 2).tolist(), strict=True)
    return {name: Calibration(above, share, below) for name, (above, below) in slopes}


def calibrate(raw: Logits, calibrations: dict[str, Calibration]) -> np.ndarray:
    """Calibrated log-odds (n,) of a method, held off the ends as in serving."""
    parts = [np.vectorize(calibrations[name].log_odds)(x) for name, x in raw.items()]
    return to_log_odds(expit(np.sum(parts, 0)))


def fit_fusion(
    alike: RawLogits, clean: RawLogits, truth: Truth
) -> tuple[dict[str, dict[str, Calibration]], dict[str, dict[str, Any]]]:
    """Calibrations of every method; intercept, weights and thresholds of every subset of methods.

    All is fitted on `alike`, the re-encoded pictures, so that no format is learnt. The
    thresholds keep their promise there and on `clean`, the files as people will upload them,
    both out of fold.
    """
    calibrations = {key: fit_calibrations(raw, truth) for key, raw in alike.items()}
    return calibrations, {
        "+".join(subset): _fit_subset(_of(subset, alike), _of(subset, clean), calibrations, truth)
        for subset in subsets_of(alike)
    }


def subsets_of(raw: RawLogits) -> list[tuple[str, ...]]:
    """All sets of methods but the empty one, small ones first."""
    keys = sorted(raw)
    return [subset for size in range(1, len(keys) + 1) for subset in combinations(keys, size)]


def _of(subset: tuple[str, ...], raw: RawLogits) -> RawLogits:
    return {key: raw[key] for key in subset}


def _fit_subset(
    alike: RawLogits,
    clean: RawLogits,
    calibrations: dict[str, dict[str, Calibration]],
    truth: Truth,
) -> dict[str, Any]:
    useful = useful_methods(alike, truth)
    inputs = {key: calibrate(alike[key], calibrations[key]) for key in useful}
    stack = _fit(inputs, truth)
    rows = _of(useful, alike)
    bounds = [
        choose_thresholds(scores, truth)
        for scores in (
            out_of_fold_scores(rows, truth),
            out_of_fold_scores(rows, truth, _of(useful, clean)),
        )
    ]
    thresholds = {
        "real": min(bound["real"] for bound in bounds),
        "ai": max(bound["ai"] for bound in bounds),
    }
    fitted = describe_subset(useful, stack, thresholds)
    return fitted | {"weights": dict.fromkeys(alike, 0.0) | fitted["weights"]}


def describe_subset(
    keys: Sequence[str], stack: Stack, thresholds: dict[str, float]
) -> dict[str, Any]:
    """A subset of the methods as the fusion's config.json holds it."""
    weights = zip(keys, stack.weights, strict=True)
    return {
        "intercept": round(stack.intercept, 4),
        "weights": {key: round(float(weight), 4) for key, weight in weights},
        "thresholds": thresholds,
    }


def useful_methods(raw: RawLogits, truth: Truth) -> tuple[str, ...]:
    """The methods that together are best on sources that they were not fitted on.

    A method that adds only noise there gets some weight in any fit, and costs certainty. Measured
    by log loss, out of fold. The choice is made on the folds that also choose the thresholds: with
    three methods, seven subsets, that flatters the loss of the one chosen by little.
    """

    def loss(subset: tuple[str, ...]) -> float:
        scores = out_of_fold_scores(_of(subset, raw), truth)
        return float(log_loss(truth.labels, scores, sample_weight=truth.weights))

    return min(subsets_of(raw), key=loss)


def out_of_fold_scores(raw: RawLogits, truth: Truth, rows: RawLogits | None = None) -> np.ndarray:
    """Fused P(AI) (n,), by calibrations and a fusion that have not seen the picture's source.

    They are fitted on `raw` and applied to `rows`, of the same pictures (default: `raw`).
    Raises `ValueError` with fewer than FOLDS sources of either class.
    """
    scores = np.empty(len(truth.labels))
    for train, test in _folds(truth):
        train_truth = truth.take(train)
        calibrations = {
            key: fit_calibrations(take(x, train), train_truth) for key, x in raw.items()
        }
        stack = _fit(
            {key: calibrate(take(x, train), calibrations[key]) for key, x in raw.items()},
            train_truth,
        )
        inputs = {
            key: calibrate(take(x, test), calibrations[key]) for key, x in (rows or raw).items()
        }
        scores[test] = _fuse(stack, inputs)
    return scores


def out_of_fold_calibrated(raw: Logits, truth: Truth) -> np.ndarray:
    """P(AI) (n,) of one method, by calibrations that have not seen the picture's source.

    Raises `ValueError` with fewer than FOLDS sources of either class.
    """
    scores = np.empty(len(truth.labels))
    for train, test in _folds(truth):
        calibrations = fit_calibrations(take(raw, train), truth.take(train))
        scores[test] = expit(calibrate(take(raw, test), calibrations))
    return scores


def _folds(truth: Truth) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(indices to learn from, indices to ask about); no source is in both."""
    for label, name in enumerate(("real", "ai")):
        if (count := len(set(truth.sources[truth.labels == label]))) < FOLDS:
            raise ValueError(f"Only {count} sources of {name} pictures; needed are {FOLDS}.")
    splitter = StratifiedGroupKFold(FOLDS)
    yield from splitter.split(truth.labels, truth.labels, truth.sources)


def take(raw: Logits, indices: np.ndarray) -> Logits:
    """The log-odds of some of the pictures: by index, or by a mask (n,)."""
    return {name: values[indices] for name, values in raw.items()}


def _fit(inputs: Logits, truth: Truth) -> Stack:
    return fit_stack(np.stack(list(inputs.values()), 1), truth.labels, truth.weights)


def _fuse(stack: Stack, inputs: Logits) -> np.ndarray:
    return np.asarray(expit(stack.log_odds(np.stack(list(inputs.values()), 1))))


def choose_thresholds(scores: np.ndarray, truth: Truth, seed: int = 0) -> dict[str, float]:
    """Thresholds that keep to MAX_FALSE_AI and MAX_FALSE_REAL on out-of-fold scores (n,).

    False positives come by the source: one wallpaper collection may have more than all the others
    together. So sources are resampled (cluster bootstrap, Davison & Hinkley 1997), and CONFIDENCE
    of the resamples keep the promise.
    """
    counts = _resample_sources(truth.sources, seed)
    real, ai = truth.labels == 0, truth.labels == 1
    highest_real = _quantiles(scores[real], (truth.weights * counts)[:, real], 1 - MAX_FALSE_AI)
    lowest_ai = _quantiles(scores[ai], (truth.weights * counts)[:, ai], MAX_FALSE_REAL)
    # A score at a threshold is on its side, so the next thousandth beyond those scores. Where the
    # classes are apart, both promises are kept in the gap between them, too.
    above = (np.floor(np.quantile(highest_real, CONFIDENCE) * 1000) + 1) / 1000
    below = (np.ceil(np.quantile(lowest_ai, 1 - CONFIDENCE) * 1000) - 1) / 1000
    low, high = sorted((below, above))
    return {"real": round(float(low), 3), "ai": round(float(high), 3)}


def _resample_sources(sources: np.ndarray, seed: int) -> np.ndarray:
    """How often each picture is in each resample of the sources: shape (RESAMPLES, n)."""
    names, source_of = np.unique(sources, return_inverse=True)
    share = np.full(len(names), 1 / len(names))
    return np.random.default_rng(seed).multinomial(len(names), share, RESAMPLES)[:, source_of]


def _quantiles(values: np.ndarray, weights: np.ndarray, share: float) -> np.ndarray:
    """For each resample, weights (r, n), the value below which `share` of its weight lies: (r,).

    Resamples without any weight are left out.
    """
    order = np.argsort(values)
    below = np.cumsum(weights[:, order], 1)
    below = below[below[:, -1] > 0]
    positions = (below < share * below[:, -1:]).sum(1)
    return np.asarray(values[order][np.minimum(positions, len(values) - 1)])
