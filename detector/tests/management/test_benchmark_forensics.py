"""The timing of method 3 over a corpus."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from detector.management.commands import benchmark_forensics
from detector.tests.factories.marked_files import TEXTS, png


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for label in ("ai", "real"):
        folder = tmp_path / "val" / label
        folder.mkdir(parents=True)
    Image.new("RGB", (64, 64), "teal").save(tmp_path / "val" / "real" / "a.jpg")
    (tmp_path / "val" / "ai" / "a.png").write_bytes(png(TEXTS["a1111"]))
    (tmp_path / "val" / "real" / "broken.jpg").write_bytes(b"nothing")
    return tmp_path


@pytest.mark.slow
def test_readable_pictures_are_timed_with_and_without_watermarks(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmark_forensics, "STARTS", 2)
    output = io.StringIO()
    call_command("benchmark_forensics", data_dir=corpus, count=9, stdout=output)
    lines = output.getvalue().splitlines()
    assert lines[0] == "2 pictures, one after another"
    assert [line.split("  ")[0] for line in lines[1:5]] == [
        "without watermarks", "watermarks", "all together", "slowest",
    ]  # fmt: skip
    assert all("median" in line and "95 %" in line for line in lines[1:4])
    assert re.fullmatch(r"start to answer +median +\d+\.\d ms, 2 processes", lines[5])
    assert lines[6:] == [
        "claims of AI on 1 AI pictures: decisive 1",
        "claims of AI on 1 real pictures: none 1",
    ]


def test_a_folder_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandError, match="No pictures in /surely/not"):
        call_command("benchmark_forensics", "--data=/surely/not", stdout=io.StringIO())


def test_a_corpus_of_damaged_pictures_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "val" / "real").mkdir(parents=True)
    (tmp_path / "val" / "real" / "broken.jpg").write_bytes(b"nothing")
    with pytest.raises(CommandError, match="None of 1 pictures in .* can be read"):
        call_command("benchmark_forensics", data_dir=tmp_path, stdout=io.StringIO())
