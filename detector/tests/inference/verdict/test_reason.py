"""Why and what next: sentences that follow from the numbers alone."""

from __future__ import annotations

import pytest

from detector.inference.results import MethodResult, Note, Verdict
from detector.inference.verdict.advice import OF_FILE, OF_PIXELS, OF_SIGNATURE, REMEDIES
from detector.inference.verdict.combine import combine
from detector.inference.verdict.fusion import Fusion, Subset
from detector.inference.verdict.outcome import BLINDING
from detector.tests.factories.verdicts import BOUNDS, FUSION, claims, result

AI, CAMERA = claims("ai"), claims("capture", "context")
SIGNED_REAL = claims("real", signed=True)


def fuse(*results: MethodResult, fusion: Fusion = FUSION) -> Verdict:
    return combine(results, fusion)


def named(*scores: float) -> Verdict:
    """The verdict for methods 1, 2 and 3 with these scores, which all count in full."""
    keys = ("a", "b", "c")[: len(scores)]
    subset = Subset(0.0, dict.fromkeys(keys, 1.0), BOUNDS)
    fusion = Fusion({"+".join(keys): subset}, BOUNDS, "file", 1.0)
    return fuse(*map(result, keys, scores), fusion=fusion)


# Why


def test_evidence_that_decides_is_told_and_what_it_is_worth() -> None:
    reason = fuse(result("a", 0.01), result("file", findings=(AI, CAMERA)[:1])).reason
    assert reason.startswith("The file itself says so: It says ai. This decides the result.")
    assert "can be forged" in reason


def test_a_contradiction_is_told_with_both_sides_and_names_no_side() -> None:
    verdict = fuse(result("a", 0.99), result("file", findings=(AI, CAMERA)))
    assert verdict.reason.startswith("The file contradicts itself: It says ai. Yet: It says")
    assert "we take no side" in verdict.reason


def test_a_signed_photograph_is_told_with_what_speaks_against_it() -> None:
    reason = fuse(result("a", 0.99), result("file", findings=(SIGNED_REAL, AI))).reason
    assert "signed by a signer whom this installation trusts" in reason
    assert "something else in the file says that an AI was used" in reason
    alone = fuse(result("a", 0.99), result("file", findings=(SIGNED_REAL,))).reason
    assert "something else" not in alone


@pytest.mark.parametrize("score", [0.99, 0.5, 0.01])
def test_the_reason_gives_chance_and_threshold(score: float) -> None:
    verdict = fuse(result("a", score))
    assert f"{verdict.score:.1%}" in verdict.reason
    threshold = {"ai": "80.0%", "real": "20.0%", "uncertain": "80.0%"}[verdict.label]
    assert threshold in verdict.reason


def test_no_sign_is_told_to_be_no_proof() -> None:
    reason = fuse(result("a", 0.01)).reason
    assert "no sign of AI was found. That does not prove" in reason and "likely real" not in reason


def test_the_reason_names_what_could_not_answer() -> None:
    keys = ("statistical", "huggingface")
    silent = [result(keys[0], status="unavailable"), result(keys[1], status="error"), result("d")]
    reason = fuse(result("a", 0.9), *silent).reason
    assert reason.endswith(
        "There is no answer from: Statistical Pattern Analysis, Hugging Face Specialized Models."
    )
    assert "no answer" not in fuse(result("a", 0.9), result("d")).reason


@pytest.mark.parametrize(
    ("scores", "text"),
    [
        ((0.9, 0.1), "Evidence for AI comes from method 1, and against AI from method 2. Method 1"),
        ((0.2, 0.95, 0.9), "from method 2 and method 3, and against AI from method 1. Method 2"),
        ((0.9, 0.8), "All 2 methods that count lean towards AI. Method 1 moved the result most."),
        ((0.1, 0.05), "All 2 methods that count lean towards real. Method 2 moved"),
    ],
)
def test_the_reason_names_sides_and_what_moved_it_most(
    scores: tuple[float, ...], text: str
) -> None:
    assert text in named(*scores).reason


