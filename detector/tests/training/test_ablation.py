"""What each method adds to the verdict, and whether re-encoding changes it."""

from __future__ import annotations

import numpy as np
import pytest

from detector.accuracy.comparisons import Ablation
from detector.accuracy.figure import Figure
from detector.accuracy.names import VERDICT
from detector.accuracy.report import Report
from detector.inference.results import Label, Status, Thresholds
from detector.inference.verdict.fusion import Fusion, Subset
from detector.tests.factories.reports import make_older_report, make_report
from detector.training.measuring.ablation import PLAIN, ablation
from detector.training.measuring.outcome import Outcome
from detector.training.measuring.stability import stability
from detector.training.measuring.tables import to_markdown

AT = Thresholds(0.1, 0.9)
FUSION = Fusion(
    {
        "a": Subset(0.0, {"a": 1.0}, AT),
        "b": Subset(0.0, {"b": -1.0}, AT),
        "a+b": Subset(0.5, {"a": 2.0, "b": 0.0}, AT),
    },
    AT,
    "forensics",
    1.0,
)


def outcome(a: float | None, b: float | None, label: Label = "uncertain") -> Outcome:
    status: dict[bool, Status] = {True: "ok", False: "abstained"}
    answers = {key: (status[p is not None], p) for key, p in (("a", a), ("b", b), (VERDICT, a))}
    return Outcome(label, False, answers)


def rows() -> dict[str, Ablation]:
    labels = np.array([1, 1, 0, 0, 1])
    scores = [(0.9, 0.2), (0.7, 0.9), (0.3, 0.8), (0.1, 0.6), (None, 0.01)]
    found = ablation(labels, [outcome(*pair) for pair in scores], FUSION, seed=0)
    return {row.methods: row for row in found}


def area(row: Ablation) -> float | None:
    return row.figures["roc_auc"].value


def test_every_subset_is_fused_as_fitted_from_the_same_pictures():
    found = rows()
    assert set(found) == {"a", "b", "a+b", PLAIN}
    assert {(row.n_ai, row.n_real) for row in found.values()} == {(2, 2)}
    assert area(found["a"]) == area(found["a+b"]) == 1
    assert area(found["b"]) == pytest.approx(0.5)  # its weight is negative
    assert found["a+b"].figures["ece"] != found["a"].figures["ece"]


def test_without_scores_of_both_classes_there_is_no_ablation():
    assert ablation(np.array([1, 0]), [outcome(0.5, 0.5), outcome(None, 0.5)], FUSION, 0) == ()


def test_stability_tells_what_kept_its_verdict_and_what_crossed():
    before = [outcome(0.5, 0.5, label) for label in ("ai", "ai", "real", "uncertain")]
    after = [outcome(0.5, 0.5, label) for label in ("ai", "real", "uncertain", "uncertain")]
    (row,) = stability({"clean": before, "JPEG 85": after})
    assert (row.before, row.after, row.n) == ("clean", "JPEG 85", 4)
    assert row.kept.value == 0.5 and row.crossed.value == 0.25
    assert row.crossed.interval is not None
    assert row.crossed.interval[0] < 0.25 < row.crossed.interval[1]


def test_what_the_file_decided_is_not_compared():
    decided = Outcome("ai", True, outcome(0.9, 0.9).answers)
    before = [decided, outcome(0.9, 0.9, "ai")]
    after = [outcome(0.1, 0.1, "real"), outcome(0.9, 0.9, "ai")]
    (row,) = stability({"clean": before, "JPEG 85": after})
    assert row.n == 1 and row.kept.value == 1 and row.crossed.value == 0
    assert stability({"clean": [decided], "JPEG 85": after[:1]}) == ()
    assert stability({"clean": before}) == ()


def test_an_older_report_has_neither():
    newer = to_markdown(Report.from_dict(make_report()))
    older = to_markdown(Report.from_dict(make_older_report()))
    for heading in ("Methods alone and together", "The same picture re-encoded"):
        assert heading in newer and heading not in older


def test_a_row_of_few_pictures_has_no_reason_since_all_rows_have_the_same():
    assert rows()["a"].figures["recall_at_fpr_1"] == Figure(None)
