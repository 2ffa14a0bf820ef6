"""The pictures that each possible threshold calls AI, and the figures that follow from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Ranking:
    """Pictures from the highest score down: `labels` (n,) 0 or 1 = AI, `scores` (n,) in [0, 1].

    `ends` (g,) are the indices of the last picture of each run of equal scores: between equal
    scores no threshold can part.
    """

    labels: np.ndarray
    scores: np.ndarray
    ends: np.ndarray

    @classmethod
    def of(cls, labels: np.ndarray, scores: np.ndarray) -> Ranking:
        """Rank pictures that come in any order."""
        order = np.argsort(-scores, kind="stable")
        ends = np.flatnonzero(np.diff(scores[order], append=-np.inf))
        return cls(labels[order], scores[order], ends)

    def called_at(self, threshold: float) -> int:
        """The index into the arrays of `CalledCounts` for scores of `threshold` or more."""
        return int((self.scores[self.ends] >= threshold).sum())


class CalledCounts:
    """How many AI and real pictures each threshold calls AI, both of shape (r, 1 + g).

    From none at all, above the highest score, to all. `counts` (r, n) tells for each of r
    resamples how often each picture of `ranking` is in it.
    """

    def __init__(self, ranking: Ranking, counts: np.ndarray) -> None:
        start = np.zeros((len(counts), 1), np.int64)
        all_called = np.cumsum(counts, 1)[:, ranking.ends]
        ai_called = np.cumsum(counts * ranking.labels.astype(counts.dtype), 1)[:, ranking.ends]
        self.ai = np.concatenate([start, ai_called], 1)
        self.real = np.concatenate([start, all_called - ai_called], 1)
        self.n_ai, self.n_real = self.ai[:, -1], self.real[:, -1]

    def roc_auc(self) -> np.ndarray:
        """Area under the receiver operating characteristic, shape (r,)."""
        heights = self.ai[:, 1:] + self.ai[:, :-1]
        areas = (np.diff(self.real, axis=1) * heights).sum(1) / 2
        return np.asarray(areas / (self.n_ai * self.n_real))

    def average_precision(self) -> np.ndarray:
        """Mean precision over the AI pictures found, shape (r,)."""
        n_called = np.maximum(self.ai[:, 1:] + self.real[:, 1:], 1)
        gains = np.diff(self.ai, axis=1) * (self.ai[:, 1:] / n_called)
        return np.asarray(gains.sum(1) / self.n_ai)

    def recall(self, fpr: float) -> np.ndarray:
        """Largest share of AI found with at most `fpr` of the real pictures called AI, (r,)."""
        is_allowed = self.real <= fpr * self.n_real[:, None] + 1e-9
        best = np.take_along_axis(self.ai, is_allowed.sum(1)[:, None] - 1, 1)[:, 0]
        return np.asarray(best / self.n_ai)

    def balanced_accuracy(self, at: int) -> np.ndarray:
        """Mean share of either class called rightly by the threshold with index `at`, (r,)."""
        right = self.ai[:, at] / self.n_ai + 1 - self.real[:, at] / self.n_real
        return np.asarray(right / 2)
