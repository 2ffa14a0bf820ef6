"""`manage.py scan`: one row for each picture, in every format, whatever interrupts it."""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.core.management import CommandError, call_command

from detector.inference.results.schema import json_schema
from detector.scanning import engines
from detector.scanning.rows import columns
from detector.scanning.targets.parquet import JOURNAL
from detector.tests.factories.backends import wait_until
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.scanning import POISON, HerePool, save_pictures, start_scan
from detector.tests.factories.stubs import Stub, make_stub

FORMATS = ["jsonl", "csv", "parquet"]


@pytest.fixture(autouse=True)
def stub(use_methods: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> type[Stub]:
    """One method that answers, in this process."""
    monkeypatch.setattr(engines, "Pool", HerePool)
    stub = make_stub()
    use_methods(deep_learning=stub)
    return stub


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_pictures(tmp_path / "photos", 3)


def scan(source: Path | str, output: Path, **options: Any) -> str:
    """What the command says."""
    said = io.StringIO()
    call_command("scan", str(source), output=output, stdout=said, stderr=said, **options)
    return said.getvalue()


def read(output: Path) -> list[dict[str, Any]]:
    if output.suffix == ".jsonl":
        return [json.loads(line) for line in output.read_text().splitlines()]
    if output.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(output.read_text(), newline="")))
    import pyarrow.dataset

    return list(pyarrow.dataset.dataset(output).to_table().to_pylist())


