"""The fitted table of numbers by which the scores of the methods become one score.

The fusion is logistic regression on log-odds (stacking, Wolpert 1992), fitted by
`manage.py train_fusion` on out-of-fold scores. Methods abstain, so there is one fit for
each subset of methods that can speak: a missing method never counts as "real".
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path

from detector.inference.results import MethodResult, Thresholds
from detector.inference.weights.folder import check_digests
from detector.inference.weights.ranges import Fields, read_fields

# P(AI) if evidence in the file decides, by the claim of this evidence.
DECISIVE_SCORES = {"ai": 0.99, "real": 0.01}
# The most that a fit may multiply log-odds by, and add to them. Fits of good data stay below half.
MAX_FITTED_WEIGHT, MAX_FITTED_INTERCEPT = 3.0, 10.0
MOST_FITTED, LONGEST_KEY = 8, 40
FUSION_FIELDS = {"subsets", "thresholds", "file_method", "file_weight"}


@dataclass(frozen=True)
class Subset:
    """The fit for one subset of methods: log-odds = intercept + weights * methods' log-odds."""

    intercept: float
    weights: dict[str, float]
    thresholds: Thresholds


@dataclass(frozen=True)
class Fusion:
    """`subsets` maps "key+key" (sorted) to the fit for the methods that gave a score.

    `thresholds` hold where no fitted method gave one. `file_weight` multiplies the log-odds of
    evidence in the file that does not decide alone.
    """

    subsets: dict[str, Subset]
    thresholds: Thresholds
    file_method: str
    file_weight: float
    digest: str = ""

    def subset_of(self, results: tuple[MethodResult, ...]) -> Subset | None:
        """The fit for the methods that gave a score; None if there is no fit for any of them."""
        keys = {key for subset in self.subsets for key in subset.split("+")}
        keys_with_score = {result.key for result in results if result.score is not None}
        return self.subsets.get("+".join(sorted(keys & keys_with_score)))

    def weight_of(self, key: str) -> float:
        """The factor of a method's log-odds if every method gives a score."""
        if key == self.file_method:
            return self.file_weight
        largest = max(self.subsets, key=lambda name: name.count("+"), default="")
        return self.subsets[largest].weights.get(key, 0.0) if largest else 0.0


# Where the fusion cannot be used: evidence in the file may still decide, and nothing else does.
NO_FUSION = Fusion({}, Thresholds(DECISIVE_SCORES["real"], DECISIVE_SCORES["ai"]), "", 0.0)


def load_fusion(weights_dir: Path) -> Fusion:
    """Read `fusion/config.json`.

    Raises `OSError`, or `ValueError` if it is not as it shipped or out of range.
    """
    path = weights_dir / "fusion" / "config.json"
    return _load_fusion(path, path.stat().st_mtime_ns)


@cache
def _load_fusion(path: Path, _mtime_ns: int) -> Fusion:
    check_digests(path.parent)
    config = read_fields(path)
    if surplus := sorted(config.values.keys() - FUSION_FIELDS):
        raise config.out_of_range(
            surplus[0], f"the fields {', '.join(sorted(FUSION_FIELDS))} alone"
        )
    tables = config.fields("subsets")
    if len(tables.values) >= 2**MOST_FITTED:
        raise config.out_of_range("subsets", f"fits of at most {MOST_FITTED} methods")
    subsets = {key: _subset(key, tables.fields(key)) for key in tables.values}
    _check_complete(subsets)
    return Fusion(
        subsets,
        _thresholds(config.fields("thresholds")),
        config.text("file_method", LONGEST_KEY),
        config.number("file_weight", 0, MAX_FITTED_WEIGHT),
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def _subset(key: str, fit: Fields) -> Subset:
    weights = fit.fields("weights")
    if set(weights.values) != set(key.split("+")):
        raise fit.out_of_range("weights", f"a weight for each of {key}")
    return Subset(
        fit.number("intercept", -MAX_FITTED_INTERCEPT, MAX_FITTED_INTERCEPT),
        {name: weights.number(name, 0, MAX_FITTED_WEIGHT) for name in weights.values},
        _thresholds(fit.fields("thresholds")),
    )


def _thresholds(fields: Fields) -> Thresholds:
    real = fields.number("real", 0, 1)
    return Thresholds(real, fields.number("ai", real, 1))


def _check_complete(subsets: dict[str, Subset]) -> None:
    """Without a fit of their subset, the scores of methods would be passed over in silence."""
    keys = sorted({key for subset in subsets for key in subset.split("+")})
    names = {"+".join(c) for n in range(1, len(keys) + 1) for c in combinations(keys, n)}
    if missing := names - set(subsets):
        raise ValueError(
            f"The fusion has no fit for {sorted(missing)}; accepted is a table with a fit for "
            "every subset of its methods."
        )
