"""Measurements and pictures of pages, with the real server, of sizes that say whether they work."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from detector.benchmarks.browser import CHROMIUM, DRIVER
from detector.benchmarks.screenshots import draw_all
from detector.benchmarks.vitals import Load, describe, measure_vitals

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(autouse=True)
def installed() -> None:
    if not (CHROMIUM and DRIVER):
        pytest.skip("no browser")


def test_the_main_pages_are_measured() -> None:
    lines = {line.name: line for line in measure_vitals(runs=1, pictures=2)}
    assert list(lines) == ["Home", "Result", "Batch of 2", "History", "Methods"]
    assert lines["Home"].target == "<= 60 KB"
    for name, line in lines.items():
        assert "largest paint 0 ms" not in line.value, name
        assert " 0.0 KB" not in line.value and " 0 requests" not in line.value, name


def test_the_median_of_each_value_is_told() -> None:
    loads = [Load(100, 0.1, 0, 1024, 3), Load(300, 0, 9, 2048, 5), Load(200, 0.2, 3, 1024, 4)]
    said = describe(loads)
    assert said.startswith("largest paint 200 ms, layout shift 0.100, blocked 3 ms, 1.0 KB in 4 ")


def test_the_pages_are_drawn(tmp_path: Path) -> None:
    paths = draw_all(tmp_path)
    assert len({path.name for path in paths}) == len(paths) == 7
    sizes = {path.stem: Image.open(path).size for path in paths}
    assert sizes["result-phone-dark"][0] == 390 and sizes["home"] == (1280, 900)
    assert all(len(set(Image.open(path).convert("L").get_flattened_data())) > 50 for path in paths)
