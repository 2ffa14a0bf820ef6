"""`manage.py detect`: what it takes, what it prints, and how it fails."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from detector.inference.methods import METHODS
from detector.inference.names import printable
from detector.inference.pixels.conditions import RESHIPPED
from detector.inference.results.schema import json_schema
from detector.renderings import RENDERINGS
from detector.tests.factories.pictures import encode, frames, photo
from detector.tests.factories.processes import HEAVY, loaded_after, run_python
from detector.tests.factories.stubs import Stub, make_stub

BRACKETS = "holiday [2024] (1).jpg"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures at two depths, and two files that are none."""
    folder = tmp_path / "photos"
    (folder / "deeper" / "still").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(encode(photo(), "JPEG"))
    (folder / BRACKETS).write_bytes(encode(photo(), "PNG"))
    (folder / "deeper" / "still" / "b.WEBP").write_bytes(encode(photo(), "WEBP"))
    (folder / "notes.txt").write_text("no picture")
    return folder


@pytest.fixture(autouse=True)
def stub(use_methods: Callable[..., None]) -> type[Stub]:
    """One method that answers, in the place of one that the fusion knows."""
    stub = make_stub()
    use_methods(deep_learning=stub)
    return stub


def detect(*paths: Path | str, **options: Any) -> str:
    out = io.StringIO()
    call_command("detect", *map(str, paths), stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def detect_rows(*paths: Path | str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in detect(*paths, format="jsonl").splitlines()]


def fail(*paths: Path | str, format: str = "jsonl") -> tuple[str, str]:
    """What is printed before the command fails, and its last words."""
    out = io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("detect", *map(str, paths), stdout=out, format=format)
    return out.getvalue(), str(caught.value)


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [Path(row["path"]).name for row in rows]


# What it takes


def test_a_folder_is_searched_at_any_depth(folder: Path) -> None:
    assert names(detect_rows(folder)) == ["a.jpg", "b.WEBP", BRACKETS]


def test_globs_files_and_folders_may_be_mixed(folder: Path) -> None:
    rows = detect_rows(folder / "*.jpg", folder / "deeper", folder / "a.jpg")
    assert names(rows) == ["a.jpg", BRACKETS, "b.WEBP", "a.jpg"]


def test_a_name_with_brackets_is_no_glob(folder: Path) -> None:
    assert names(detect_rows(folder / BRACKETS)) == [BRACKETS]


def test_a_file_named_outright_is_read_whatever_its_suffix(folder: Path) -> None:
    (folder / "notes.txt").write_bytes(encode(photo(), "PNG"))
    assert names(detect_rows(folder / "notes.txt")) == ["notes.txt"]


@pytest.mark.parametrize("missing", ["gone.jpg", "*.tiff", "x" * 300])
def test_what_does_not_exist_is_said(folder: Path, missing: str) -> None:
    out, last = fail(folder / missing)
    assert json.loads(out)["error"].startswith("The file cannot be read")
    assert last == "1 of 1 could not be read."


def test_a_folder_without_pictures_is_said(tmp_path: Path) -> None:
    assert "no picture" in fail(tmp_path)[1]


def test_an_unknown_method_or_format_is_refused(folder: Path) -> None:
    with pytest.raises(CommandError, match="tea_leaves"):
        call_command("detect", str(folder), "--only", "tea_leaves")
    with pytest.raises(CommandError, match="xml"):
        call_command("detect", str(folder), "--format", "xml")


# What it prints


def test_a_json_line_has_the_documented_shape(folder: Path) -> None:
    (row,) = detect_rows(folder / "a.jpg")
    assert row.pop("path") == str(folder / "a.jpg")
    jsonschema_rs.validate(json_schema(), row)
    file = row["file"]
    assert file["name"] == "a.jpg" and len(file["sha256"]) == 64
    assert file["size"] == (folder / "a.jpg").stat().st_size
    assert uuid.UUID(row["id"]) and datetime.fromisoformat(row["created"]).tzinfo
    (method,) = row["methods"]
    assert (method["key"], method["score"], method["status"]) == ("deep_learning", 0.9, "ok")
    assert method["findings"][0]["code"] == "deep_learning.agree"


def test_notes_are_passed_on(folder: Path) -> None:
    (folder / "a.gif").write_bytes(frames("GIF"))
    assert detect_rows(folder / "a.gif")[0]["notes"][0]["code"] == "picture.frames"


def test_an_unreadable_file_has_a_line_of_its_own_and_the_others_go_on(folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"text")
    out, last = fail(folder)
    rows = [json.loads(line) for line in out.splitlines()]
    assert names(rows) == ["a.jpg", "broken.jpg", "b.WEBP", BRACKETS]
    assert set(rows[1]) == {"path", "error"} and "not a picture" in rows[1]["error"]
    assert all("verdict" in row for row in rows if row is not rows[1])
    assert last == "1 of 4 could not be read."


def test_csv_has_one_row_a_picture_under_one_header(folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"text")
    rows = list(csv.DictReader(io.StringIO(fail(folder, format="csv")[0])))
    assert names(rows) == ["a.jpg", "broken.jpg", "b.WEBP", BRACKETS]
    assert rows[0]["deep_learning_score"] == "0.9" and rows[0]["label"] in ("ai", "uncertain")
    assert rows[0]["error"] == "" and "not a picture" in rows[1]["error"]
    assert None not in rows[0] and None not in rows[0].values()


@pytest.mark.parametrize("name", ["a, b.jpg", 'a "b".jpg', "été 🖼.jpg", "a\u3000b.jpg"])
def test_any_name_that_can_be_printed_survives_csv_and_json(folder: Path, name: str) -> None:
    path = (folder / "a.jpg").rename(folder / name)
    (row,) = csv.DictReader(io.StringIO(detect(path, format="csv"), newline=""))
    assert row["path"] == str(path) == detect_rows(path)[0]["path"]


UNPRINTABLE = ["a\nb", "a\rb", "\x1b[31mred", "a\x9b2Jb", "a\u202egpj.exe", "\tb", "a\u2028b"]


@pytest.mark.slow
@pytest.mark.parametrize("name", UNPRINTABLE)
@pytest.mark.parametrize("format", RENDERINGS)
def test_what_cannot_be_printed_is_shown_escaped(folder: Path, name: str, format: str) -> None:
    path = (folder / "a.jpg").rename(folder / f"{name}.jpg")
    lines = detect(path, format=format).split("\n")
    assert len(lines) <= 3 and all(line.isprintable() for line in lines)
    if format == "jsonl":
        assert json.loads(lines[0])["path"] == str(path)


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＠1"])
def test_no_cell_of_the_csv_is_a_formula(
    folder: Path, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    Path(f"{start}.jpg").write_bytes((folder / "a.jpg").read_bytes())
    Path(f"{start}.png").write_bytes(b"no picture")
    text = fail("--", f"{start}.jpg", f"{start}.png", format="csv")[0]
    for row in csv.DictReader(io.StringIO(text, newline="")):
        assert row["path"][0] in "'\\" and printable(start) in row["path"]
        assert all(not cell or cell[0] not in "=+-@\t\r＝＠" for cell in row.values())


# What it looks for in folders


def answers(*paths: Path | str) -> tuple[list[str], str]:
    """Names of the pictures that were answered, and what was said beside."""
    out, err = io.StringIO(), io.StringIO()
    call_command("detect", *map(str, paths), format="jsonl", stdout=out, stderr=err)
    return names([json.loads(line) for line in out.getvalue().splitlines()]), err.getvalue()


def test_what_is_left_out_for_its_name_is_counted_and_said(folder: Path) -> None:
    (folder / ".hidden.jpg").touch()
    (folder / "deeper" / "no suffix").touch()
    said = answers(folder)[1]
    assert "3 hidden, or not named like a picture (" in said and "the first is .hidden.jpg" in said
    assert ".hif" in said


@pytest.mark.parametrize("at", ["link", "loop", "self.jpg", "gone.jpg"])
def test_links_to_folders_are_not_followed_and_said(folder: Path, at: str) -> None:
    targets: dict[str, str | Path] = {
        "link": "/",
        "loop": folder,
        "self.jpg": folder / "self.jpg",
        "gone.jpg": "gone",
    }
    (folder / "deeper" / at).symlink_to(targets[at])
    found, said = answers(folder)
    assert found == ["a.jpg", "b.WEBP", BRACKETS]
    assert "1 links to folders, to themselves or to nothing, which are not followed" in said
    assert f"the first is deeper/{at}." in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("**/*", ["a.jpg", "b.WEBP", BRACKETS]),
        ("**", ["a.jpg", "b.WEBP", BRACKETS]),
        ("*", ["a.jpg", "b.WEBP", BRACKETS]),
        ("**/*.jpg", ["a.jpg", BRACKETS]),
        ("*/*/*", ["b.WEBP"]),
    ],
)
def test_globs_follow_no_links_to_folders_and_name_nothing_twice(
    folder: Path, pattern: str, wanted: list[str]
) -> None:
    (folder / "notes.txt").unlink()
    (folder / ".hidden.jpg").touch()
    (folder / "all").symlink_to("/")
    (folder / "again").symlink_to(folder)
    assert sorted(answers(folder / pattern)[0]) == sorted(wanted)


