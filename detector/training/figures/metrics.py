"""Figures of merit, always with how many pictures and how sure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from detector.accuracy.condition import ScoreFigures
from detector.accuracy.figure import Figure
from detector.accuracy.names import FALSE_POSITIVES, FIGURES

from .intervals import (
    RESAMPLES,
    Draws,
    Interval,
    bootstrap,
    mean_interval,
    newcombe_interval,
    percentiles,
    wilson_interval,
)
from .thresholds import CalledCounts, Ranking

# With fewer of a class, resampling the AUROC is too sure of itself.
FEW = 50
BINS = 10


def measure(labels: np.ndarray, scores: np.ndarray, seed: int = 0) -> ScoreFigures:
    """FIGURES, each but `ece_by_chance` with its 95 % interval.

    Accuracy is that at a score of 0.5. What so few pictures cannot show is None, with the reason.
    `labels` are 0 or 1 = AI, `scores` P(AI) in [0, 1]; both of shape (n,) with both classes.
    """
    ranking = Ranking.of(labels, scores)
    n_ai, n_real = int(labels.sum()), int((1 - labels).sum())
    measured_figures = {name: float(value[0]) for name, value in _measure_all(ranking).items()}
    measured_figures["ece_by_chance"] = calibration_error_by_chance(labels, scores, seed)
    draws = bootstrap(lambda counts: _measure(ranking, counts), ranking.labels, seed)
    intervals = _intervals(ranking, measured_figures, draws)
    figures = {}
    for name in FIGURES:
        fewest = round(1 / FALSE_POSITIVES.get(name, 1))
        if n_real < fewest:
            reason = f"needs {fewest} real pictures, there are {n_real}"
            figures[name] = Figure(None, reason=reason)
        else:
            figures[name] = Figure(measured_figures[name], *(intervals.get(name) or ()))
    return ScoreFigures(n_ai, n_real, figures)


def summarise(labels: np.ndarray, scores: np.ndarray, seed: int = 0) -> dict[str, Any]:
    """What `measure` gives, as entries of a file: `<name>_interval` and `<name>_reason`, too."""
    return measure(labels, scores, seed).to_dict()


def _measure_all(ranking: Ranking) -> Draws:
    return _measure(ranking, np.ones((1, len(ranking.labels)), np.int32))


def _measure(ranking: Ranking, counts: np.ndarray) -> Draws:
    """FIGURES but `ece_by_chance` of r resamples (r,); `counts` (r, n) tells what is in them."""
    calls = CalledCounts(ranking, counts)
    recalls = {name: calls.recall(fpr) for name, fpr in FALSE_POSITIVES.items()}
    return recalls | {
        "roc_auc": calls.roc_auc(),
        "ap": calls.average_precision(),
        "balanced_accuracy": calls.balanced_accuracy(ranking.called_at(0.5)),
        "ece": _calibration_errors(ranking.labels, ranking.scores, counts),
    }


def _intervals(
    ranking: Ranking, figures: dict[str, float], draws: Draws
) -> dict[str, Interval | None]:
    """The interval of each of the `figures` in `draws`; None where resampling shows no doubt."""
    n_ai, n_real = (int((ranking.labels == label).sum()) for label in (1, 0))
    intervals: dict[str, Interval | None] = {
        name: _hull(percentiles(draws[name]), wilson_interval(figures[name] * n_ai, n_ai))
        for name in FALSE_POSITIVES
    }
    ap = percentiles(draws["ap"])
    return intervals | {
        "roc_auc": _area_interval(figures["roc_auc"], n_ai, n_real, lambda: draws["roc_auc"]),
        "ap": ap if ap[0] < ap[1] else None,
        "balanced_accuracy": _hull(
            percentiles(draws["balanced_accuracy"]), _accuracy_interval(ranking)
        ),
        "ece": _mirrored(figures["ece"], draws["ece"]),
    }


def _hull(first: Interval, second: Interval) -> Interval:
    """Both intervals: resampling has none where all or no pictures are called rightly."""
    return min(first[0], second[0]), max(first[1], second[1])


def _accuracy_interval(ranking: Ranking) -> Interval:
    right = (ranking.scores >= 0.5) == (ranking.labels == 1)
    of_class = [right[ranking.labels == label] for label in (0, 1)]
    real, ai = ((float(each.sum()), len(each)) for each in of_class)
    return mean_interval(real, ai)


def _mirrored(figure: float, draws: np.ndarray) -> Interval:
    """The interval of a figure that chance makes larger, as it makes every gap larger.

    Resampling adds to it once more, by less than chance did: the lower bound makes up for both.
    """
    low, high = percentiles(draws)
    bias = float(draws.mean()) - figure
    return max(2 * figure - high - bias, 0.0), max(2 * figure - low, figure)


def roc_auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Chance that an AI picture scores higher than a real one; both arrays (n,), both classes."""
    ranking = Ranking.of(labels, scores)
    return float(CalledCounts(ranking, np.ones((1, len(labels)), np.int32)).roc_auc()[0])


