"""Whether a verdict on pixels survives being passed on, from scores alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from detector.inference.numbers import log_odds, sigmoid
from detector.inference.results import Agreement, MethodResult, Note, Thresholds, Verdict
from detector.inference.verdict.stability import (
    apply_stability,
    counting,
    judge_stability,
    rescore,
)

LIMITS = Thresholds(real=0.2, ai=0.8)
OUTCOMES = {"ai": "ai", "real": "no_sign", "uncertain": "uncertain"}


def method(key: str, score: float | None, weight: float, role: str = "counts") -> MethodResult:
    status = "abstained" if score is None else "ok"
    return MethodResult(key, 1, key, status, score, role=role, weight=weight)  # type: ignore[arg-type]


def verdict_of(label: str = "ai", **given: object) -> Verdict:
    methods = (
        method("deep", 0.9, 1.5),
        method("statistical", 0.6, 0.5),
        method("opinion", 0.1, 0.0, "second_opinion"),
        method("forensics", 0.7, 1.0),
    )
    moves = {m.key: m.weight * log_odds(m.score or 0.5) for m in methods}
    verdict = Verdict(
        outcome=OUTCOMES[label],  # type: ignore[arg-type]
        label=label,  # type: ignore[arg-type]
        score=0.93,
        thresholds=LIMITS,
        reason="Because.",
        agreement=Agreement(1, 0, 0, ""),
        methods=methods,
        contributions={"intercept": 0.3, **moves},
    )
    return replace(verdict, **given)  # type: ignore[arg-type]


def test_the_methods_that_count_and_read_pixels_are_asked() -> None:
    assert counting(verdict_of(), "forensics") == ("deep", "statistical")


@pytest.mark.parametrize("given", [{"basis": "file"}, {"basis": "nothing"}, {"score": None}])
def test_a_verdict_that_rests_on_no_pixels_is_not_asked_for(given: dict[str, Any]) -> None:
    assert counting(verdict_of(**given), "forensics") == ()


def test_scores_count_with_the_weights_of_the_verdict() -> None:
    changed = (method("deep", 0.7, 9.0), method("statistical", 0.2, 9.0))
    expected = sigmoid(0.3 + 1.5 * log_odds(0.7) + 0.5 * log_odds(0.2))
    assert rescore(verdict_of(), changed) == pytest.approx(expected)


def test_without_one_of_the_scores_there_is_none() -> None:
    assert rescore(verdict_of(), (method("deep", 0.7, 1), method("statistical", None, 1))) is None


@pytest.mark.parametrize(
    ("label", "scores", "code", "holds"),
    [
        ("ai", (0.9, 0.8), "stability.holds", True),
        ("real", (0.1, 0.2), "stability.holds", True),
        ("uncertain", (0.21, 0.79), "stability.holds", True),
        ("ai", (0.9, 0.5), "stability.changes", False),
        ("real", (0.1, 0.5), "stability.changes", False),
        ("uncertain", (0.5, 0.9), "stability.changes", False),
        ("ai", (0.9, 0.2), "stability.crosses", False),
        ("real", (0.5, 0.8), "stability.crosses", False),
        ("uncertain", (0.1, 0.9), "stability.crosses", False),
        ("ai", (0.9, None), "stability.holds", True),
        ("ai", (None, None), "stability.impossible", False),
    ],
)
def test_a_score_on_the_other_side_contradicts(
    label: str, scores: tuple[float | None, ...], code: str, holds: bool
) -> None:
    steps = dict(zip(("JPEG 85", "half size"), scores, strict=True))
    stability = judge_stability(verdict_of(label), steps)
    assert (stability.code, stability.holds) == (code, holds)
    assert stability.scores == {name: score for name, score in steps.items() if score is not None}
    assert ("Not possible" in stability.text) == (None in scores and code != "stability.impossible")


def test_the_text_says_what_each_step_would_give() -> None:
    steps = {"JPEG 85": 0.1, "half size": 0.5, "screenshot chain": 0.9}
    text = judge_stability(verdict_of("ai"), steps).text
    assert "“No sign of AI found” after saving as JPEG of quality 85." in text
    assert "“Cannot tell” after scaling to half the size." in text
    assert "“Likely made by AI” after" not in text


def test_a_crossing_takes_the_side_away() -> None:
    verdict = verdict_of("ai", lean="ai", advice=(Note("advice.do_not_accuse"),))
    crossing = judge_stability(verdict, {"JPEG 85": 0.1})
    changed = apply_stability(verdict, crossing)
    assert (changed.outcome, changed.label, changed.lean) == ("uncertain", "uncertain", None)
    assert changed.expected_errors is None and changed.stability == crossing
    assert changed.score == verdict.score and changed.contributions == verdict.contributions
    assert changed.reason == f"Because. {crossing.text}" and "we take no side" in changed.reason
    assert len(changed.advice) == 3


@pytest.mark.parametrize("score", [0.9, 0.5, None])
def test_all_else_is_only_told(score: float | None) -> None:
    verdict = verdict_of("ai")
    stability = judge_stability(verdict, {"JPEG 85": score})
    assert apply_stability(verdict, stability) == replace(verdict, stability=stability)


def test_without_stability_nothing_changes() -> None:
    assert apply_stability(verdict_of(), None) == verdict_of()


def test_it_comes_back_from_json() -> None:
    verdict = verdict_of("ai", id="1", created="2026-11-27")
    verdict = apply_stability(verdict, judge_stability(verdict, {"JPEG 85": 0.1, "half size": 0.9}))
    assert Verdict.from_dict(verdict.to_dict()).stability == verdict.stability