def names(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(Path(row["path"]).name for row in rows)


# Rows


@pytest.mark.slow
@pytest.mark.parametrize("format", FORMATS)
def test_every_picture_has_one_row_and_a_second_scan_adds_none(
    folder: Path, tmp_path: Path, format: str, stub: type[Stub]
) -> None:
    if format == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow of the group scale is not installed")
    output = tmp_path / f"out.{format}"
    (folder / "broken.jpg").write_bytes(b"text")
    assert "4 pictures in " in (said := scan(folder, output)) and "1 have an error" in said
    rows = read(output)
    assert names(rows) == ["000.png", "001.png", "002.png", "broken.jpg"]
    assert len(stub.asked) == 3
    assert "0 pictures in " in (said := scan(folder, output)) and "4 were finished before" in said
    assert read(output) == rows and len(stub.asked) == 3


def test_a_json_row_is_what_detect_gives(folder: Path, tmp_path: Path) -> None:
    scan(folder, tmp_path / "out.jsonl")
    row = next(one for one in read(tmp_path / "out.jsonl") if one["path"].endswith("000.png"))
    assert row.pop("path") == str(folder / "000.png") and len(row.pop("key")) == 32
    jsonschema_rs.validate(json_schema(), row)
    assert row["file"]["name"] == "000.png" and row["verdict"]["lean"] == "ai"


def test_the_columns_of_a_csv_say_the_same(folder: Path, tmp_path: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"text")
    for format in ("csv", "jsonl"):
        scan(folder, tmp_path / f"out.{format}")
    cells = {row["path"]: row for row in read(tmp_path / "out.csv")}
    for row in read(tmp_path / "out.jsonl"):
        mine = cells[row["path"]]
        assert list(mine) == columns()
        assert (mine["key"], mine["version"]) == (row["key"], row["version"])
        assert mine["error"] == row.get("error", "")
        if "error" not in row:
            assert mine["sha256"] == row["file"]["sha256"]
            assert mine["score"] == str(row["verdict"]["score"])
            assert mine["deep_learning_score"] == "0.9"


def test_cells_are_no_formulas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("=1+1.png").write_bytes(encode(noise(), "PNG"))
    Path("list.txt").write_text("=1+1.png\n")
    scan("list.txt", Path("out.csv"))
    assert read(Path("out.csv"))[0]["path"] == "'=1+1.png"
    assert "1 were finished before" in scan("list.txt", Path("out.csv"))


@pytest.mark.slow
@pytest.mark.parametrize("format", FORMATS)
def test_a_name_that_is_not_utf_8_is_escaped(tmp_path: Path, format: str) -> None:
    if format == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow of the group scale is not installed")
    folder = save_pictures(tmp_path / "photos", 1)
    (folder / "000.png").rename(folder / os.fsdecode(b"a\xff\n.png"))
    scan(folder, tmp_path / f"out.{format}")
    (row,) = read(tmp_path / f"out.{format}")
    assert "a\\xff" in row["path"]
    assert "1 were finished before" in scan(folder, tmp_path / f"out.{format}")


# What is done again


def test_a_changed_file_and_a_changed_version_are_done_again(
    folder: Path, tmp_path: Path, stub: type[Stub]
) -> None:
    output = tmp_path / "out.jsonl"
    scan(folder, output)
    (folder / "000.png").write_bytes(encode(noise(), "PNG"))
    assert "1 pictures in " in scan(folder, output)
    assert names(read(output)) == ["000.png", "000.png", "001.png", "002.png"]
    stub.disk = "other weights"
    assert "3 pictures in " in scan(folder, output)


def test_a_torn_last_line_is_dropped_and_its_picture_done_again(
    folder: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.jsonl"
    scan(folder, output)
    output.write_bytes(output.read_bytes()[:-9])
    assert "1 pictures in " in (said := scan(folder, output)) and "2 were finished before" in said
    assert names(read(output)) == ["000.png", "001.png", "002.png"]


def has_runs(runs: Path, wanted: int) -> bool:
    return len(read_runs(runs)) >= wanted


@pytest.mark.browser  # processes of the real program: slow to start
@pytest.mark.parametrize("format", FORMATS)
def test_a_scan_that_is_killed_twice_does_nothing_twice(tmp_path: Path, format: str) -> None:
    if format == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow of the group scale is not installed")
    folder, output = save_pictures(tmp_path / "photos", 24), tmp_path / f"out.{format}"
    runs = tmp_path / "runs"
    finished: dict[str, int] = {}
    for wanted in (7, 17):
        process = start_scan(folder, output, tmp_path)
        wait_until(partial(has_runs, runs, wanted))
        process.kill()
        process.wait()
        times, whole = Counter(read_runs(runs)), read_lines(output).rpartition("\n")[0]
        finished |= {sha: times[sha] for sha in times if sha in whole and sha not in finished}
    assert 3 <= len(finished) < 24
    assert start_scan(folder, output, tmp_path).wait() == 0
    assert names(read(output)) == [f"{number:03}.png" for number in range(24)]
    times = Counter(read_runs(runs))
    assert len(times) == 24 and {sha: times[sha] for sha in finished} == finished


def read_lines(output: Path) -> str:
    """The lines of a table; those of Parquet files are in a journal until there are many."""
    return (output / JOURNAL if output.is_dir() else output).read_text()


def read_runs(path: Path) -> list[str]:
    """The digests of the pictures that were analysed, in order."""
    return path.read_text().split() if path.exists() else []


# What goes wrong


def test_a_picture_that_ends_its_process_three_times_is_one_row(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "poison.png").write_bytes(POISON)
    scan(folder, tmp_path / "out.jsonl")
    rows = read(tmp_path / "out.jsonl")
    assert names(rows) == ["000.png", "001.png", "002.png", "poison.png"]
    (error,) = [row["error"] for row in rows if "error" in row]
    assert "broke off at this one" in error and HerePool.asked == 3 + 3


@pytest.mark.parametrize(
    ("name", "why"),
    [("out.xml", "accepted are .jsonl, .csv, .parquet"), ("none/out.csv", "cannot be written")],
)
def test_an_output_that_cannot_be_one_is_refused(
    folder: Path, tmp_path: Path, name: str, why: str
) -> None:
    with pytest.raises(CommandError, match=why):
        scan(folder, tmp_path / name)


def test_a_folder_without_pictures_and_a_source_that_is_not_there_are_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CommandError, match="no picture in the source"):
        scan(tmp_path / "empty", tmp_path / "out.jsonl")
    with pytest.raises(CommandError, match="is not there; accepted are a folder"):
        scan(tmp_path / "none", tmp_path / "out.jsonl")


def test_what_is_left_out_is_said(folder: Path, tmp_path: Path) -> None:
    (folder / "notes.txt").touch()
    assert "the first is notes.txt" in scan(folder, tmp_path / "out.jsonl")


def test_an_address_without_ray_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--address is for --engine ray"):
        scan(folder, tmp_path / "out.jsonl", address="ray://host:10001")
