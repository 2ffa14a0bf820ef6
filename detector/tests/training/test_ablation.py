"""What each method adds to the verdict, and whether re-encoding changes it."""

from __future__ import annotations

import numpy as np
import pytest

from detector.inference.results import Label, Status, Thresholds
from detector.inference.verdict.fusion import Fusion, Subset
from detector.training.measuring.ablation import PLAIN, ablation
from detector.training.measuring.outcome import FUSED, Outcome
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
    answers = {key: (status[p is not None], p) for key, p in (("a", a), ("b", b), (FUSED, a))}
    return Outcome(label, False, answers)


def rows() -> dict[str, dict]:
    labels = np.array([1, 1, 0, 0, 1])
    scores = [(0.9, 0.2), (0.7, 0.9), (0.3, 0.8), (0.1, 0.6), (None, 0.01)]
    found = ablation(labels, [outcome(*pair) for pair in scores], FUSION, seed=0)
    return {row["methods"]: row for row in found}


def test_every_subset_is_fused_as_fitted_from_the_same_pictures():
    found = rows()
    assert set(found) == {"a", "b", "a+b", PLAIN}
    assert {(row["n_ai"], row["n_real"]) for row in found.values()} == {(2, 2)}
    assert found["a"]["roc_auc"] == found["a+b"]["roc_auc"] == 1
    assert found["b"]["roc_auc"] == pytest.approx(0.5)  # its weight is negative
    assert found["a+b"]["ece"] != found["a"]["ece"]


def test_without_scores_of_both_classes_there_is_no_ablation():
    assert ablation(np.array([1, 0]), [outcome(0.5, 0.5), outcome(None, 0.5)], FUSION, 0) == []


def test_stability_tells_what_kept_its_verdict_and_what_crossed():
    before = [outcome(0.5, 0.5, label) for label in ("ai", "ai", "real", "uncertain")]
    after = [outcome(0.5, 0.5, label) for label in ("ai", "real", "uncertain", "uncertain")]
    (row,) = stability({"clean": before, "JPEG 85": after})
    assert (row["from"], row["to"], row["n"]) == ("clean", "JPEG 85", 4)
    assert row["kept"] == 0.5 and row["crossed"] == 0.25
    assert row["crossed_interval"][0] < 0.25 < row["crossed_interval"][1]


def test_what_the_file_decided_is_not_compared():
    decided = Outcome("ai", True, outcome(0.9, 0.9).answers)
    before = [decided, outcome(0.9, 0.9, "ai")]
    after = [outcome(0.1, 0.1, "real"), outcome(0.9, 0.9, "ai")]
    (row,) = stability({"clean": before, "JPEG 85": after})
    assert row["n"] == 1 and row["kept"] == 1 and row["crossed"] == 0
    assert stability({"clean": [decided], "JPEG 85": after[:1]}) == []
    assert stability({"clean": before}) == []


def test_an_older_report_has_neither():
    report = {"data": "d", "split": "val", "about": "a", "command": "c", "conditions": {}}
    assert "Methods alone" not in to_markdown(report | {"methods": {}})
