"""Figures from report.json: whole, older, broken and missing files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from detector.accuracy.figure import Figure
from detector.accuracy.names import CLASSES, LABELS, SHARES, VERDICT, call_key
from detector.accuracy.report import AccuracyUnknown, Report, read_report
from detector.tests.factories.processes import ROOT, loaded_after
from detector.tests.factories.reports import make_older_report, make_report

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
    "no counts": lambda report: report["conditions"]["clean"][VERDICT].pop("abstained_ai"),
    "no labels": lambda report: report["errors"][0].pop("uncertain"),
    "an unknown class": lambda report: report["errors"][0].update(truth="drawn"),
    "a list of kinds": lambda report: report.update(kinds=report["kinds"]["clean"]),
}


def write(folder: Path, report: Any) -> Path:
    path = folder / "report.json"
    path.write_text(json.dumps(report))
    return path


# Reading.


def test_figures_stand_with_their_intervals_under_every_condition(tmp_path: Path):
    report = read_report(write(tmp_path, make_report()))
    assert list(report.conditions) == ["clean", "JPEG 95", "JPEG 30"]
    verdict = report.conditions["clean"].verdict
    assert (verdict.n_ai, verdict.n_real) == (1200, 1300)
    assert verdict.area == Figure(0.91, 0.9, 0.92) and verdict.figures["ece"].value == 0.04
    assert report.main == "JPEG 95" and report.facts.n_sources == 41


def test_a_figure_that_was_not_measured_keeps_its_reason(tmp_path: Path):
    condition = read_report(write(tmp_path, make_report())).conditions["clean"]
    silent = condition.methods["forensics"]
    assert silent.area == Figure(None, reason="needed are both classes")
    assert condition.reasons == ["needed are both classes"]
    assert silent.counts == {"abstained_ai": 1200, "abstained_real": 1300, "failed": 3}


def test_the_verdict_calls_pictures_by_name(tmp_path: Path):
    calls = read_report(write(tmp_path, make_report())).conditions["clean"].calls
    assert [calls.shares[call_key("real", label)].value for label in LABELS] == [0.01, 0.7, 0.29]
    assert [calls.shares[call_key("ai", label)].value for label in LABELS] == [0.6, 0.05, 0.35]
    assert (calls.decided_ai, calls.decided_real) == (7, 2)
    assert set(SHARES.values()) == {(truth, label) for truth in CLASSES for label in LABELS}


def test_rows_of_every_section_have_their_figures():
    report = Report.from_dict(make_report())
    (generator,) = report.groups["generators"]["JPEG 95"]
    assert generator.name == "flux" and generator.areas[VERDICT] == Figure(0.8, 0.7, 0.8)
    assert report.ablation is not None and report.stability is not None
    assert report.ablation["JPEG 95"][0].figures["ece"].value == 0.04
    assert (report.stability[1].after, report.stability[1].crossed.value) == ("JPEG 30", 0.02)
    assert report.outcomes is not None and report.errors is not None
    assert report.outcomes["clean"][1].right == Figure(None, reason="it names no side")
    assert report.errors[0].n == 100 and report.errors[0].counts["real"] == 80
    assert report.curves["JPEG 95"][VERDICT].reliability[1].share_ai == 0.95


# Writing.


@pytest.mark.parametrize("make", [make_report, make_older_report])
def test_a_report_is_written_as_it_was_read(make: Callable[[], dict[str, Any]]):
    report = make()
    assert json.dumps(Report.from_dict(report).to_dict()) == json.dumps(report)


def test_the_report_that_ships_is_written_as_it_was_read():
    path = ROOT / "docs" / "accuracy" / "report.json"
    written = json.dumps(read_report(path).to_dict(), indent=2, ensure_ascii=False)
    assert written + "\n" == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "written",
    [Figure(0.5, 0.25, 0.75), Figure(0.5), Figure(None, reason="needs 100 real pictures")],
)
def test_a_figure_is_read_as_it_was_written(written: Figure):
    assert Figure.from_dict(written.to_dict("roc_auc"), "roc_auc") == written


def test_a_figure_equals_the_one_that_its_file_gives():
    measured = Figure(2 / 3, 1 / 3, 8 / 9)
    assert (measured.value, measured.interval) == (0.6667, (0.3333, 0.8889))
    assert Figure.from_dict({}, "ece") == Figure(None, reason="not measured")


# Older, broken and missing files.


def test_an_older_report_lacks_sections(tmp_path: Path):
    report = read_report(write(tmp_path, make_older_report()))
    assert list(report.groups) == ["generators", "sources"]
    sections = (report.outcomes, report.errors, report.ablation, report.stability)
    assert sections == (None,) * 4
    assert report.conditions["clean"].verdict.area.value == 0.91


def test_a_missing_report_is_said(tmp_path: Path):
    with pytest.raises(AccuracyUnknown, match="There is no report"):
        read_report(tmp_path / "report.json")


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_broken_report_is_said(damage: Callable[[dict[str, Any]], Any], tmp_path: Path):
    report = make_report()
    damaged = damage(report)
    path = write(tmp_path, damaged if isinstance(damaged, list) else report)
    with pytest.raises(AccuracyUnknown, match="cannot be read"):
        read_report(path)


@pytest.mark.parametrize("text", ["", "{", "null", "\x00", "[1"])
def test_what_is_no_report_is_said(text: str, tmp_path: Path):
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(AccuracyUnknown, match="cannot be read"):
        read_report(tmp_path / "report.json")


@pytest.mark.slow
def test_reading_a_report_loads_no_library_of_arrays(tmp_path: Path):
    code = "import detector.accuracy.readme, detector.accuracy.weights"
    assert loaded_after(code, ["numpy", "PIL", "detector.training"], tmp_path) == []
