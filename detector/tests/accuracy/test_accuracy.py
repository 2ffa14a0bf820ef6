"""Figures from report.json and metrics.json: whole, older, broken and missing files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector.accuracy.figure import CLASSES, LABELS, VERDICT, Figure, call_key
from detector.accuracy.report import AccuracyUnknown, read_accuracy, read_weights
from detector.tests.factories.reports import make_report
from detector.training.measuring.figures import SHARES, share
from detector.web.presenters.dot_plot import axis_start, draw

# What leaves no report that can be read.
DAMAGE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a list": lambda report: [report],
    "no conditions": lambda report: report.pop("conditions"),
    "no version": lambda report: report.pop("version"),
    "no curves": lambda report: report["curves"].clear(),
    "a method without figures": lambda report: report["conditions"]["clean"].pop(VERDICT),
    "a word for a figure": lambda report: report["conditions"]["clean"][VERDICT].update(ece="low"),
    "one bound": lambda report: report["conditions"]["clean"][VERDICT].update(ece_interval=[0.1]),
    "NaN": lambda report: report["conditions"]["clean"][VERDICT].update(roc_auc=float("nan")),
    "words for bounds": lambda report: report["conditions"]["clean"][VERDICT].update(
        roc_auc_interval=["low", "high"]
    ),
    "no n of a kind": lambda report: report["kinds"]["clean"][0].pop("n"),
}


def write(folder: Path, report: Any) -> Path:
    path = folder / "report.json"
    path.write_text(json.dumps(report))
    return path


def test_figures_stand_with_their_intervals_under_every_condition(tmp_path: Path):
    accuracy = read_accuracy(write(tmp_path, make_report()))
    rows = accuracy.methods[VERDICT].conditions
    assert [row.name for row in rows] == ["clean", "JPEG 95", "JPEG 30"]
    assert (rows[0].n_ai, rows[0].n_real) == (1200, 1300)
    assert rows[0].figures[0] == Figure(0.91, 0.9, 0.92)
    assert accuracy.main == "JPEG 95" and accuracy.facts["n_sources"] == 41


def test_a_figure_that_was_not_measured_keeps_its_reason(tmp_path: Path):
    accuracy = read_accuracy(write(tmp_path, make_report()))
    forensics = accuracy.methods["forensics"]
    assert forensics.conditions[0].figures[0] == Figure(None, reason="needed are both classes")
    assert forensics.reasons == ["needed are both classes", "no score for any of these pictures"]


def test_only_the_verdict_calls_pictures_by_name(tmp_path: Path):
    accuracy = read_accuracy(write(tmp_path, make_report()))
    (clean, *_) = accuracy.methods[VERDICT].calls
    assert [figure.value for figure in clean.real] == [0.01, 0.7, 0.29]
    assert [figure.value for figure in clean.ai] == [0.6, 0.05, 0.35]
    assert accuracy.methods["statistical"].calls == ()


def test_kinds_have_the_false_positives_of_each_method_largest_kind_first(tmp_path: Path):
    accuracy = read_accuracy(write(tmp_path, make_report()))
    assert accuracy.kind_conditions == ("clean", "JPEG 95")
    for key, value in ((VERDICT, 0.02), ("statistical", 0.25)):
        photo, art = accuracy.methods[key].kinds
        assert (photo.name, art.name) == ("photo", "art")
        assert photo.cells[0] is not None and photo.cells[0].share.value == value
        assert art.cells[1] is None, "there is none under JPEG 95"


def test_an_older_report_has_no_kinds(tmp_path: Path):
    report = make_report()
    del report["kinds"]
    accuracy = read_accuracy(write(tmp_path, report))
    assert accuracy.methods[VERDICT].kinds == () and accuracy.methods[VERDICT].conditions


def test_a_missing_report_is_said(tmp_path: Path):
    with pytest.raises(AccuracyUnknown, match="There is no report"):
        read_accuracy(tmp_path / "report.json")


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_broken_report_is_said(damage: Callable[[dict[str, Any]], Any], tmp_path: Path):
    report = make_report()
    damaged = damage(report)
    path = write(tmp_path, damaged if isinstance(damaged, list) else report)
    with pytest.raises(AccuracyUnknown, match="cannot be read"):
        read_accuracy(path)


@pytest.mark.parametrize("text", ["", "{", "null", "\x00", "[1"])
def test_what_is_no_report_is_said(text: str, tmp_path: Path):
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(AccuracyUnknown, match="cannot be read"):
        read_accuracy(tmp_path / "report.json")


# Weights.


def test_facts_of_weights_are_read(tmp_path: Path):
    (tmp_path / "cnn").mkdir()
    training = {"n_ai": 12, "n_real": 13, "sources": 4, "generators": 3, "arguments": {"seed": 4}}
    calibration = {"n_ai": 5, "n_real": 6, "roc_auc": 0.7, "roc_auc_interval": [0.6, 0.8]}
    metrics = {"training": training, "calibration": calibration}
    (tmp_path / "cnn" / "metrics.json").write_text(json.dumps(metrics))
    (weights,) = read_weights(tmp_path, ["cnn"])
    assert weights.training["n_real"] == 13 and weights.arguments == {"seed": 4}
    assert weights.roc_auc == Figure(0.7, 0.6, 0.8)
    assert weights.ece == Figure(None, reason="not measured")


@pytest.mark.parametrize(
    "text", [None, "", "[]", '{"training": 7}', '{"calibration": {"ece": "x"}}']
)
def test_weights_without_facts_are_still_named(text: str | None, tmp_path: Path):
    (tmp_path / "cnn").mkdir()
    if text is not None:
        (tmp_path / "cnn" / "metrics.json").write_text(text)
    (weights,) = read_weights(tmp_path, ["cnn"])
    assert weights.folder == "cnn" and weights.training == {} and weights.roc_auc.value is None


# Plots.


def test_dots_and_whiskers_stand_where_the_axis_says():
    plot = draw([("clean", 0.75, 0.5, 1.0), ("blur", 0.5, 0.5, 0.6)], 0.5)
    first, second = plot.dots
    assert (first.low, first.x, first.high) == ("0.00%", "50.00%", "100.00%")
    assert (second.x, second.high) == ("0.00%", "20.00%") and second.y > first.y
    assert [text for _, text in plot.ticks] == ["0.5", "0.6", "0.7", "0.8", "0.9", "1.0"]
    assert len(plot.segments) == 1


@pytest.mark.parametrize(
    ("lows", "start"), [([], 0.5), ([0.7], 0.5), ([0.43], 0.4), ([0.4], 0.4), ([0.3, 0.05], 0)]
)
def test_the_axis_starts_below_everything(lows: list[float], start: float):
    assert axis_start(lows) == pytest.approx(start)


# Writing and reading.


@pytest.mark.parametrize(
    "written",
    [Figure(0.5, 0.25, 0.75), Figure(0.5), Figure(None, reason="needs 100 real pictures")],
)
def test_a_figure_is_read_as_it_was_written(written: Figure) -> None:
    assert Figure.from_dict(written.to_dict("roc_auc"), "roc_auc") == written


def test_the_page_reads_what_the_evaluation_writes() -> None:
    row = share(call_key("ai", "real"), np.array([True, False, False, False]))
    assert set(SHARES) == {call_key(truth, side) for truth in CLASSES for side in LABELS}
    assert Figure.from_dict(row, "ai_called_real").value == 0.25
    assert SHARES["ai_called_real"] == (1, "real") and SHARES["real_called_ai"] == (0, "ai")