@pytest.mark.parametrize("scores", [(0.9, 0.39), (0.9, 0.5), (0.9,)])
def test_weak_evidence_is_no_side_of_a_disagreement(scores: tuple[float, ...]) -> None:
    assert "against AI" not in named(*scores).reason


def test_one_method_alone_is_not_said_to_move_it_most() -> None:
    assert "moved the result most" not in named(0.9).reason


# Agreement


@pytest.mark.parametrize(
    ("scores", "counted", "text"),
    [
        ((0.9,), (1, 0, 0), "Only one method that counts could give a score."),
        ((0.9, 0.6), (2, 0, 0), "All 2 methods that count lean towards AI."),
        ((0.1, 0.4), (0, 2, 0), "All 2 methods that count lean towards real."),
        ((0.5, 0.41), (0, 0, 2), "None of the 2 methods that count leans to a side."),
        ((0.9, 0.1), (1, 1, 0), "The methods disagree. Number of methods that lean towards AI: 1;"),
        ((0.9, 0.8, 0.5), (2, 0, 1), "The methods agree in part."),
    ],
)
def test_agreement_is_counted_and_said_in_words(
    scores: tuple[float, ...], counted: tuple[int, int, int], text: str
) -> None:
    agreement = named(*scores).agreement
    assert agreement.text.startswith(text)
    assert (agreement.ai, agreement.real, agreement.uncertain) == counted


def test_second_opinions_are_no_votes() -> None:
    subset = Subset(0.0, {"a": 1.0, "b": 0.0, "c": 0.0}, BOUNDS)
    fusion = Fusion({"a+b+c": subset}, BOUNDS, "file", 1.0)
    verdict = fuse(result("a", 0.1), result("b", 0.1), result("c", 0.9), fusion=fusion)
    assert verdict.agreement.text == "Only one method that counts could give a score."
    assert (verdict.agreement.real, verdict.agreement.ai) == (1, 0)
    assert "Second opinions, which do not count: method 2 and method 3." in verdict.reason
    assert "Second opinions" not in named(0.9, 0.8).reason


def test_without_a_score_nobody_agrees() -> None:
    assert fuse(result("a")).agreement.text == "No method that counts could give a score."


# What next


@pytest.mark.parametrize(
    ("score", "first", "last"),
    [
        (0.9, "advice.find_original", "advice.do_not_accuse"),
        (0.5, "advice.find_original", "advice.do_not_accuse"),
        (0.1, "advice.no_proof_of_real", "advice.check_source"),
    ],
)
def test_each_outcome_of_pixels_has_advice(score: float, first: str, last: str) -> None:
    advice = fuse(result("a", score)).advice
    assert (advice[0].code, advice[-1].code) == (first, last)


def test_a_signed_statement_and_an_unsigned_one_have_different_advice() -> None:
    unsigned = fuse(result("file", findings=(AI,))).advice
    signed = fuse(result("file", findings=(claims("ai", signed=True),))).advice
    assert "Anyone can write such data" in unsigned[0].text
    assert "The signature proves who made this statement" in signed[0].text
    captured = fuse(result("file", findings=(SIGNED_REAL,))).advice
    assert "does not prove that the scene was real" in captured[1].text


def test_a_contradiction_is_to_be_looked_into_first() -> None:
    verdict = fuse(result("a", 0.01), result("file", findings=(AI,)))
    assert verdict.advice[0].code == "advice.contradiction" and len(verdict.advice) == 3


def test_every_blinding_note_has_a_remedy() -> None:
    assert REMEDIES.keys() == BLINDING
    tiny = Note("blind.tiny", {"width": 9, "height": 9, "least": 64})
    advice = combine((result("a"),), FUSION, notes=(tiny,)).advice
    assert advice[0].code == "advice.larger_copy" and len(advice) == 2


@pytest.mark.parametrize("table", [OF_FILE, OF_PIXELS, OF_SIGNATURE])
def test_advice_is_two_or_three_sentences(table: dict[str, tuple[str, ...]]) -> None:
    assert all(2 <= len(codes) <= 3 for codes in table.values())
    assert all(Note(code).text.endswith(".") for codes in table.values() for code in codes)
