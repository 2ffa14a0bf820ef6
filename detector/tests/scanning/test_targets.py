"""Files of rows: what is in them is known, and files of something else are left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from detector.renderings import csv_line, to_jsonl
from detector.scanning.errors import ScanError
from detector.scanning.pictures import Picture
from detector.scanning.rows import Row, error_row
from detector.scanning.targets import Target, lines, open_target, parquet


def open_at(path: Path) -> Target:
    return open_target(path, to_jsonl, csv_line)


def make_row(number: int) -> Row:
    return error_row(Picture(f"{number}.png", "1 1"), "no picture", "1+a")


def write(path: Path, *numbers: int) -> list[str]:
    """Append rows; the keys of all rows that are there then."""
    target = open_at(path)
    for number in numbers:
        target.append(make_row(number))
    keys = list(target.keys())
    target.close()
    return keys


def keys_of(*numbers: int) -> list[str]:
    return [make_row(number)["key"] for number in numbers]


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
@pytest.mark.parametrize("cut", [1, 5, 40])
def test_rows_before_a_torn_line_are_kept(tmp_path: Path, suffix: str, cut: int) -> None:
    path = tmp_path / f"out.{suffix}"
    write(path, 1, 2)
    path.write_bytes(path.read_bytes()[:-cut])
    assert write(path) == keys_of(1)
    assert write(path, 3) == keys_of(1, 3)


def test_a_torn_line_may_be_longer_than_a_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "BLOCK", 7)
    path = tmp_path / "out.csv"
    write(path, 1, 2)
    path.write_bytes(path.read_bytes()[:-3])
    assert write(path) == keys_of(1)


@pytest.mark.parametrize("text", ["my notes", "my notes\n", "a,b\n1,2\n", '{"paths": 1'])
@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, suffix: str, text: str) -> None:
    path = tmp_path / f"out.{suffix}"
    path.write_text(text)
    with pytest.raises(ScanError, match="no result of a scan"):
        open_at(path)
    assert path.read_text() == text


@pytest.mark.parametrize("line", ['{"path": "a"}', '{"path": "a", "key": "zz"}', '{"path": 1'])
def test_a_line_that_is_no_row_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text(f"{line}\n")
    with pytest.raises(ScanError, match=r"Line 1 of .*out\.jsonl is no row"):
        list(open_at(path).keys())


def test_two_scans_do_not_write_one_file(tmp_path: Path) -> None:
    first = open_at(tmp_path / "out.csv")
    with pytest.raises(ScanError, match="Another scan writes"):
        open_at(tmp_path / "out.csv")
    first.close()
    open_at(tmp_path / "out.csv").close()


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow of the group scale is not installed")
    monkeypatch.setattr(parquet, "ROWS_PER_PART", 2)


@pytest.mark.slow
@pytest.mark.usefixtures("small_parts")
def test_parts_and_journal_together_have_every_row(tmp_path: Path) -> None:
    folder = tmp_path / "out.parquet"
    target = open_at(folder)
    for number in range(5):
        target.append(make_row(number))
    assert list(target.keys()) == keys_of(*range(5))
    names = sorted(path.name for path in folder.iterdir())
    assert names == [".journal.jsonl", "part-000001.parquet", "part-000002.parquet"]
    target._journal.close()  # type: ignore[attr-defined]  # the process is killed
    assert write(folder, 5, 6) == keys_of(*range(7))
    assert not (folder / ".journal.jsonl").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("small_parts")
def test_a_kill_after_a_part_and_before_the_end_of_its_journal_doubles_no_row(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "out.parquet"
    write(folder, 1, 2)
    rows = [json.dumps({"path": "x", "key": key}) + "\n" for key in keys_of(1, 2)]
    (folder / ".journal.jsonl").write_text("".join(rows))
    assert write(folder) == keys_of(1, 2)


@pytest.mark.usefixtures("small_parts")
def test_a_part_that_is_none_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "out.parquet"
    folder.mkdir()
    (folder / "part-000001.parquet").write_bytes(b"text")
    with pytest.raises(ScanError, match="is no part of a scan"):
        list(open_at(folder).keys())


def test_a_missing_package_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(ScanError, match="`make scale` installs it"):
        open_at(tmp_path / "out.parquet")
