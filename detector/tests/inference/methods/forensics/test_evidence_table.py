"""Every case of the table of evidence holds; see `detector/tests/evidence_table.py`."""

from __future__ import annotations

import pytest

from detector.tests.evidence_table import (
    CASES,
    Case,
    is_found,
    is_ignored,
    survives_company,
    survives_damage,
)

pytestmark = pytest.mark.slow
each = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}, {case.place}")


@each
def test_a_true_file_is_found(case: Case) -> None:
    assert is_found(case)


@each
def test_a_decoy_is_ignored(case: Case) -> None:
    assert is_ignored(case)


@each
def test_damage_neither_raises_nor_takes_much_work(case: Case) -> None:
    assert survives_damage(case)


@each
def test_other_data_beside_it_hides_nothing(case: Case) -> None:
    assert survives_company(case)
