"""From the methods' scores to one verdict. Pure functions over a fitted table of numbers.

The fusion is logistic regression on log-odds (stacking, Wolpert 1992), fitted by
`manage.py train_fusion` on out-of-fold scores. Methods abstain, so there is one fit for
each subset of methods that can speak: a missing method never counts as "real".
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

from .numbers import log_odds, sigmoid
from .results import Agreement, Label, MethodResult, Thresholds, Verdict

DECISIVE_SCORE = 0.99
# Log-odds by which a method must move the verdict to be named as a side of a disagreement.
SUBSTANTIAL = 0.5


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


def load_fusion(weights_dir: Path) -> Fusion:
    """Read `fusion/config.json`; raises `OSError` or `ValueError` if it is missing or broken."""
    path = weights_dir / "fusion" / "config.json"
    return _load_fusion(path, path.stat().st_mtime_ns)


@cache
def _load_fusion(path: Path, _mtime_ns: int) -> Fusion:
    text = path.read_bytes()
    config = json.loads(text)
    try:
        subsets = {key: _subset(key, fit) for key, fit in config.pop("subsets").items()}
        thresholds = Thresholds(**config.pop("thresholds"))
        _check_complete(subsets)
        digest = hashlib.sha256(text).hexdigest()
        return Fusion(subsets, thresholds, **config, digest=digest)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name} of the fusion is broken: {error!r}.") from error


def _subset(key: str, fit: dict[str, Any]) -> Subset:
    if set(fit["weights"]) != set(key.split("+")):
        raise ValueError(f"The fit of {key} needs a weight for each.")
    return Subset(fit["intercept"], fit["weights"], Thresholds(**fit["thresholds"]))


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
    decided_by = _decisive(results)
    subset = fusion.subset_of(results)
    contributions = {} if decided_by else _contributions(results, subset, fusion)
    score = DECISIVE_SCORE if decided_by else sigmoid(sum(contributions.values()))
    thresholds = subset.thresholds if subset else fusion.thresholds
    known = bool(contributions or decided_by)
    label = _label(score, thresholds) if known else "uncertain"
    return Verdict(
        label=label,
        score=score,
        thresholds=thresholds,
        reason=explain(label, score, results, decided_by, thresholds, contributions),
        agreement=agree(results),
        methods=results,
        contributions=contributions,
        decided_by=decided_by,
        notes=notes,
        elapsed_ms=elapsed_ms,
        version=version,
    )


def _decisive(results: tuple[MethodResult, ...]) -> str | None:
    for result in results:
        if any(f.strength == "decisive" and f.claim == "ai" for f in result.findings):
            return result.key
    return None


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


def agree(results: tuple[MethodResult, ...]) -> Agreement:
    """How far the methods that gave a score agree."""
    leans = [r.lean for r in results if r.lean is not None]
    ai, real, unsure = (leans.count(side) for side in ("ai", "real", "uncertain"))
    return Agreement(ai, real, unsure, _agreement_text(ai, real, unsure))


def _agreement_text(ai: int, real: int, unsure: int) -> str:
    total = ai + real + unsure
    if total == 0:
        return "No method could give a score."
    if total == 1:
        return "Only one method could give a score."
    if total in (ai, real):
        return f"All {total} methods that gave a score lean the same way."
    if total == unsure:
        return f"None of the {total} methods that gave a score leans to a side."
    parts = [(ai, "towards AI"), (real, "towards real"), (unsure, "to neither side")]
    said = [f"{n} {'leans' if n == 1 else 'lean'} {side}" for n, side in parts if n]
    split = "The methods disagree" if ai and real else "The methods agree in part"
    return f"{split}: of {total} that gave a score, {', '.join(said)}."


def explain(
    label: Label,
    score: float,
    results: tuple[MethodResult, ...],
    decided_by: str | None,
    thresholds: Thresholds,
    contributions: dict[str, float],
) -> str:
    """A paragraph in plain words that follows from the numbers alone."""
    if decided_by:
        return _explain_evidence(next(r for r in results if r.key == decided_by))
    if all(result.score is None for result in results):
        said = "No method could say anything about this picture."
    else:
        said = _explain_score(label, score, thresholds)
        if label == "real":
            said += _explain_real(results)
    sides = _explain_sides(results, contributions) or agree(results).text
    most = _explain_most(results, contributions)
    idle = _explain_no_weight(results, contributions)
    return f"{said} {sides}{most}{idle}{_explain_silence(results)}"


def _explain_sides(results: tuple[MethodResult, ...], contributions: dict[str, float]) -> str:
    """Which methods argue for which side, if there are substantial ones on both; else nothing."""
    moves = [(_name(result), contributions.get(result.key, 0.0)) for result in results]
    ai = [name for name, move in moves if move >= SUBSTANTIAL]
    real = [name for name, move in moves if move <= -SUBSTANTIAL]
    if not (ai and real):
        return ""
    argue = "argue" if len(ai) > 1 else "argues"
    said = f"{' and '.join(ai)} {argue} for AI, {' and '.join(real)} for real."
    return said[0].upper() + said[1:]


def _explain_most(results: tuple[MethodResult, ...], contributions: dict[str, float]) -> str:
    """The method that moved the verdict most, if several moved it."""
    moved = [result for result in results if contributions.get(result.key)]
    if len(moved) < 2:
        return ""
    most = _name(max(moved, key=lambda result: abs(contributions[result.key])))
    return f" {most.capitalize()} moved it most."


def _explain_no_weight(results: tuple[MethodResult, ...], contributions: dict[str, float]) -> str:
    """The methods whose score is shown but does not count; nothing if all count."""
    idle = [_name(r) for r in results if r.score is not None and contributions.get(r.key) == 0]
    if not idle:
        return ""
    have, their = ("have", "their scores") if len(idle) > 1 else ("has", "its score")
    said = f"{' and '.join(idle)} {have} no weight: on pictures of known origin, {their}"
    return f" {said[0].upper()}{said[1:]} added nothing to the other methods."


def _name(result: MethodResult) -> str:
    """What a method is called within a sentence: "method 1"."""
    return result.title.partition(":")[0].lower()


def _explain_evidence(result: MethodResult) -> str:
    evidence = next(f.text for f in result.findings if f.strength == "decisive")
    return (
        f"The file itself says so: {evidence} This decides the verdict; what the methods see "
        "in the pixels does not change it. Such data can be forged or copied into another file."
    )


def _explain_score(label: Label, score: float, thresholds: Thresholds) -> str:
    # One decimal: a score just below a threshold must not read as if it had reached it.
    chance, ai, real = f"{score:.1%}", f"{thresholds.ai:.1%}", f"{thresholds.real:.1%}"
    together = f"The methods together put the chance that an AI made this picture at {chance}"
    return {
        "ai": f"{together}, at or above the {ai} from which we say so.",
        "real": f"{together}, at or below the {real} up to which we call it likely real.",
        "uncertain": f"The evidence is not strong enough for either side: the chance that an AI "
        f"made this picture is put at {chance}, and only from {ai} up or from {real} down do we "
        "take a side.",
    }[label]


def _explain_real(results: tuple[MethodResult, ...]) -> str:
    if any(finding.claim == "ai" for result in results for finding in result.findings):
        return " Yet something in the file speaks for an AI: see its findings."
    return " No trace of a generator was found, which is not a proof that there is none."


def _explain_silence(results: tuple[MethodResult, ...]) -> str:
    silent = [r.title.partition(": ")[2] for r in results if r.status in ("unavailable", "error")]
    return f" Without an answer: {', '.join(silent)}." if silent else ""
