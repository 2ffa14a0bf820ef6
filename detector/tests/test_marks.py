"""Tests that need a library of training are marked, so that `make quick` leaves them out."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.tests import marks


def test_the_marks_are_in_use(request: pytest.FixtureRequest) -> None:
    assert request.config.pluginmanager.get_plugin(marks.__name__) is marks
    assert "training_is_marked" in request.fixturenames


def test_what_a_file_imports_by_however_many_steps_decides() -> None:
    tests = Path(__file__).parent
    assert marks.needs_training(tests / "training" / "test_fusion.py")  # imports scikit-learn
    assert marks.needs_training(tests / "inference" / "test_odd_names.py")  # by several steps
    assert not marks.needs_training(Path(__file__))
