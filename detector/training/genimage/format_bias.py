"""How well the class can be told without looking at the picture: by file format and size alone.

What a forest reads off there, a network can learn as well, and it will know nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

from detector.training.figures.intervals import Interval
from detector.training.figures.metrics import roc_auc, roc_auc_interval

from .table import FORMATS, Table
from .tells import strongest_tells

SAMPLE = 10_000  # the interval is then about .02 wide
FOLDS = 5
FEWEST = 10  # of each class, duplicates counted once
ALARM = 0.6


@dataclass(frozen=True)
class FormatBias:
    """AUROC (0.5: none) with its 95 % interval, and the strongest single tells as sentences.

    `roc_auc` is None where there are too few pictures to measure it.
    """

    n_ai: int
    n_real: int
    roc_auc: float | None = None
    interval: Interval | None = None
    tells: tuple[str, ...] = ()

    @property
    def warnings(self) -> list[str]:
        """Sentences if the class can be told; none if it cannot, or if this was not measured."""
        if self.interval is None or self.interval[0] <= ALARM:
            return []
        low, high = self.interval
        about = (
            "The class can be told from file format, size and compression alone: AUROC "
            f"{self.roc_auc:.3f} (95 % interval {low:.3f} to {high:.3f}), where 0.5 means that "
            "the classes are alike. A model may learn that instead of the pictures."
        )
        return [" ".join([about, *self.tells])]

    def to_dict(self) -> dict[str, Any]:
        """For metadata.json."""
        interval = self.interval and [round(bound, 4) for bound in self.interval]
        return {
            "n_ai": self.n_ai,
            "n_real": self.n_real,
            "roc_auc": None if self.roc_auc is None else round(self.roc_auc, 4),
            "roc_auc_interval": interval,
            "tells": list(self.tells),
        }


def measure_format_bias(table: Table, groups: np.ndarray, seed: int, workers: int) -> FormatBias:
    """Cross-validated over `groups` of duplicates, on at most SAMPLE pictures drawn at random."""
    rng = np.random.default_rng(seed)
    choice = np.sort(rng.permutation(len(groups))[:SAMPLE])
    sample, groups = Table(table.rows[choice], table.places), groups[choice]
    labels = sample.labels
    n_ai, n_real = int(labels.sum()), int((1 - labels).sum())
    if min(len(np.unique(groups[labels == label])) for label in (0, 1)) < FEWEST:
        return FormatBias(n_ai, n_real)
    scores = _out_of_fold(_features(sample), labels, groups, seed, workers)
    return FormatBias(
        n_ai,
        n_real,
        roc_auc(labels, scores),
        roc_auc_interval(labels, scores, seed),
        strongest_tells(sample),
    )


def _features(table: Table) -> np.ndarray:
    """Format one-hot, log width, height and bytes per pixel, JPEG quality: shape (n, features)."""
    rows = table.rows
    formats = rows["format"][:, None] == np.arange(len(FORMATS))
    sizes = np.log(np.stack([rows["width"], rows["height"], table.bytes_per_pixel], axis=1))
    return np.hstack([formats, sizes, rows["quality"][:, None]])


def _out_of_fold(
    features: np.ndarray, labels: np.ndarray, groups: np.ndarray, seed: int, workers: int
) -> np.ndarray:
    """P(AI) of each picture by a forest that has not seen its group, shape (n,)."""
    forest = RandomForestClassifier(min_samples_leaf=3, n_jobs=workers, random_state=seed)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    scores = cross_val_predict(
        forest, features, labels, groups=groups, cv=folds, method="predict_proba"
    )
    return np.asarray(scores[:, 1])
