"""Whether a verdict on pixels survives that the picture is passed on: pure functions over scores.

A score that falls between the thresholds says that traces were lost, which is no contradiction. One
that goes from AI to real, or back, is: then neither side can be taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from detector.inference.numbers import log_odds, sigmoid
from detector.inference.results import MethodResult, Note, Stability, Verdict

from .advice import advise_on_pixels
from .combine import label_of
from .outcome import OF_LABEL


def counting(verdict: Verdict, file_method: str) -> tuple[str, ...]:
    """Keys of the methods whose scores of the pixels moved the verdict.

    None where the outcome rests on anything but pixels: being passed on takes away what a file
    says, and that is no matter of the pixels.
    """
    if verdict.basis != "pixels" or verdict.score is None:
        return ()
    return tuple(
        result.key
        for result in verdict.methods
        if result.role == "counts" and result.score is not None and result.key != file_method
    )


def rescore(verdict: Verdict, results: Iterable[MethodResult]) -> float | None:
    """P(AI) of the pixels with the scores of `results` in place of the verdict's own.

    The weights are those of the verdict. None if one of the methods gave no score.
    """
    own = {result.key: result.weight for result in verdict.methods}
    moves = [verdict.contributions.get("intercept", 0.0)]
    for result in results:
        if result.score is None:
            return None
        moves.append(own[result.key] * log_odds(result.score))
    return sigmoid(sum(moves))


def judge_stability(verdict: Verdict, scores: Mapping[str, float | None]) -> Stability:
    """Whether a verdict on pixels holds, judged from the scores after each re-shipping.

    None stands for a step that was not possible for this picture.
    """
    rounded = {name: round(score, 4) for name, score in scores.items() if score is not None}
    left_out = [name for name in scores if name not in rounded]
    if not rounded:
        return Stability("stability.impossible", {}, scores={}, holds=False)
    labels = {name: label_of(score, verdict.thresholds) for name, score in rounded.items()}
    if set(labels.values()) == {verdict.label}:
        params = {"tried": list(rounded), "left_out": left_out}
        return Stability("stability.holds", params, scores=rounded, holds=True)
    changes = {
        OF_LABEL[side]: [name for name, label in labels.items() if label == side != verdict.label]
        for side in OF_LABEL
    }
    crosses = {"ai", "real"} <= {verdict.label, *labels.values()}
    code = "stability.crosses" if crosses else "stability.changes"
    return Stability(code, changes | {"left_out": left_out}, scores=rounded, holds=False)


def apply_stability(verdict: Verdict, stability: Stability | None) -> Verdict:
    """The verdict with its stability; "uncertain" if the result goes to the other side."""
    if stability is None or stability.code != "stability.crosses":
        return replace(verdict, stability=stability)
    return replace(
        verdict,
        stability=stability,
        outcome="uncertain",
        label="uncertain",
        lean=None,
        reason=f"{verdict.reason} {stability.english}",
        reasons=(*verdict.reasons, Note(stability.code, stability.params)),
        advice=advise_on_pixels("uncertain", verdict.conflict),
        expected_errors=None,
    )
