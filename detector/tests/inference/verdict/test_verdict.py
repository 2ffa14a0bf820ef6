"""From scores to a verdict: a table of numbers, and what it must never do."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from detector.inference.method import Answer
from detector.inference.numbers import log_odds, sigmoid
from detector.inference.results import Finding, MethodResult, Thresholds, Verdict
from detector.inference.runtime import WEIGHTS_DIR
from detector.inference.verdict.combine import DECISIVE_SCORES, Fusion, Subset, combine, load_fusion
from detector.inference.weights.folder import write_digests

BOUNDS = Thresholds(real=0.2, ai=0.8)
FUSION = Fusion(
    {
        "a": Subset(0.1, {"a": 1.0}, BOUNDS),
        "b": Subset(-0.2, {"b": 0.8}, BOUNDS),
        "a+b": Subset(0.0, {"a": 0.6, "b": 0.5}, BOUNDS),
    },
    BOUNDS,
    file_method="file",
    file_weight=1.0,
)
EVIDENCE = "A prompt is stored in it."


def result(key: str, score: float | None = None, status: Any = "", **given: Any) -> MethodResult:
    status = status or ("abstained" if score is None else "ok")
    return MethodResult(key, f"Method 1: {key.upper()}", status, score, **given)


def evidence(strength: Any, score: float) -> MethodResult:
    finding = Finding(EVIDENCE, "generator", "ai", "PNG tEXt", strength)
    return result("file", score, findings=(Finding("A camera wrote it."), finding))


def fuse(*results: MethodResult, fusion: Fusion = FUSION) -> Verdict:
    return combine(results, fusion)


SILENT = [
    result("b"),
    result("b", status="unavailable"),
    result("b", status="error"),
]


# Scores


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({"a": 0.5}, 0.1),
        ({"a": 0.9}, 0.1 + log_odds(0.9)),
        ({"b": 0.3}, -0.2 + 0.8 * log_odds(0.3)),
        ({"a": 0.9, "b": 0.3}, 0.6 * log_odds(0.9) + 0.5 * log_odds(0.3)),
        ({"b": 0.3, "a": 0.9}, 0.6 * log_odds(0.9) + 0.5 * log_odds(0.3)),
        ({"a": 0.9, "file": 0.6}, 0.1 + log_odds(0.9) + log_odds(0.6)),
        ({"file": 0.9}, log_odds(0.9)),
        ({"a": 0.9, "newcomer": 0.01}, 0.1 + log_odds(0.9)),
    ],
)
def test_each_subset_of_methods_has_a_fit_of_its_own(
    scores: dict[str, float], expected: float
) -> None:
    verdict = fuse(*(result(key, score) for key, score in scores.items()))
    assert log_odds(verdict.score) == pytest.approx(expected)


@pytest.mark.parametrize("silent", SILENT, ids=lambda r: r.status)
@pytest.mark.parametrize("score", [0.05, 0.5, 0.97])
def test_a_method_without_a_score_counts_for_neither_side(
    silent: MethodResult, score: float
) -> None:
    alone, beside = fuse(result("a", score)), fuse(result("a", score), silent)
    assert (beside.score, beside.label) == (alone.score, alone.label)
    assert beside.contributions == alone.contributions


@pytest.mark.parametrize("scores", [(0.9,), (0.9, 0.2), (0.001, 0.0), (1.0, 1.0)])
@pytest.mark.parametrize("file", [None, 0.6])
def test_contributions_add_up_to_the_log_odds(
    scores: tuple[float, ...], file: float | None
) -> None:
    results = [result(key, score) for key, score in zip("ab", scores, strict=False)]
    verdict = fuse(*results, result("file", file))
    assert sigmoid(sum(verdict.contributions.values())) == pytest.approx(verdict.score)
    assert ("file" in verdict.contributions) == (file is not None)


def test_a_higher_score_never_lowers_the_verdict() -> None:
    scores = [fuse(result("a", a / 20), result("b", 0.4)).score for a in range(21)]
    assert scores == sorted(scores)


# Labels


@pytest.mark.parametrize(
    ("score", "label"),
    [(0.8, "ai"), (0.7999, "uncertain"), (0.5, "uncertain"), (0.2001, "uncertain"), (0.2, "real")],
)
def test_thresholds_are_inclusive(score: float, label: str) -> None:
    # What becomes of the thresholds themselves on the way through log-odds.
    real, ai = (sigmoid(log_odds(threshold)) for threshold in (0.2, 0.8))
    plain = {"a": Subset(0.0, {"a": 1.0}, Thresholds(real, ai))}
    fusion = Fusion(plain, BOUNDS, "file", 1.0)
    assert fuse(result("a", score), fusion=fusion).label == label


@pytest.mark.parametrize("results", [(), tuple(SILENT), (result("file"),)])
def test_without_any_score_the_verdict_is_uncertain(results: tuple[MethodResult, ...]) -> None:
    verdict = fuse(*results)
    assert (verdict.label, verdict.score, verdict.contributions) == ("uncertain", 0.5, {})
    assert verdict.reason.startswith("No method could say anything about this picture.")
    assert "50%" not in verdict.reason and "No method could give" not in verdict.reason


def test_without_any_score_wide_thresholds_make_no_side() -> None:
    fusion = Fusion(FUSION.subsets, Thresholds(real=0.5, ai=0.5), "file", 1.0)
    assert fuse(result("a"), fusion=fusion).label == "uncertain"


# Evidence in the file


def test_decisive_evidence_decides_against_all_pixels() -> None:
    verdict = fuse(result("a", 0.01), result("b", 0.01), evidence("decisive", 0.99))
    assert (verdict.label, verdict.score) == ("ai", DECISIVE_SCORES["ai"])
    assert verdict.decided_by == "file" and verdict.contributions == {}
    assert EVIDENCE in verdict.reason and "decides the verdict" in verdict.reason
    assert "A camera wrote it." not in verdict.reason


def test_decisive_evidence_decides_without_any_other_method() -> None:
    assert fuse(evidence("decisive", 0.99), *SILENT).label == "ai"


def test_a_decisive_finding_that_claims_nothing_decides_nothing() -> None:
    finding = Finding("It is there.", claim=None, strength="decisive")
    assert fuse(result("file", findings=(finding,))).decided_by is None


def said(claim: Any, strength: Any = "decisive", signed: bool = False) -> Finding:
    text = f"It says {claim}{' and is signed' if signed else ''}."
    return Finding(text, "kind", claim, "PNG tEXt", strength, signed)


AI, CAMERA = said("ai"), said("capture", "context")
SIGNED_AI, SIGNED_REAL = said("ai", signed=True), said("real", signed=True)


@pytest.mark.parametrize(
    ("findings", "label", "decided"),
    [
        ([AI], "ai", True),
        ([SIGNED_AI], "ai", True),
        ([SIGNED_REAL], "real", True),
        # An unsigned claim gives way to a signed one, and two of a kind cancel each other.
        ([AI, CAMERA], "uncertain", False),
        ([SIGNED_AI, CAMERA], "ai", True),
        ([SIGNED_REAL, AI], "real", True),
        ([SIGNED_REAL, SIGNED_AI], "uncertain", False),
        # A camera's claim alone is worth nothing, and contradicts no weaker hint.
        ([CAMERA], "ai", False),
        ([said("ai", "strong"), CAMERA], "ai", False),
        ([said("capture"), said(None)], "ai", False),
    ],
)
def test_only_a_signature_is_stronger_than_a_contradiction(
    findings: list[Finding], label: str, decided: bool
) -> None:
    for order in (findings, findings[::-1]):
        file = result("file", findings=tuple(order))
        verdict = fuse(result("a", 0.99), result("b", 0.99), file)
        assert verdict.label == label
        assert verdict.decided_by == ("file" if decided else None)
        assert ("decides the verdict" in verdict.reason) is decided


def test_a_contradiction_is_told_with_both_sides_and_names_no_side() -> None:
    verdict = fuse(result("a", 0.99), result("file", findings=(AI, CAMERA)))
    assert verdict.reason.startswith("The file contradicts itself: It says ai. Yet: It says")
    assert "we take no side" in verdict.reason
    assert verdict.contributions  # what the pixels say is still shown


def test_a_signed_photograph_is_called_real_with_what_speaks_against_it() -> None:
    verdict = fuse(result("a", 0.99), result("file", findings=(SIGNED_REAL, AI)))
    assert verdict.score == DECISIVE_SCORES["real"]
    assert "signed by a signer whom" in verdict.reason
    assert verdict.reason.endswith("something in the file speaks for an AI: see its findings.")


def test_weak_evidence_moves_the_verdict_only_a_little() -> None:
    without, weak = fuse(result("a", 0.3)), fuse(result("a", 0.3), evidence("weak", 0.6))
    strong = fuse(result("a", 0.3), evidence("strong", 0.9))
    assert without.score < weak.score < without.score + 0.15 < strong.score
    assert weak.decided_by is None and weak.label == "uncertain"


# Words


@pytest.mark.parametrize(
    ("scores", "text"),
    [
        ({}, "No method could give a score."),
        ({"a": 0.9}, "Only one method could give a score."),
        ({"a": 0.9, "b": 0.6}, "All 2 methods that gave a score lean the same way."),
        ({"a": 0.1, "b": 0.4}, "All 2 methods that gave a score lean the same way."),
        ({"a": 0.5, "b": 0.41}, "None of the 2 methods that gave a score leans to a side."),
        (
            {"a": 0.9, "b": 0.1},
            "The methods disagree: of 2 that gave a score, 1 leans towards AI, "
            "1 leans towards real.",
        ),
        (
            {"a": 0.9, "b": 0.8, "file": 0.5},
            "The methods agree in part: of 3 that gave a score, 2 lean towards AI, "
            "1 leans to neither side.",
        ),
    ],
)
def test_agreement_is_said_in_words(scores: dict[str, float], text: str) -> None:
    results = [result(key, score) for key, score in scores.items()]
    verdict = fuse(*results, result("abstainer"))
    assert verdict.agreement.text == text
    # The reason names the methods where it can, which says more than their number.
    said = verdict.reason
    assert not scores or text in said or "argues for AI, method 1 for real." in said
    counted = (verdict.agreement.ai, verdict.agreement.real, verdict.agreement.uncertain)
    assert sum(counted) == len(scores)


@pytest.mark.parametrize("score", [0.99, 0.5, 0.01])
def test_the_reason_gives_chance_and_threshold(score: float) -> None:
    verdict = fuse(result("a", score))
    assert f"{verdict.score:.1%}" in verdict.reason
    threshold = {"ai": "80.0%", "real": "20.0%", "uncertain": "80.0%"}[verdict.label]
    assert threshold in verdict.reason


def test_the_reason_names_what_could_not_answer() -> None:
    silent = [result("b", status="unavailable"), result("c", status="error"), result("d")]
    assert fuse(result("a", 0.9), *silent).reason.endswith("Without an answer: B, C.")
    assert "Without an answer" not in fuse(result("a", 0.9), result("d")).reason


def named(*scores: float) -> str:
    """The reason for methods 1, 2 and 3 with these scores, which all count in full."""
    keys = ("a", "b", "c")[: len(scores)]
    subset = Subset(0.0, dict.fromkeys(keys, 1.0), BOUNDS)
    fusion = Fusion({"+".join(keys): subset}, BOUNDS, "file", 1.0)
    methods = [
        MethodResult(key, f"Method {n}: {key.upper()}", "ok", score)
        for n, (key, score) in enumerate(zip(keys, scores, strict=True), 1)
    ]
    return fuse(*methods, fusion=fusion).reason


@pytest.mark.parametrize(
    ("scores", "text"),
    [
        ((0.9, 0.1), "Method 1 argues for AI, method 2 for real. Method 1 moved it most."),
        ((0.2, 0.95, 0.9), "Method 2 and method 3 argue for AI, method 1 for real. Method 2 moved"),
        ((0.9, 0.8), "All 2 methods that gave a score lean the same way. Method 1 moved it most."),
        ((0.7, 0.05, 0.05), "Method 1 argues for AI, method 2 and method 3 for real."),
    ],
)
def test_the_reason_names_sides_and_what_moved_it_most(
    scores: tuple[float, ...], text: str
) -> None:
    assert text in named(*scores)


@pytest.mark.parametrize("scores", [(0.9, 0.39), (0.9, 0.5), (0.9,), ()])
def test_weak_evidence_is_no_side_of_a_disagreement(scores: tuple[float, ...]) -> None:
    assert " for real" not in (named(*scores) if scores else fuse().reason)


def test_methods_whose_score_does_not_count_are_named() -> None:
    subset = Subset(0.0, {"a": 1.0, "b": 0.0, "c": 0.0}, BOUNDS)
    methods = [MethodResult(k, f"Method {n}: X", "ok", 0.9) for n, k in enumerate("abc", 1)]
    reason = fuse(*methods, fusion=Fusion({"a+b+c": subset}, BOUNDS, "file", 1.0)).reason
    assert "Method 2 and method 3 have no weight" in reason
    assert "no weight" not in named(0.9, 0.8)


@pytest.mark.parametrize(("own", "counts"), [(None, 0.2), (0.1, 0.2), (0.7, 0.7)])
def test_a_weight_of_its_own_counts_where_the_fusion_gives_less(
    own: float | None, counts: float
) -> None:
    fusion = Fusion({"a": Subset(0.0, {"a": 0.2}, BOUNDS)}, BOUNDS, "file", 1.0)
    verdict = fuse(MethodResult("a", "Method 1: A", "ok", 0.9, weight=own), fusion=fusion)
    assert verdict.contributions["a"] == pytest.approx(counts * log_odds(0.9))


def test_one_method_alone_is_not_said_to_move_it_most() -> None:
    assert "moved it most" not in named(0.9)


# The JSON


def test_to_dict_has_the_documented_keys_and_is_json() -> None:
    methods = (result("a", 0.123456, used="weights", details={"n": 1}), evidence("weak", 0.6))
    verdict = combine(methods, FUSION, notes=("One frame.",), version="1+a", elapsed_ms=12.34)
    given = verdict.to_dict()
    assert json.loads(json.dumps(given, allow_nan=False)) == given | {
        "methods": json.loads(json.dumps(given["methods"]))
    }
    assert set(given) == {"verdict", "methods", "notes", "elapsed_ms", "version"}
    assert set(given["verdict"]) == {
        "label", "score", "thresholds", "reason", "decided_by", "agreement", "contributions",
    }  # fmt: skip
    assert set(given["verdict"]["agreement"]) == {"ai", "real", "uncertain", "text"}
    for method in given["methods"]:
        assert set(method) == {
            "key", "title", "status", "score", "findings", "used", "details", "elapsed_ms", "lean",
            "weight",
        }  # fmt: skip
        for finding in method["findings"]:
            assert set(finding) == {"text", "kind", "claim", "where", "strength", "signed"}
    assert given["methods"][0]["score"] == 0.1235
    assert (given["notes"], given["version"], given["elapsed_ms"]) == (["One frame."], "1+a", 12.3)


@pytest.mark.parametrize(
    ("score", "lean"),
    [(None, None), (0.0, "real"), (0.4, "real"), (0.41, "uncertain"), (0.6, "ai"), (1.0, "ai")],
)
def test_a_method_leans_to_a_side_outside_a_middle_band(
    score: float | None, lean: str | None
) -> None:
    assert result("a", score).lean == lean


# The table of numbers on disk


SUBSETS = {key: asdict(subset) for key, subset in FUSION.subsets.items()}
CONFIG: dict[str, Any] = {
    "subsets": SUBSETS,
    "thresholds": {"real": 0.2, "ai": 0.8},
    "file_method": "file",
    "file_weight": 1.0,
}


def write_fusion(folder: Path, text: str) -> Path:
    (folder / "fusion").mkdir()
    (folder / "fusion" / "config.json").write_text(text)
    write_digests(folder / "fusion")
    return folder


def test_the_shipped_fusion_can_be_read() -> None:
    fusion = load_fusion(WEIGHTS_DIR)
    assert fusion.digest and 0 < fusion.thresholds.real < fusion.thresholds.ai < 1


def test_a_fusion_is_read_as_it_stands(tmp_path: Path) -> None:
    fusion = load_fusion(write_fusion(tmp_path, json.dumps(CONFIG)))
    assert fusion.subsets == FUSION.subsets and fusion.thresholds == FUSION.thresholds


@pytest.mark.parametrize(
    "config",
    [
        [],
        None,
        {},
        {key: value for key, value in CONFIG.items() if key != "thresholds"},
        {key: value for key, value in CONFIG.items() if key != "subsets"},
        CONFIG | {"thresholds": {"real": 0.2}},
        CONFIG | {"surplus": 1},
        CONFIG | {"subsets": {k: v for k, v in SUBSETS.items() if k != "a"}},
        CONFIG | {"subsets": {"a": SUBSETS["a"] | {"weights": {"b": 1}}}},
        CONFIG | {"subsets": {"a": {"intercept": 0, "weights": {"a": 1}}}},
        CONFIG | {"subsets": {"a": {"weights": {"a": 1}, "thresholds": {"real": 0.2, "ai": 0.8}}}},
        CONFIG | {"subsets": {"a": 1}},
        CONFIG | {"file_weight": 3.1},
        CONFIG | {"file_weight": float("nan")},
        CONFIG | {"file_method": 7},
        CONFIG | {"thresholds": {"real": 0.8, "ai": 0.2}},
        CONFIG | {"thresholds": {"real": 0.2, "ai": 1.5}},
        CONFIG | {"subsets": {"a": SUBSETS["a"] | {"weights": {"a": 9.0}}}},
        CONFIG | {"subsets": {"a": SUBSETS["a"] | {"weights": {"a": -1.0}}}},
        CONFIG | {"subsets": {"a": SUBSETS["a"] | {"intercept": float("inf")}}},
        CONFIG | {"subsets": {f"a{i}": SUBSETS["a"] for i in range(256)}},
    ],
)
def test_a_broken_fusion_is_a_value_error(tmp_path: Path, config: Any) -> None:
    with pytest.raises(ValueError, match="accepted|has no fit for"):
        load_fusion(write_fusion(tmp_path, json.dumps(config)))


def test_a_fusion_that_is_no_json_is_a_value_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        load_fusion(write_fusion(tmp_path, "{"))


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -0.1, 1.1])
def test_a_score_out_of_range_never_gets_to_the_verdict(score: float) -> None:
    with pytest.raises(ValueError, match="in .0, 1."):
        result("a", score)


@pytest.mark.parametrize("weight", [float("nan"), 9.0, 1.01, -0.1])
def test_a_weight_out_of_range_never_gets_to_the_verdict(weight: float) -> None:
    with pytest.raises(ValueError, match="weight is in .0, 1."):
        Answer(0.5, weight=weight)
    with pytest.raises(ValueError, match="weight is in .0, 1."):
        result("a", 0.5, weight=weight)


def test_a_missing_fusion_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        load_fusion(tmp_path)


def test_the_bounds_are_those_of_the_methods_that_answered() -> None:
    narrow = {"a": Subset(0.0, {"a": 1.0}, Thresholds(real=0.45, ai=0.55))}
    verdict = fuse(result("a", 0.6), fusion=Fusion(narrow, BOUNDS, "file", 1.0))
    assert verdict.label == "ai" and verdict.thresholds.ai == 0.55


def test_a_real_verdict_beside_a_weak_claim_does_not_deny_the_claim() -> None:
    reason = fuse(result("a", 0.02), evidence("weak", 0.6)).reason
    assert "No trace of a generator" not in reason and "speaks for an AI" in reason
