"""The figures of one method under all conditions, as the page of the methods shows them."""

from __future__ import annotations

from detector.accuracy.figure import Figure
from detector.accuracy.names import VERDICT
from detector.accuracy.report import Report
from detector.tests.factories.reports import make_older_report, make_report
from detector.web.presenters.method_accuracy import MethodAccuracy


def accuracy_of(key: str) -> MethodAccuracy:
    return MethodAccuracy.of(Report.from_dict(make_report()), key)


def test_figures_stand_in_the_order_of_the_columns():
    rows = accuracy_of(VERDICT).conditions
    assert [row.name for row in rows] == ["clean", "JPEG 95", "JPEG 30"]
    assert (rows[0].n_ai, rows[0].n_real) == (1200, 1300)
    assert rows[0].figures[0] == Figure(0.91, 0.9, 0.92)
    assert [figure.value for figure in rows[2].figures] == [0.91, 0.83, 0.31, 0.04]


def test_reasons_for_missing_figures_are_named_once():
    forensics = accuracy_of("forensics")
    assert forensics.conditions[0].figures[0] == Figure(None, reason="needed are both classes")
    assert forensics.reasons == ["needed are both classes", "no score for any of these pictures"]


def test_only_the_verdict_calls_pictures_by_name():
    (clean, *_) = accuracy_of(VERDICT).calls
    assert [figure.value for figure in clean.real] == [0.01, 0.7, 0.29]
    assert [figure.value for figure in clean.ai] == [0.6, 0.05, 0.35]
    assert accuracy_of("statistical").calls == ()


def test_kinds_have_the_false_positives_of_each_method_largest_kind_first():
    for key, value in ((VERDICT, 0.02), ("statistical", 0.25)):
        photo, art = accuracy_of(key).kinds
        assert (photo.name, art.name) == ("photo", "art")
        assert photo.cells[0] is not None and photo.cells[0].share.value == value
        assert art.cells[1] is None, "there is none under JPEG 95"


def test_an_older_report_has_no_kinds():
    accuracy = MethodAccuracy.of(Report.from_dict(make_older_report()), VERDICT)
    assert accuracy.kinds == () and accuracy.conditions