def test_links_to_pictures_are_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "a.jpg").symlink_to(folder / "a.jpg")
    assert answers(tmp_path / "links")[0] == ["a.jpg"]


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jpg")
    found, said = answers(folder)
    assert "pipe.jpg" not in found and "1 pipes, sockets or devices; the first is pipe.jpg" in said


@pytest.mark.parametrize("format", ["table", "jsonl", "csv"])
def test_a_name_that_is_not_utf_8_can_be_printed(folder: Path, format: str) -> None:
    path = (folder / "a.jpg").rename(folder / os.fsdecode(b"a\xff.jpg"))
    assert "a\\xff.jpg" in detect(path, format=format).encode().decode().replace("\\\\", "\\")


def test_the_table_is_aligned_and_says_the_verdict_in_words(folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"text")
    header, first, broken, *_ = fail(folder, format="table")[0].splitlines()
    assert header.split() == ["picture", "result", "AI", "M1", "ms"]
    assert (
        "a.jpg" in first
        and " 90%" in first
        and " cannot tell, leans to AI " in first
        and len(first) == len(header)
    )
    assert "not a picture of a known kind" in broken


def test_long_paths_are_cut_at_their_beginning(folder: Path) -> None:
    path = (folder / "a.jpg").rename(folder / f"{'x' * 90}.jpg")
    line = detect(path).splitlines()[1]
    assert line.startswith("...xxx") and "xx.jpg " in line


