"""The state of a weights folder: another one when, and only when, its content changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from detector.inference.weights.folder import folder_state


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.bin").write_bytes(b"1234")
    (folder / "config.json").write_text("{}")
    return folder


def later(file: Path) -> None:
    """Move the file's time on, as a second write would."""
    stat = file.stat()
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns + 10**9))


def test_reading_twice_gives_the_same(folder: Path) -> None:
    assert folder_state(folder) == folder_state(folder) != ""


def test_a_missing_or_empty_folder_has_no_state(tmp_path: Path) -> None:
    assert folder_state(tmp_path / "missing") == folder_state(tmp_path) == ""


def test_new_content_of_the_same_size_changes_the_state(folder: Path) -> None:
    before = folder_state(folder)
    (folder / "model.bin").write_bytes(b"4321")
    later(folder / "model.bin")
    assert folder_state(folder) != before


def test_touching_a_file_does_not_change_the_state(folder: Path) -> None:
    before = folder_state(folder)
    later(folder / "model.bin")
    assert folder_state(folder) == before


def test_old_content_has_the_old_state_again(folder: Path) -> None:
    before = folder_state(folder)
    (folder / "model.bin").write_bytes(b"longer")
    assert folder_state(folder) != before
    (folder / "model.bin").write_bytes(b"1234")
    assert folder_state(folder) == before


def test_the_place_of_the_folder_does_not_matter(folder: Path, tmp_path: Path) -> None:
    before = folder_state(folder)
    assert folder_state(folder.rename(tmp_path / "moved")) == before


@pytest.mark.parametrize("change", ["added", "removed", "renamed", "swapped"])
def test_other_files_change_the_state(folder: Path, change: str) -> None:
    before = folder_state(folder)
    model, config = folder / "model.bin", folder / "config.json"
    match change:
        case "added":
            (folder / "more.json").touch()
        case "removed":
            config.unlink()
        case "renamed":
            config.rename(folder / "other.json")
        case "swapped":
            model.rename(folder / "x"), config.rename(model), (folder / "x").rename(config)
    assert folder_state(folder) != before


def test_a_file_that_cannot_be_read_is_no_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user's file, or one that is being replaced; loading it will say what is wrong."""
    before = folder_state(folder)
    later(folder / "model.bin")

    def refuse(*args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert folder_state(folder) not in ("", before)


def test_a_file_under_another_name_changes_the_state(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"1")
    before = folder_state(tmp_path)
    (tmp_path / "model.bin").rename(tmp_path / "other.bin")
    assert folder_state(tmp_path) != before
