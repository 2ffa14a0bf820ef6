"""The description of each weights folder that ships is the one that training prints of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from detector.inference.runtime import WEIGHTS_DIR
from detector.training.learning.cards import ABOUT, PARTS, write_card


@pytest.mark.parametrize("name", ABOUT)
def test_the_card_that_ships_is_printed_from_the_figures_beside_it(
    name: str, tmp_path: Path
) -> None:
    shutil.copyfile(WEIGHTS_DIR / name / "metrics.json", tmp_path / "metrics.json")
    write_card(tmp_path)
    card = (tmp_path / "README.md").read_text()
    assert card == (WEIGHTS_DIR / name / "README.md").read_text()
    assert ("this one alone: AUROC" in card) == (name in PARTS)
