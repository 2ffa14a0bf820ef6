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


@dataclass(frozen=True)
class Fusion:
    """`subsets` maps "key+key" (sorted) to {"intercept", "weights": {key: weight}}.

    `file_weight` multiplies the log-odds of evidence in the file that does not decide alone.
    """

    subsets: dict[str, dict[str, Any]]
    thresholds: Thresholds
    file_method: str
    file_weight: float
    digest: str = ""


def load_fusion(weights_dir: Path) -> Fusion:
    """Read `fusion/config.json`; raises `OSError` or `ValueError` if it is missing or broken."""
    path = weights_dir / "fusion" / "config.json"
    return _load_fusion(path, path.stat().st_mtime_ns)


@cache
def _load_fusion(path: Path, _mtime_ns: int) -> Fusion:
    text = path.read_bytes()
    config = json.loads(text)
    try:
        thresholds = Thresholds(**config.pop("thresholds"))
        fusion = Fusion(**config, thresholds=thresholds, digest=hashlib.sha256(text).hexdigest())
        _check_subsets(fusion.subsets)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name} of the fusion is broken: {error!r}.") from error
    return fusion


def _check_subsets(subsets: dict[str, dict[str, Any]]) -> None:
    """Without a fit of their subset, the scores of methods would be passed over in silence."""
    keys = sorted({key for subset in subsets for key in subset.split("+")})
    wanted = {"+".join(c) for n in range(1, len(keys) + 1) for c in combinations(keys, n)}
    if missing := wanted - set(subsets):
        raise ValueError(f"The fusion has no fit for {sorted(missing)}.")
    for subset, fit in subsets.items():
        if set(fit["weights"]) != set(subset.split("+")) or "intercept" not in fit:
            raise ValueError(f"The fit of {subset} needs an intercept and a weight for each.")


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
    contributions = {} if decided_by else _contributions(results, fusion)
    score = DECISIVE_SCORE if decided_by else sigmoid(sum(contributions.values()))
    label = _label(score, contributions, decided_by, fusion)
    agreement = agree(results)
    reason = explain(label, score, results, agreement, decided_by, fusion)
    return Verdict(
        label=label,
        score=score,
        thresholds=fusion.thresholds,
        reason=reason,
        agreement=agreement,
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


def _contributions(results: tuple[MethodResult, ...], fusion: Fusion) -> dict[str, float]:
    """Log-odds by which each method moves the verdict, with the "intercept" of their subset."""
    scores = {r.key: r.score for r in results if r.score is not None}
    fitted = {key for subset in fusion.subsets for key in subset.split("+")}
    subset = fusion.subsets.get("+".join(sorted(fitted & set(scores))))
    moves: dict[str, float] = {}
    if subset:
        moves["intercept"] = subset["intercept"]
        moves |= {key: w * log_odds(scores[key]) for key, w in subset["weights"].items()}
    if fusion.file_method in scores:
        moves[fusion.file_method] = fusion.file_weight * log_odds(scores[fusion.file_method])
    return moves


def _label(
    score: float, contributions: dict[str, float], decided_by: str | None, fusion: Fusion
) -> Label:
    if not contributions and not decided_by:
        return "uncertain"
    if score >= fusion.thresholds.ai:
        return "ai"
    return "real" if score <= fusion.thresholds.real else "uncertain"


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
    agreement: Agreement,
    decided_by: str | None,
    fusion: Fusion,
) -> str:
    """A paragraph in plain words that follows from the numbers alone."""
    if decided_by:
        evidence = next(
            f.text for r in results if r.key == decided_by
            for f in r.findings if f.strength == "decisive"
        )  # fmt: skip
        return (
            f"The file itself says so: {evidence} This decides the verdict; what the methods see "
            "in the pixels does not change it. Such data can be forged or copied into another file."
        )
    said = {
        "ai": f"The methods together put the chance that an AI made this picture at {score:.0%}, "
        f"above the {fusion.thresholds.ai:.0%} from which we say so.",
        "real": f"The methods together put the chance that an AI made this picture at {score:.0%}, "
        f"below the {fusion.thresholds.real:.0%} under which we call it likely real. No trace "
        "of a generator was found, which is not a proof that there is none.",
        "uncertain": f"The evidence is not strong enough for either side: the chance that an AI "
        f"made this picture is put at {score:.0%}, and only from {fusion.thresholds.ai:.0%} up "
        f"or from {fusion.thresholds.real:.0%} down do we take a side.",
    }[label]
    if agreement.ai + agreement.real + agreement.uncertain == 0:
        said = "No method could say anything about this picture."
    silent = [r.title.partition(": ")[2] for r in results if r.status in ("unavailable", "error")]
    missing = f" Without an answer: {', '.join(silent)}." if silent else ""
    return f"{said} {agreement.text}{missing}"
