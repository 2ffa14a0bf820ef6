"""The counts of errors that results show: by what serving saw, and from older reports."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from detector.accuracy.names import VERDICT
from detector.accuracy.outcomes import LabelCounts
from detector.accuracy.report import Report
from detector.inference.verdict.expected import Cell, load_counts
from detector.tests.factories.reports import (
    make_figure,
    make_kind,
    make_older_report,
    make_report,
)
from detector.training.figures.intervals import wilson_interval
from detector.training.measuring.errors import count_errors, extract_counts
from detector.training.measuring.outcome import Outcome

MAIN = "JPEG 95"


def outcome(label: str, kind: str = "art", size: str = "small", decided: bool = False) -> Outcome:
    return Outcome(label, decided, {}, kind, size)  # type: ignore[arg-type]


def report_of(errors: tuple[LabelCounts, ...]) -> Report:
    return replace(Report.from_dict(make_report()), errors=errors)


def test_each_label_is_counted_by_class_kind_and_size() -> None:
    said = [outcome("ai"), outcome("real"), outcome("ai"), outcome("ai", size="large")]
    rows = count_errors(np.array([0, 0, 1, 0]), {MAIN: said})
    assert [row.to_dict() for row in rows] == [
        {"truth": "ai", "condition": MAIN, "kind": "art", "size": "small",
         "n": 1, "ai": 1, "real": 0, "uncertain": 0},
        {"truth": "real", "condition": MAIN, "kind": "art", "size": "large",
         "n": 1, "ai": 1, "real": 0, "uncertain": 0},
        {"truth": "real", "condition": MAIN, "kind": "art", "size": "small",
         "n": 2, "ai": 1, "real": 1, "uncertain": 0},
    ]  # fmt: skip


def test_what_the_file_decided_is_no_error_of_the_pixels() -> None:
    said = [outcome("ai", decided=True), outcome("ai")]
    (row,) = count_errors(np.array([0, 0]), {MAIN: said})
    assert row.n == 1


def test_groups_are_added_up_over_kinds_and_sizes() -> None:
    said = [
        *[outcome("ai", "art", "small")] * 2,
        *[outcome("real", "art", "small")] * 30,
        *[outcome("real", "art", "large")] * 26,
        *[outcome("uncertain", "photograph", "large")] * 25,
        *[outcome("real", "", "large")] * 3,
    ]
    cells = extract_counts(report_of(count_errors(np.zeros(len(said), int), {MAIN: said}))).cells
    sizes = {key: (cell.n, cell.wrong) for key, cell in cells.items()}
    assert sizes == {
        f"real/{MAIN}/art/small": (32, 2),
        f"real/{MAIN}/art/large": (26, 0),
        f"real/{MAIN}/art/any": (58, 2),
        f"real/{MAIN}/photograph/large": (25, 0),
        f"real/{MAIN}/photograph/any": (25, 0),
        f"real/{MAIN}/any/small": (32, 2),
        f"real/{MAIN}/any/large": (54, 0),
        f"real/{MAIN}/any/any": (86, 2),
    }
    order = [f"real/{MAIN}/{place}" for place in ("any/large", "any/any", "art/large", "art/any")]
    assert list(cells)[:4] == order, "the same report gives the same file"
    assert cells[f"real/{MAIN}/any/any"].low == pytest.approx(wilson_interval(2, 86)[0], abs=1e-4)


def test_for_ai_pictures_no_sign_is_the_error() -> None:
    said = [outcome("real")] * 5 + [outcome("ai")] * 30
    cells = extract_counts(report_of(count_errors(np.ones(35, int), {MAIN: said}))).cells
    assert cells[f"ai/{MAIN}/any/any"].wrong == 5


def test_conditions_that_nobody_looks_up_are_left_out() -> None:
    said = [outcome("ai")] * 30
    rows = count_errors(np.zeros(30, int), {"blur": said, MAIN: said})
    assert {key.split("/")[1] for key in extract_counts(report_of(rows)).cells} == {MAIN}


def older_report() -> dict[str, Any]:
    """A report without counts of labels and without sizes, of 200 AI and 300 real pictures."""
    report = make_older_report()
    verdict = report["conditions"][MAIN][VERDICT]
    verdict |= make_figure("real_called_ai", 0.01) | make_figure("ai_called_real", 0.055)
    kinds = (("photo", 100, 0.02), ("face", 30, 0.0333), ("unknown", 170, 0.02))
    return report | {
        "n_ai": 200,
        "n_real": 300,
        "conditions": {MAIN: report["conditions"][MAIN]},
        "kinds": {MAIN: [make_kind(*kind) for kind in kinds]},
    }


def test_an_older_report_gives_what_it_has() -> None:
    counts = extract_counts(Report.from_dict(older_report()))
    sizes = {key: (cell.n, cell.wrong) for key, cell in counts.cells.items()}
    assert counts.main == MAIN
    assert sizes == {
        f"real/{MAIN}/any/any": (300, 3),
        f"ai/{MAIN}/any/any": (200, 11),
        f"real/{MAIN}/photograph/any": (130, 3),
    }


@pytest.mark.torch
def test_the_command_writes_what_serving_reads(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(json.dumps(older_report()))
    said = call_command("write_expected_errors", tmp_path / "report.json", output=tmp_path)
    assert said == "Wrote the errors of 3 groups of pictures."
    found = load_counts(tmp_path).cells[f"ai/{MAIN}/any/any"]
    assert found == Cell(200, 11, *(round(bound, 4) for bound in wilson_interval(11, 200)))


@pytest.mark.torch
@pytest.mark.parametrize("text", ["", "[]", "{}", '{"errors": [], "curves": {}}', '"x"'])
def test_what_is_no_report_is_refused_and_nothing_is_lost(tmp_path: Path, text: str) -> None:
    (tmp_path / "accuracy").mkdir()
    (tmp_path / "accuracy" / "counts.json").write_text("kept")
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(CommandError, match=r"report\.json is not a report"):
        call_command("write_expected_errors", tmp_path / "report.json", output=tmp_path)
    assert (tmp_path / "accuracy" / "counts.json").read_text() == "kept"
