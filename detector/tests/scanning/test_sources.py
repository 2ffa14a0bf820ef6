"""Sources: folders, lists of paths, and files that cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from detector.inference.images import ImageError, Limits
from detector.scanning.ledger import Ledger, make_key
from detector.scanning.pictures import Picture, read_picture
from detector.scanning.sources import open_source
from detector.tests.factories.scanning import save_pictures


def test_a_list_names_one_path_a_line_in_any_bytes(tmp_path: Path) -> None:
    folder = save_pictures(tmp_path / "photos", 1)
    odd = folder / os.fsdecode(b"\xff.png")
    odd.write_bytes(b"12345")
    (tmp_path / "list.txt").write_bytes(
        os.fsencode(folder / "000.png") + b"\r\n\n" + os.fsencode(odd) + b"\nnone.png"
    )
    pictures = list(open_source(str(tmp_path / "list.txt")))
    assert [picture.name for picture in pictures] == [str(folder / "000.png"), str(odd), "none.png"]
    assert open_source(str(tmp_path / "list.txt")).count() == 3
    assert pictures[1].state == f"5 {odd.stat().st_mtime_ns}" and pictures[2].state == ""
    assert pictures[1].path.endswith("\\xff.png")


def test_a_list_and_a_folder_know_a_file_by_the_same_state(tmp_path: Path) -> None:
    folder = save_pictures(tmp_path / "photos", 2)
    found = sorted(open_source(str(folder)))
    (tmp_path / "list.txt").write_text("\n".join(picture.name for picture in found))
    assert list(open_source(str(tmp_path / "list.txt"))) == found
    assert open_source(str(folder)).count() == 2


def test_what_cannot_be_read_is_an_error_of_its_picture(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "large.png").write_bytes(b"x" * 11)
    limits = Limits(max_bytes=10)
    for name, why in (("none", "No such file"), ("pipe.png", "no regular"), ("large.png", "MB")):
        with pytest.raises(ImageError, match=why):
            read_picture(str(tmp_path / name), limits)


def test_a_ledger_claims_every_key_once(tmp_path: Path) -> None:
    keys = [make_key(Picture(name, "1 1"), version) for name in "ab" for version in ("1", "2")]
    assert len(set(keys)) == 4
    ledger = Ledger(keys[:1] * 2)
    assert [ledger.claim(key) for key in keys * 2] == [False, True, True, True, *[False] * 4]
    ledger.close()


def test_names_that_look_alike_when_escaped_have_keys_of_their_own() -> None:
    raw, literal = Picture(os.fsdecode(b"\xff"), "1 1"), Picture("\\xff", "1 1")
    assert raw.path == literal.path and make_key(raw, "1") != make_key(literal, "1")
