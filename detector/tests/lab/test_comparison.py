"""`manage.py measure_comparison`: figures from drawn pictures, and going on where it stopped."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from detector.lab.comparison.outcomes import read

pytestmark = pytest.mark.slow


def test_drawn_pictures_are_measured_and_outcomes_are_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "outcomes.jsonl"
    table = call_command("measure_comparison", drawn=2, outcomes=file)
    assert "| Copies recognised as the same picture | " in table and table.count("\n") >= 4
    kinds = Counter(outcome.kind for outcome in read(file).values() if outcome)
    assert kinds["copy"] == kinds["retouched"] == 2 and kinds["unrelated"] >= 1
    lines = file.read_text()
    assert call_command("measure_comparison", drawn=2, outcomes=file) == table
    assert file.read_text() == lines


def test_a_folder_or_a_number_must_be_given(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--data-dir/--data --drawn"):
        call_command("measure_comparison")
    with pytest.raises(CommandError, match="at least 2 are needed"):
        call_command("measure_comparison", data_dir=tmp_path)
