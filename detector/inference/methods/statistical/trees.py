"""Gradient-boosted trees as plain arrays: loading executes nothing and needs no scikit-learn.

scikit-learn fits them (training/statistical.py writes the file); a test holds both to the same
answers. Loading the 500 trees as scikit-learn objects through skops took 6 seconds.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

FIELDS = ("feature", "threshold", "left", "right", "value", "baseline")


class BoostedTrees:
    """Binary splits `x[feature] <= threshold`, one row of nodes a tree.

    A leaf is its own child, so that every tree can be walked for as many steps as the deepest.
    """

    def __init__(self, path: Path) -> None:
        """Read a .npz file. Raises `OSError` or `ValueError` if it is missing or damaged."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                self.nodes = {name: arrays[name] for name in FIELDS}
                self.depth = int(arrays["depth"])
        except OSError:
            raise
        except Exception as error:  # damaged archives raise anything
            raise ValueError(f"{path.name} is not a file of trees: {error}") from error

    def log_odds(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Log-odds of the positive class, shape (n,), for features (n, n_features)."""
        trees = np.arange(len(self.nodes["feature"]))
        at = np.zeros((len(features), len(trees)), np.intp)
        rows = np.arange(len(features))[:, None]
        for _ in range(self.depth):
            values = features[rows, self.nodes["feature"][trees, at]].astype(np.float64)
            goes_left = values <= self.nodes["threshold"][trees, at]
            at = np.where(goes_left, self.nodes["left"][trees, at], self.nodes["right"][trees, at])
        leaves = self.nodes["value"][trees, at]
        total: npt.NDArray[np.float64] = leaves.sum(1) + float(self.nodes["baseline"])
        return total