def roc_auc_interval(labels: np.ndarray, scores: np.ndarray, seed: int = 0) -> Interval:
    """95 % interval of the AUROC: resamples pictures within each class, or Newcombe's.

    The latter for fewer than FEW pictures of a class, and where the classes are apart.
    """
    ranking = Ranking.of(labels, scores)

    def areas(counts: np.ndarray) -> Draws:
        return {"roc_auc": CalledCounts(ranking, counts).roc_auc()}

    n_ai, n_real = int(labels.sum()), int((1 - labels).sum())
    return _area_interval(
        roc_auc(labels, scores),
        n_ai,
        n_real,
        lambda: bootstrap(areas, ranking.labels, seed)["roc_auc"],
    )


def roc_auc_change(
    labels: np.ndarray, before: np.ndarray, after: np.ndarray, seed: int = 0
) -> tuple[float, float, float]:
    """How much higher the AUROC of the scores `after` is than `before`, with its 95 % interval.

    All arrays (n,), of the same pictures: both are measured on the same resamples.
    """

    def changes(counts: np.ndarray) -> Draws:
        areas = [_areas(labels, scores, counts) for scores in (after, before)]
        return {"change": areas[0] - areas[1]}

    once = changes(np.ones((1, len(labels)), np.int32))["change"]
    low, high = percentiles(bootstrap(changes, labels, seed)["change"])
    return round(float(once[0]), 4), round(low, 4), round(high, 4)


def _areas(labels: np.ndarray, scores: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The AUROC of r resamples, (r,); `counts` (r, n) are in the order of the pictures."""
    order = np.argsort(-scores, kind="stable")
    return CalledCounts(Ranking.of(labels, scores), counts[:, order]).roc_auc()


def _area_interval(
    area: float, n_ai: int, n_real: int, draws: Callable[[], np.ndarray]
) -> Interval:
    if min(n_ai, n_real) < FEW or area in (0, 1):
        return newcombe_interval(area, n_ai, n_real)
    return percentiles(draws())


def recall_by_fpr(labels: np.ndarray, scores: np.ndarray, fprs: np.ndarray) -> np.ndarray:
    """The ROC: largest share of AI found at each share of false positives, both of shape (k,)."""
    calls = CalledCounts(Ranking.of(labels, scores), np.ones((1, len(labels)), np.int32))
    return np.array([calls.recall(fpr)[0] for fpr in fprs])


def expected_calibration_error(labels: np.ndarray, scores: np.ndarray) -> float:
    """Mean gap between shown and true share of AI over BINS equal-width bins (Guo et al. 2017).

    Both classes count alike whatever their numbers, as in the calibration.
    """
    return float(_calibration_errors(labels, scores, np.ones((1, len(labels))))[0])


def calibration_error_by_chance(labels: np.ndarray, scores: np.ndarray, seed: int = 0) -> float:
    """Mean calibration error that the same scores would have if they were exactly right.

    It is not 0: chance moves the true share of a bin of few pictures away from the scores in it.
    Labels are drawn anew from the scores (after Bröcker & Smith 2007, who draw the scores as well)
    at the ratio of AI to real pictures in `labels` (n,), whose weights stay. That they stay makes
    it a few percent of itself too large with 500 pictures, and lets it go to 0 with many.
    """
    ai, real = labels.sum(), (1 - labels).sum()
    chances = scores * ai / (scores * ai + (1 - scores) * real)
    gap_if_ai, gap_if_real = (scores - 1) / (2 * ai), scores / (2 * real)
    bins, rng = bin_of(scores), np.random.default_rng(seed)
    errors = []
    for _ in range(RESAMPLES):
        gaps = np.where(rng.random(len(scores)) < chances, gap_if_ai, gap_if_real)
        errors.append(np.abs(np.bincount(bins, gaps, BINS)).sum())
    return float(np.mean(errors))


def _calibration_errors(labels: np.ndarray, scores: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The calibration error of r resamples, (r,); `counts` (r, n) tells what is in them."""
    gaps = np.zeros((len(labels), BINS))
    gaps[np.arange(len(labels)), bin_of(scores)] = class_weights(labels) * (scores - labels)
    return np.asarray(np.abs(counts @ gaps).sum(1))


def class_weights(labels: np.ndarray) -> np.ndarray:
    """Weights (n,) by which either class has a weight of one half."""
    ai, real = max(labels.sum(), 1), max((1 - labels).sum(), 1)
    return np.asarray(np.where(labels == 1, 0.5 / ai, 0.5 / real))


def bin_of(scores: np.ndarray) -> np.ndarray:
    """The bin (n,) of BINS equal-width ones that each score is in."""
    return np.asarray(np.minimum((scores * BINS).astype(int), BINS - 1))
