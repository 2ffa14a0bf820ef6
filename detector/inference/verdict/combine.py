"""From the methods' scores to one verdict. Pure functions over a fitted table of numbers.

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

from detector.inference.numbers import log_odds, sigmoid
from detector.inference.results import Finding, Label, MethodResult, Thresholds, Verdict
from detector.inference.weights.folder import check_digests
from detector.inference.weights.ranges import Fields, read_fields

from .grounds import Grounds, weigh
from .reason import agree, explain

# P(AI) where evidence in the file decides, by what it claims.
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
        """The fit for those methods that gave a score; None if none of them is fitted."""
        fitted = {key for subset in self.subsets for key in subset.split("+")}
        scored = {result.key for result in results if result.score is not None}
        return self.subsets.get("+".join(sorted(fitted & scored)))


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
    fits = config.fields("subsets")
    if len(fits.values) >= 2**MOST_FITTED:
        raise config.out_of_range("subsets", f"fits of at most {MOST_FITTED} methods")
    subsets = {key: _subset(key, fits.fields(key)) for key in fits.values}
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
    wanted = {"+".join(c) for n in range(1, len(keys) + 1) for c in combinations(keys, n)}
    if missing := wanted - set(subsets):
        raise ValueError(f"The fusion has no fit for {sorted(missing)}.")


def combine(
    results: tuple[MethodResult, ...],
    fusion: Fusion,
    *,
    notes: tuple[str, ...] = (),
    version: str = "",
    elapsed_ms: float = 0.0,
) -> Verdict:
    """One verdict from the results of the methods."""
    key, grounds = _weigh_files(results)
    decisive = grounds.decisive
    subset = fusion.subset_of(results)
    contributions = {} if decisive else _contributions(results, subset, fusion)
    score = _score(decisive, contributions)
    thresholds = subset.thresholds if subset else fusion.thresholds
    known = bool(contributions or decisive) and not grounds.conflict
    label = _label(score, thresholds) if known else "uncertain"
    return Verdict(
        label=label,
        score=score,
        thresholds=thresholds,
        reason=explain(label, score, results, grounds, thresholds, contributions),
        agreement=agree(results),
        methods=results,
        contributions=contributions,
        decided_by=key if decisive else None,
        notes=notes,
        elapsed_ms=elapsed_ms,
        version=version,
    )


def _weigh_files(results: tuple[MethodResult, ...]) -> tuple[str, Grounds]:
    """The method whose evidence stands by itself, and that evidence."""
    weighed = ((result.key, weigh(result.findings)) for result in results)
    return next((w for w in weighed if w[1] != Grounds()), ("", Grounds()))


def _score(decisive: Finding | None, contributions: dict[str, float]) -> float:
    if decisive and decisive.claim:
        return DECISIVE_SCORES[decisive.claim]
    return sigmoid(sum(contributions.values()))


def _contributions(
    results: tuple[MethodResult, ...], subset: Subset | None, fusion: Fusion
) -> dict[str, float]:
    """Log-odds by which each method moves the verdict, with the "intercept" of their subset."""
    scores = {r.key: r.score for r in results if r.score is not None}
    moves: dict[str, float] = {}
    if subset:
        moves["intercept"] = subset.intercept
        own = {r.key: r.weight or 0.0 for r in results}
        moves |= {
            key: max(weight, own[key]) * log_odds(scores[key])
            for key, weight in subset.weights.items()
        }
    if fusion.file_method in scores:
        moves[fusion.file_method] = fusion.file_weight * log_odds(scores[fusion.file_method])
    return moves


def _label(score: float, thresholds: Thresholds) -> Label:
    if score >= thresholds.ai:
        return "ai"
    return "real" if score <= thresholds.real else "uncertain"
