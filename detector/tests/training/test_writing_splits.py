"""Splits are written whole or count for nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector.training.genimage.reading import Facts
from detector.training.genimage.splits import METADATA, VERSION, read_split
from detector.training.genimage.writing import write_splits

PATHS = ("ai_images/a.png", "ai_images/b.png", "real_images/c.png", "real_images/d.png")


class Pictures:
    """Stands in for the index of a scan."""

    def readable(self) -> Iterator[tuple[str, int, Facts]]:
        for number, path in enumerate(PATHS):
            yield path, 10, Facts(bytes([number] * 32), 0, False, 64, 64, "PNG", 0)


def write(folder: Path, split: list[int]) -> None:
    index: Any = Pictures()
    (folder / "splits").mkdir(exist_ok=True)
    write_splits(folder / "splits", index, np.array(split), {"version": VERSION})


def test_every_picture_stands_in_its_split(tmp_path: Path) -> None:
    write(tmp_path, [0, 1, 2, 0])
    found = {name: read_split(tmp_path, name) for name in ("train", "val", "test")}
    names = {name: [picture.path.name for picture in found[name]] for name in found}
    assert names == {"train": ["a.png", "d.png"], "val": ["b.png"], "test": ["c.png"]}
    assert [picture.label for picture in found["train"]] == [1, 0]


@pytest.mark.parametrize("moves", [0, 1, 2, 3])
def test_what_was_stopped_half_way_is_not_taken_for_splits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    """Of two sets of splits mixed, a picture could stand on both sides of the test."""
    write(tmp_path, [0, 1, 2, 0])
    before = (tmp_path / "splits" / "train.json").read_bytes()
    replace = Path.replace
    done: list[Path] = []

    def stop(self: Path, target: Path) -> Path:
        if len(done) == moves:
            raise OSError("the power is gone")
        done.append(target)
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", stop)
        with pytest.raises(OSError, match="power"):
            write(tmp_path, [1, 2, 0, 1])
    assert (tmp_path / "splits" / "train.json").read_bytes() == before or moves
    assert not (tmp_path / "splits" / METADATA).exists()
    with pytest.raises(FileNotFoundError, match="run manage.py prepare_genimage"):
        read_split(tmp_path, "train")
    write(tmp_path, [1, 2, 0, 1])
    assert json.loads((tmp_path / "splits" / METADATA).read_text()) == {"version": VERSION}