def test_methods_left_out_by_only_do_not_run(
    folder: Path, use_methods: Callable[..., None]
) -> None:
    first, second = make_stub(), make_stub()
    use_methods(deep_learning=first, other=second)
    out = io.StringIO()
    call_command(
        "detect", str(folder / "a.jpg"), "--only", "other", "--format", "jsonl", stdout=out
    )
    assert [method["key"] for method in json.loads(out.getvalue())["methods"]] == ["other"]
    assert not first.asked and second.asked


# As a process


@pytest.mark.slow
def test_exit_status_and_streams_of_the_real_command(folder: Path, tmp_path: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"text")
    done = run_python(
        "manage.py", "detect", str(folder), "--only", "forensics", "--format", "jsonl",
        data_dir=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 4
    assert "\r" not in done.stdout and "%|" not in done.stdout
    left_out, last = done.stderr.splitlines()
    assert left_out.endswith("the first is notes.txt.")
    assert last == "CommandError: 1 of 4 could not be read."


def detect_in_shell(folder: Path, tmp_path: Path, rest: str) -> tuple[int, str, str]:
    """Status and streams of `manage.py detect` on one picture, as a shell runs it with `rest`."""
    command = f"{sys.executable} manage.py detect {folder / 'a.jpg'} --only forensics {rest}"
    code = f"import subprocess\nraise SystemExit(subprocess.call({command!r}, shell=True))"
    done = run_python("-c", code, data_dir=tmp_path)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
def test_streams_that_are_closed_full_or_cut_off_give_no_traceback(
    folder: Path, tmp_path: Path
) -> None:
    assert detect_in_shell(folder, tmp_path, ">&-") == (0, "", "")
    code, output, _ = detect_in_shell(folder, tmp_path, "2>&-")
    assert code == 0 and "a.jpg" in output
    said = "Not all could be written: [Errno 28] No space left on device.\n"
    assert detect_in_shell(folder, tmp_path, ">/dev/full") == (1, "", said)
    assert detect_in_shell(folder, tmp_path, "| true") == (0, "", "")


def test_ctrl_c_ends_it_without_a_traceback(tmp_path: Path) -> None:
    code = (
        "import manage, os, signal\n"
        "manage.run = lambda argv: os.kill(os.getpid(), signal.SIGINT)\nmanage.main()"
    )
    done = run_python("-c", code, data_dir=tmp_path)
    assert (done.returncode, done.stderr) == (130, "")


def test_a_list_of_trusted_signers_that_cannot_be_read_is_refused(
    folder: Path, settings: Settings, tmp_path: Path
) -> None:
    settings.C2PA_TRUST_ANCHORS = tmp_path / "none.pem"
    with pytest.raises(CommandError, match=r"C2PA_TRUST_ANCHORS: .*none.pem cannot be read"):
        detect(folder / "a.jpg")


@pytest.mark.slow
def test_forensics_alone_loads_neither_a_heavy_library_nor_the_site(
    folder: Path, tmp_path: Path
) -> None:
    argv = ["manage.py", "detect", str(folder / "a.jpg"), "--only", "forensics"]
    code = f"from manage import run\nrun({argv!r})"
    unwanted = [*HEAVY, "django.contrib.admin", "django.db.models", "django.urls", "numpy.ma"]
    assert loaded_after(code, unwanted, tmp_path) == []


@pytest.mark.slow
def test_other_settings_can_be_named(folder: Path, tmp_path: Path) -> None:
    path = str(folder / "a.jpg")
    done = run_python("manage.py", "detect", path, "--settings=nonsense", data_dir=tmp_path)
    said = "The settings are not right: DJANGO_SETTINGS_MODULE is 'nonsense': No module named"
    assert done.returncode == 1 and done.stderr.startswith(said)


@pytest.mark.slow
def test_the_log_of_the_settings_is_used(folder: Path, tmp_path: Path) -> None:
    argv = ["manage.py", "detect", str(folder / "a.jpg"), "--only", "forensics"]
    code = (
        f"from manage import run\nrun({argv!r})\n"
        "import logging\nlogging.getLogger('detector').info('heard')"
    )
    done = run_python("-c", code, data_dir=tmp_path)
    assert re.fullmatch(r"\S+ \S+ INFO heard\n", done.stderr)


def test_every_method_has_its_columns(
    folder: Path, monkeypatch: pytest.MonkeyPatch, stub: type[Stub]
) -> None:
    monkeypatch.setitem(METHODS, "fifth", METHODS["deep_learning"])
    (row,) = csv.DictReader(io.StringIO(detect(folder / "a.jpg", format="csv")))
    assert row["fifth_score"] == row["deep_learning_score"] == "0.9"


def test_stability_is_checked_on_request(folder: Path) -> None:
    (plain,) = detect_rows(folder / "a.jpg")
    (asked,) = map(
        json.loads, detect(folder / "a.jpg", format="jsonl", stability=True).splitlines()
    )
    assert plain["verdict"]["stability"] is None
    (cell,) = csv.DictReader(io.StringIO(detect(folder / "a.jpg", format="csv", stability=True)))
    assert cell["stability"] == ("holds" if asked["verdict"]["stability"]["holds"] else "changes")
    (cell,) = csv.DictReader(io.StringIO(detect(folder / "a.jpg", format="csv")))
    assert cell["stability"] == ""
    assert set(asked["verdict"]["stability"]["scores"]) == set(RESHIPPED)
