"""The deletion test of the heat map, with a method whose evidence is known."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from detector.inference.images import SourceImage
from detector.inference.method import Answer, Method
from detector.inference.numbers import sigmoid
from detector.inference.pixels.conditions import as_picture
from detector.inference.results import Exhibit
from detector.inference.runtime import Runtime
from detector.lab.deletion import (
    falls,
    grey_out,
    hottest,
    middle_square,
    moved,
    scattered,
    summarise_falls,
)

GRID = 10


class Bright(Method):
    """Argues for AI where the picture is bright."""

    def _predict(self, image: SourceImage) -> Answer:
        grey = image.pixels.mean(2).reshape(GRID, -1, GRID, image.pixels.shape[1] // GRID)
        heat = grey.mean((1, 3)) / 64 - 1
        return Answer(
            sigmoid(heat.mean()), exhibits=(Exhibit("heat_map", {"log_odds": heat.tolist()}),)
        )


def picture() -> SourceImage:
    pixels = np.full((100, 100, 3), 40, np.uint8)
    pixels[10:20, :] = 250
    return as_picture(pixels)


def test_masking_what_counts_lowers_the_score_most():
    method = Bright(Runtime(Path(), Path()))
    fall = falls(method, picture(), seed=1)
    assert fall is not None and fall == falls(method, picture(), seed=1)
    assert fall["hottest"] > 0.2 and fall["hottest"] > 3 * abs(fall["random"])


def test_every_mask_has_a_tenth_of_the_cells():
    heat = np.random.default_rng(0).normal(size=(14, 21))
    mask, rng = hottest(heat), np.random.default_rng(1)
    assert mask.sum() == 29 and heat[mask].min() > heat[~mask].max()
    for other in (scattered(mask, rng), moved(mask, rng)):
        assert other.sum() == 29 and not np.array_equal(other, mask)
    assert hottest(np.zeros((1, 3))).sum() == 1


def test_masked_cells_take_the_mean_colour_and_nothing_else_changes():
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    mask = np.zeros((3, 4), bool)
    mask[1, 2] = True
    filled = grey_out(pixels, mask)
    inside = np.zeros((30, 40), bool)
    inside[10:20, 20:30] = True
    assert np.array_equal(filled[~inside], pixels[~inside])
    assert (filled[inside] == pixels.mean((0, 1)).round()).all()


def test_of_a_long_picture_the_middle_is_asked_about():
    pixels = np.zeros((30, 90, 3), np.uint8)
    pixels[:, 30:60] = 200
    assert (middle_square(as_picture(pixels)).pixels == 200).all()
    assert middle_square(as_picture(pixels)).pixels.shape == (30, 30, 3)


def test_a_summary_tells_mean_interval_and_how_often():
    found = [
        {"hottest": 1.0, "random": 0.0, "moved": 0.5},
        {"hottest": 0.0, "random": 0.1, "moved": -1},
    ]
    figures = summarise_falls(found)
    assert figures["n"] == 2 and figures["hottest"]["mean"] == 0.5
    assert figures["hottest"]["interval"][0] < 0.5 < figures["hottest"]["interval"][1]
    assert figures["above_random"] == 0.5 and figures["above_moved"] == 1.0


def test_one_picture_has_no_interval():
    figures = summarise_falls([{"hottest": 1.0, "random": 0.0, "moved": 0.5}])
    assert figures["hottest"] == {"mean": 1.0, "interval": None}


@pytest.mark.slow
def test_the_command_measures_the_shipped_weights(tmp_path: Path):
    rng = np.random.default_rng(0)
    for index in range(3):
        path = tmp_path / "val" / "ai" / f"{index}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (80, 90, 3), dtype=np.uint8)).save(path)
    (tmp_path / "val" / "ai" / "broken.jpg").write_bytes(b"no picture")
    report = tmp_path / "deletion.json"
    call_command("deletion_test", data_dir=tmp_path, report=report, stdout=io.StringIO())
    assert json.loads(report.read_text())["n"] == 3


def test_without_ai_pictures_the_command_says_so(tmp_path: Path):
    with pytest.raises(CommandError, match="No pictures in"):
        call_command("deletion_test", data_dir=tmp_path)
