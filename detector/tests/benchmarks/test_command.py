"""`manage.py benchmark`: tables in the terminal and in documents, and what it refuses."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from detector.benchmarks.blocks import find_blocks
from detector.benchmarks.clock import Failed, run_program, watch_networks
from detector.benchmarks.lines import Line, to_markdown
from detector.benchmarks.pictures import COMMENT, make_jpeg, make_mixed, vary
from detector.inference.images import open_image
from detector.inference.runtime import Network
from detector.tests.factories.stubs import make_stub


@pytest.fixture(autouse=True)
def stub(use_methods: Callable[..., None]) -> None:
    use_methods(deep_learning=make_stub())


def benchmark(*names: str, **options: Any) -> str:
    said = io.StringIO()
    call_command("benchmark", *names, stdout=said, stderr=io.StringIO(), **options)
    return said.getvalue()


def test_all_methods_are_timed_on_a_picture() -> None:
    said = benchmark("methods", runs=2, megapixels=0.1)
    assert said.startswith("`manage.py benchmark methods --runs 2 --megapixels 0.1`: ")
    assert "All methods, JPEG of 0.1 megapixels" in said and "| 100% " in said


def test_a_table_takes_the_place_of_its_block_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    blocks = [f"<!-- benchmark: {n} -->\nold\n<!-- end of {n} -->\n" for n in ("large", "methods")]
    page.write_text("before\n" + "between\n".join(blocks) + "after\n")
    said = benchmark("methods", runs=1, megapixels=0.1, into=page)
    assert find_blocks(page.read_text()) == {"large": "old\n", "methods": said}
    assert page.read_text().startswith("before\n") and page.read_text().endswith("after\n")


@pytest.mark.parametrize(
    ("names", "options", "why"),
    [
        (["speed"], {}, "no measurement 'speed'; accepted are start, methods"),
        (["methods"], {"clients": 3}, "--clients is no size of methods; accepted are --runs"),
        (["methods"], {"picture": Path("/none.jpg")}, "cannot be read"),
    ],
)
def test_bad_input_is_one_sentence(names: list[str], options: dict[str, Any], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        benchmark(*names, **options)


def test_a_document_without_the_block_is_named(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("text")
    with pytest.raises(CommandError, match="page.md has no block <!-- benchmark: methods -->"):
        benchmark("methods", runs=1, megapixels=0.1, into=tmp_path / "page.md")


def test_a_table_has_columns_of_one_width() -> None:
    table = to_markdown([Line("a", "1 ms", "<= 2 ms"), Line("longer", "2")]).splitlines()
    assert len(set(map(len, table))) == 1 and table[2] == "| a      | 1 ms     | <= 2 ms  |"


# Parts


def test_the_time_in_networks_is_counted_and_they_are_left_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch = np.zeros((1, 3, 4, 4), np.float32)
    monkeypatch.setattr(Network, "outputs", answer := lambda network, batch: (batch, batch))
    network = object.__new__(Network)
    with watch_networks() as count:
        assert network.outputs(batch)[1] is batch and count.seconds > 0
    assert Network.outputs is answer


@pytest.mark.slow
def test_a_program_that_fails_is_named_with_its_last_words(tmp_path: Path) -> None:
    code = "import sys; sys.exit('no luck')"
    with pytest.raises(Failed, match="ended with 1: no luck"):
        run_program([sys.executable, "-c", code], tmp_path, {})
    ended = run_program([sys.executable, "-c", "sum(range(10**6))"], tmp_path, {})
    assert ended.processor_seconds > 0 and ended.peak_bytes > 10**6


def test_a_varied_jpeg_is_another_file_with_the_same_pixels() -> None:
    jpeg = make_jpeg(0.01)
    first, second = open_image(vary(jpeg, 1)), open_image(vary(jpeg, 2))
    assert COMMENT in first.data[:4] and first.sha256 != second.sha256
    assert (first.pixels == open_image(jpeg).pixels).all()


def test_a_mixed_lot_has_several_formats_up_to_the_largest_size() -> None:
    pictures = [open_image(data) for data in make_mixed(5, 0.2)]
    assert {picture.format for picture in pictures} == {"JPEG", "PNG", "WEBP"}
    sizes = sorted(picture.width * picture.height for picture in pictures)
    assert sizes[0] < 60_000 and 190_000 < sizes[-1] < 210_000
