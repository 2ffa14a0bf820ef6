"""How often each outcome was given to either class, and how often it was right."""

from __future__ import annotations

import numpy as np
import pytest

from detector.accuracy.figure import Figure
from detector.accuracy.outcomes import OutcomeShares
from detector.inference.verdict.combine import combine
from detector.tests.factories.verdicts import FUSION, claims, result
from detector.training.figures.intervals import wilson_interval
from detector.training.measuring.outcome import Outcome
from detector.training.measuring.outcomes import RIGHT, count_outcomes


def outcome(name: str, lean: str = "") -> Outcome:
    return Outcome("uncertain", False, {}, outcome=name, lean=lean)


def rows_of(labels: list[int], outcomes: list[Outcome]) -> dict[tuple[str, str], OutcomeShares]:
    rows = count_outcomes(np.array(labels), outcomes)
    return {(row.outcome, row.lean): row for row in rows}


def test_each_outcome_is_counted_by_class() -> None:
    given = [outcome("ai"), outcome("ai"), outcome("ai"), outcome("no_sign"), outcome("no_sign")]
    rows = rows_of([1, 1, 0, 1, 0], given)
    assert (rows["ai", ""].n_ai, rows["ai", ""].n_real) == (2, 1)
    assert (rows["ai", ""].of_ai.value, rows["ai", ""].of_real.value) == (0.6667, 0.5)
    assert rows["ai", ""].right == Figure(0.6667, *wilson_interval(2, 3))
    assert rows["no_sign", ""].right.value == 0.5


@pytest.mark.parametrize(("lean", "right"), [("ai", 0.25), ("real", 0.75)])
def test_a_lean_is_right_for_the_class_that_it_names(lean: str, right: float) -> None:
    rows = rows_of([1, 0, 0, 0], [outcome("uncertain", lean)] * 4)
    assert rows["uncertain", lean].right.value == right


@pytest.mark.parametrize("name", ["uncertain", "not_assessed"])
def test_what_names_no_side_is_neither_right_nor_wrong(name: str) -> None:
    row = rows_of([1, 0], [outcome(name)] * 2)[name, ""]
    assert row.right == Figure(None, reason="it names no side")
    assert row.of_ai.value == row.of_real.value == 1.0


def test_what_nobody_got_has_no_share_that_is_right() -> None:
    row = rows_of([1, 0], [outcome("ai")] * 2)["captured", ""]
    assert (row.n_ai, row.right.value, row.of_ai.value) == (0, None, 0.0)


def test_every_outcome_of_a_verdict_is_counted_once() -> None:
    verdicts = [
        combine((result("a", 0.99),), FUSION),
        combine((result("a", 0.7),), FUSION),
        combine((result("a", 0.5),), FUSION),
        combine((result("a", 0.3),), FUSION),
        combine((result("a", 0.01),), FUSION),
        combine((result("file", findings=(claims("ai", partial=True),)),), FUSION),
        combine((result("file", findings=(claims("real", signed=True),)),), FUSION),
    ]
    rows = rows_of([1, 0] * 3 + [0], [Outcome.of(verdict) for verdict in verdicts])
    counts = {pair: row.n_ai + row.n_real for pair, row in rows.items()}
    assert counts == dict.fromkeys(RIGHT, 1) | {("not_assessed", ""): 0}


def test_an_outcome_comes_back_from_the_cache_the_same() -> None:
    kept = Outcome.of(combine((result("a", 0.7),), FUSION), "small")
    assert Outcome.from_json(kept.to_json()) == kept and kept.lean == "ai"
