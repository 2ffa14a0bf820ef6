"""From scores to a verdict: what counts for how much, and what a missing score must never do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from detector.inference.method import Answer
from detector.inference.numbers import log_odds, sigmoid
from detector.inference.results import Finding, MethodResult, Thresholds, Verdict
from detector.inference.verdict.combine import combine
from detector.inference.verdict.fusion import DECISIVE_SCORES, NO_FUSION, Fusion, Subset
from detector.tests.factories.sentences import said
from detector.tests.factories.verdicts import BOUNDS, FUSION, claims, result

EVIDENCE = "A prompt is stored in it."


def evidence(strength: Any, score: float) -> MethodResult:
    finding = said(EVIDENCE, "generator", "ai", "PNG tEXt", strength)
    return result("file", score, findings=(said("A camera wrote it."), finding))


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
    assert log_odds(verdict.score or 0) == pytest.approx(expected)


@pytest.mark.parametrize(("claim", "score"), [("ai", 0.99), ("real", 0.01)])
@pytest.mark.parametrize("fusion", [FUSION, NO_FUSION], ids=["fusion", "no fusion"])
def test_what_decides_alone_gives_nearly_a_certainty(
    fusion: Fusion, claim: str, score: float
) -> None:
    proof = claims(claim, signed=True)
    verdict = fuse(result("file", score, findings=(proof,)), fusion=fusion)
    assert (verdict.score, verdict.label) == (score, claim)


def test_without_a_fusion_only_what_decides_alone_is_beyond_the_thresholds() -> None:
    assert fuse(result("a", 0.98), fusion=NO_FUSION).thresholds == Thresholds(0.01, 0.99)


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
    scores: list[Any] = [fuse(result("a", a / 20), result("b", 0.4)).score for a in range(21)]
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
    assert (verdict.label, verdict.score, verdict.contributions) == ("uncertain", None, {})
    assert verdict.moved_most is None
    assert verdict.reason.startswith("No method could say anything about this picture.")


def test_without_any_score_wide_thresholds_make_no_side() -> None:
    fusion = Fusion(FUSION.subsets, Thresholds(real=0.5, ai=0.5), "file", 1.0)
    assert fuse(result("a"), fusion=fusion).label == "uncertain"


def test_the_bounds_are_those_of_the_methods_that_answered() -> None:
    narrow = {"a": Subset(0.0, {"a": 1.0}, Thresholds(real=0.45, ai=0.55))}
    verdict = fuse(result("a", 0.6), fusion=Fusion(narrow, BOUNDS, "file", 1.0))
    assert verdict.label == "ai" and verdict.thresholds.ai == 0.55


# Evidence in the file


def test_decisive_evidence_decides_against_all_pixels() -> None:
    verdict = fuse(result("a", 0.01), result("b", 0.01), evidence("decisive", 0.99))
    assert (verdict.label, verdict.score) == ("ai", DECISIVE_SCORES["ai"])
    assert verdict.decided_by == "file" and verdict.contributions == {}


def test_decisive_evidence_decides_without_any_other_method() -> None:
    assert fuse(evidence("decisive", 0.99), *SILENT).label == "ai"


def test_a_decisive_finding_that_claims_nothing_decides_nothing() -> None:
    finding = said("It is there.", claim=None, strength="decisive")
    assert fuse(result("file", findings=(finding,))).decided_by is None


AI, CAMERA, EDIT = claims("ai"), claims("capture", "context"), claims("ai", partial=True)
SIGNED_AI, SIGNED_REAL = claims("ai", signed=True), claims("real", signed=True)


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
        ([claims("ai", "strong"), CAMERA], "ai", False),
        ([claims("capture"), claims(None)], "ai", False),
        # What an AI has edited may well have been taken by a camera.
        ([EDIT], "ai", True),
        ([EDIT, CAMERA], "ai", True),
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
        assert ("decides the result" in verdict.reason) is decided


def test_weak_evidence_moves_the_verdict_only_a_little() -> None:
    moved = [fuse(result("a", 0.3)), fuse(result("a", 0.3), evidence("weak", 0.6))]
    moved.append(fuse(result("a", 0.3), evidence("strong", 0.9)))
    without, weak, strong = (verdict.score or 0.0 for verdict in moved)
    assert without < weak < without + 0.15 < strong
    assert moved[1].decided_by is None and moved[1].label == "uncertain"


# Roles and weights


def test_each_method_has_its_role_and_its_weight() -> None:
    fusion = Fusion({"a+b": Subset(0.0, {"a": 0.7, "b": 0.0}, BOUNDS)}, BOUNDS, "file", 1.0)
    verdict = fuse(result("a", 0.6), result("b", 0.99), result("file", 0.6), fusion=fusion)
    roles = {method.key: (method.role, method.weight) for method in verdict.methods}
    assert roles == {
        "a": ("counts", 0.7),
        "b": ("second_opinion", 0.0),
        "file": ("counts", 1.0),
    }


def test_what_decides_has_that_role_and_moved_the_verdict_most() -> None:
    verdict = fuse(result("a", 0.99), evidence("decisive", 0.99))
    assert [method.role for method in verdict.methods] == ["counts", "decides"]
    assert verdict.moved_most == verdict.decided_by == "file"


def test_where_the_file_gave_the_outcome_the_method_that_read_it_moved_it_most() -> None:
    """Although the pixels have the larger contribution, or a contradiction leaves none."""
    edit = said(EVIDENCE, "c2pa", "ai", "C2PA manifest", "strong", partial=True)
    edited = fuse(result("a", 0.999), result("file", 0.6, findings=(edit,)))
    assert (edited.basis, edited.moved_most) == ("file", "file")
    camera = said("A camera.", "capture", "capture", "C2PA manifest")
    both = (*evidence("decisive", 0.99).findings, camera)
    torn = fuse(result("a", 0.999), result("file", findings=both))
    assert torn.conflict and torn.moved_most == "file"


def test_the_method_with_the_largest_contribution_moved_it_most() -> None:
    assert fuse(result("a", 0.9), result("b", 0.2)).moved_most == "a"
    assert fuse(result("a", 0.6), result("b", 0.01)).moved_most == "b"
    # Not the one with the surest score: its score has no weight.
    fusion = Fusion({"a+b": Subset(3.0, {"a": 0.7, "b": 0.0}, BOUNDS)}, BOUNDS, "file", 1.0)
    assert fuse(result("a", 0.6), result("b", 0.99), fusion=fusion).moved_most == "a"


def test_a_method_without_a_score_has_the_role_that_it_would_have() -> None:
    fusion = Fusion(
        {
            "a": Subset(0.0, {"a": 1.0}, BOUNDS),
            "b": Subset(0.0, {"b": 1.0}, BOUNDS),
            "a+b": Subset(0.0, {"a": 0.7, "b": 0.0}, BOUNDS),
        },
        BOUNDS,
        "file",
        1.0,
    )
    by_a = fuse(result("a", 0.6), result("b"), fusion=fusion).methods
    assert [method.role for method in by_a] == ["counts", "second_opinion"]
    # Alone it counts, however little it adds beside the others.
    by_b = fuse(result("a"), result("b", 0.6), fusion=fusion).methods
    assert [(method.role, method.weight) for method in by_b] == [("counts", 0.7), ("counts", 1.0)]


def test_without_a_fusion_every_score_is_a_second_opinion() -> None:
    verdict = fuse(result("a", 0.99), evidence("weak", 0.6), fusion=NO_FUSION)
    assert {method.role for method in verdict.methods} == {"second_opinion"}
    assert (verdict.label, verdict.score) == ("uncertain", None)


@pytest.mark.parametrize(("own", "counts"), [(None, 0.2), (0.1, 0.2), (0.7, 0.7)])
def test_a_weight_of_its_own_counts_where_the_fusion_gives_less(
    own: float | None, counts: float
) -> None:
    fusion = Fusion({"a": Subset(0.0, {"a": 0.2}, BOUNDS)}, BOUNDS, "file", 1.0)
    verdict = fuse(result("a", 0.9, least_weight=own), fusion=fusion)
    assert verdict.contributions["a"] == pytest.approx(counts * log_odds(0.9))
    assert verdict.methods[0].weight == counts


def test_a_second_opinion_that_asks_for_a_weight_counts() -> None:
    fusion = Fusion({"a": Subset(0.0, {"a": 0.0}, BOUNDS)}, BOUNDS, "file", 1.0)
    (method,) = fuse(result("a", 0.9, least_weight=0.5), fusion=fusion).methods
    assert (method.role, method.weight) == ("counts", 0.5)


# Ranges


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -0.1, 1.1])
def test_a_score_out_of_range_never_gets_to_the_verdict(score: float) -> None:
    with pytest.raises(ValueError, match="in .0, 1."):
        result("a", score)
    with pytest.raises(ValueError, match="in .0, 1."):
        replace(fuse(result("a", 0.5)), score=score)


@pytest.mark.parametrize("weight", [float("nan"), 9.0, 1.01, -0.1])
def test_a_weight_out_of_range_never_gets_to_the_verdict(weight: float) -> None:
    with pytest.raises(ValueError, match="weight is in .0, 1."):
        Answer(0.5, weight=weight)
    with pytest.raises(ValueError, match="weight is in .0, 1."):
        result("a", 0.5, least_weight=weight)
