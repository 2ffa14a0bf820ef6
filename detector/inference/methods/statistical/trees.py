"""Gradient-boosted trees as plain arrays: loading executes nothing and needs no scikit-learn.

scikit-learn fits them (training/statistical.py writes the file); a test holds both to the same
answers. Loading the 500 trees as scikit-learn objects through skops took 6 seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .features import N_FEATURES

Places = npt.NDArray[np.intp]

MAX_DEPTH = 64
FIELDS = ("feature", "threshold", "left", "right", "value")


class BoostedTrees:
    """Binary splits `x[feature] <= threshold`, one row of nodes a tree.

    A leaf is its own child, so that every tree can be walked for as many steps as the deepest.
    The value of a leaf is what the tree adds to the log-odds, that of an inner node the mean answer
    of what lies below it, and that of the root 0: only `attributions` reads those.
    """

    def __init__(self, path: Path) -> None:
        """Read a .npz file. Raises `OSError` or `ValueError` if it is missing or damaged."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                self.nodes = {name: arrays[name] for name in FIELDS}
                self.depth = int(arrays["depth"])
                self.baseline = float(arrays["baseline"])
        except OSError:
            raise
        except Exception as error:  # damaged archives raise anything
            raise ValueError(f"{path.name} is not a file of trees: {error}") from error
        if fault := self._fault():
            raise ValueError(f"{path.name} is not a file of trees: {fault}")

    def _fault(self) -> str:
        """A sentence about the values that are out of range; empty if there are none."""
        shapes = {nodes.shape for nodes in self.nodes.values()}
        if len(shapes) > 1 or len(shape := shapes.pop()) != 2 or not all(shape):
            return f"{', '.join(FIELDS)} must be tables (trees, nodes) of one shape"
        for name, end in (("feature", N_FEATURES), ("left", shape[1]), ("right", shape[1])):
            nodes = self.nodes[name]
            if nodes.dtype.kind not in "iu" or nodes.min() < 0 or nodes.max() >= end:
                return f"{name} must be whole numbers from 0 to {end - 1}"
        if not np.isfinite(self.nodes["value"]).all() or not np.isfinite(self.baseline):
            return "value and baseline must be finite"
        if np.isnan(self.nodes["threshold"]).any():
            return "threshold must be a number"
        return "" if 0 < self.depth <= MAX_DEPTH else f"depth must be from 1 to {MAX_DEPTH}"

    def log_odds(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Log-odds of the positive class, shape (n,), for features (n, n_features).

        Raises `ValueError` if they are not finite.
        """
        *_, (_, leaves) = self._walk(features)
        total: npt.NDArray[np.float64] = self._values(leaves).sum(1) + self.baseline
        if not np.isfinite(total).all():
            raise ValueError("the trees answer with NaN or infinite numbers")
        return total

    def attributions(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """How far each feature moves the log-odds of each row, shape (n, n_features).

        At every split, what the answer gains from parent to child belongs to the feature that is
        asked for (Saabas 2014): with the baseline, a row adds up to its log-odds.
        """
        changes = np.zeros(features.shape)
        rows = np.arange(len(features))[:, None]
        for before, after in self._walk(features):
            columns = self.nodes["feature"][self._trees, before]
            np.add.at(changes, (rows, columns), self._values(after) - self._values(before))
        return changes

    @property
    def _trees(self) -> Places:
        return np.arange(len(self.nodes["feature"]))

    def _values(self, at: Places) -> npt.NDArray[np.float64]:
        values: npt.NDArray[np.float64] = self.nodes["value"][self._trees, at]
        return values

    def _walk(self, features: npt.NDArray[np.float32]) -> Iterator[tuple[Places, Places]]:
        """Step by step from the roots down: the nodes before and after it, shape (n, n_trees).

        It ends when no row moves any more: most do not go as deep as the deepest leaf.
        """
        feature, threshold, left, right = (self.nodes[name].ravel() for name in FIELDS[:4])
        roots = self._trees * self.nodes["feature"].shape[1]
        at = np.zeros((len(features), len(roots)), np.intp)
        rows = np.arange(len(features))[:, None]
        for _ in range(self.depth):
            places = roots + at  # `take` by one number is twice as fast as indexing by two
            values = features[rows, feature.take(places)].astype(np.float64)
            goes_left = values <= threshold.take(places)
            before, at = at, np.where(goes_left, left.take(places), right.take(places))
            yield before, at
            if np.array_equal(before, at):
                return
