"""How sure a figure is: intervals that hold 95 % of the time, by resampling and by formula."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq

Interval = tuple[float, float]
# Figures of merit by name, each of shape (resamples,).
Draws = dict[str, np.ndarray]

RESAMPLES = 1000
Z = 1.96
# Resamples times pictures that are worked on at a time: a few arrays of this size fit the caches.
CELLS = 2**19


def bootstrap(measure: Callable[[np.ndarray], Draws], labels: np.ndarray, seed: int) -> Draws:
    """The results of `measure` for RESAMPLES resamples of the pictures within each class.

    `labels` (n,) are 0 or 1. `measure` takes how often each picture was drawn, shape (r, n), and
    gives arrays (r,).
    """
    rng = np.random.default_rng(seed)
    rows = min(max(CELLS // len(labels), 1), RESAMPLES)
    sizes = [min(rows, RESAMPLES - start) for start in range(0, RESAMPLES, rows)]
    parts = [measure(_draw(labels, size, rng)) for size in sizes]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _draw(labels: np.ndarray, rows: int, rng: np.random.Generator) -> np.ndarray:
    """How often each picture is drawn, shape (rows, n): as many of each class as there are."""
    counts = np.zeros((rows, len(labels)), np.int32)
    for label in (0, 1):
        members = np.flatnonzero(labels == label)
        draws = rng.integers(len(members), size=(rows, len(members)))
        places = (draws + np.arange(rows)[:, None] * len(members)).ravel()
        counts[:, members] = np.bincount(places, minlength=draws.size).reshape(draws.shape)
    return counts


def percentiles(draws: np.ndarray) -> Interval:
    """The middle 95 % of `draws` (r,)."""
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(low), float(high)


def wilson_interval(hits: float, n: int) -> Interval:
    """95 % interval of a share of `hits` in `n` (Wilson 1927), which holds for small n too."""
    if n == 0:
        return 0.0, 1.0
    share = hits / n
    centre = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * np.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def mean_interval(first: tuple[float, int], second: tuple[float, int]) -> Interval:
    """95 % interval of the mean of two shares, each given as (hits, n).

    Squares and adds the distances of Wilson's bounds (Newcombe 1998), so that shares of 0 and 1
    have one, too.
    """
    shares = np.array([hits / n for hits, n in (first, second)])
    lows, highs = np.array([wilson_interval(hits, n) for hits, n in (first, second)]).T
    below, above = np.linalg.norm(shares - lows) / 2, np.linalg.norm(highs - shares) / 2
    return float(shares.mean() - below), float(shares.mean() + above)


def newcombe_interval(area: float, n_ai: int, n_real: int) -> Interval:
    """95 % score interval of an AUROC (Newcombe 2006, method 5).

    It holds for few pictures and for an `area` of 0 or 1, where resampling knows no doubt.
    """
    return _newcombe_bound(area, n_ai, n_real), 1 - _newcombe_bound(1 - area, n_ai, n_real)


def _newcombe_bound(area: float, n_ai: int, n_real: int) -> float:
    """The true area below `area` from which it is 1.96 standard errors away.

    The variance is that of Hanley and McNeil (1982) at the true area, with both sample sizes less
    one replaced by their mean less one.
    """
    half_pairs = (n_ai + n_real) / 2 - 1

    def excess(true: float) -> float:
        spread = 1 + half_pairs * ((1 - true) / (2 - true) + true / (1 + true))
        return (area - true) ** 2 - Z * Z * true * (1 - true) * spread / (n_ai * n_real)

    # At a true area of 1 nothing varies: for an area of 1 that is a root, but not the bound.
    top = min(area, 1 - 1e-9)
    return float(brentq(excess, 0, top)) if area > 0 else 0.0
