"""The one walk over folders: what it finds, what it leaves out, and that nothing stops it."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest
from PIL import Image

from detector.inference.folders import MOST_FAULTS, LeftOut, Walk
from detector.inference.formats import FORMATS, SUFFIXES
from detector.inference.images import open_image
from detector.inference.names import LONGEST_NAME, brief, printable
from detector.tests.factories.pictures import encode, noise


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root" / "inner").mkdir(parents=True)
    (tmp_path / "root" / "inner" / "a.jpg").write_bytes(b"1234")
    return tmp_path / "root"


def walk(root: Path) -> tuple[list[str], LeftOut]:
    walk = Walk(root)
    return sorted(file.path for file in walk), walk.left_out


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_every_suffix_is_found_in_any_case(root: Path, suffix: str) -> None:
    (root / f"b{suffix}").touch()
    (root / f"c{suffix.upper()}").touch()
    assert walk(root)[0] == [f"b{suffix}", f"c{suffix.upper()}", "inner/a.jpg"]


def test_the_suffixes_are_those_of_the_accepted_formats() -> None:
    open_image(encode(noise(), "HEIF"))  # registers what Pillow does not know by itself
    own = {*FORMATS, "MPO", "DIB"}
    known = {suffix for suffix, name in Image.registered_extensions().items() if name in own}
    assert known - {".hif"} <= SUFFIXES and {".hif", ".avifs", ".apng", ".dib"} <= SUFFIXES


def test_size_and_time_are_those_of_the_file(root: Path) -> None:
    (file,) = Walk(root)
    status = (root / "inner" / "a.jpg").stat()
    assert (file.size, file.mtime_ns) == (4, status.st_mtime_ns)


@pytest.mark.parametrize("target", ["/", ".", "..", "inner", "nowhere", "link"])
def test_links_to_folders_and_to_nowhere_are_counted_and_not_followed(
    root: Path, target: str
) -> None:
    (root / "link").symlink_to(target)
    (root / "inner" / "link.jpg").symlink_to(target)
    found, left_out = walk(root)
    assert found == ["inner/a.jpg"]
    assert (left_out.links.count, left_out.links.first) == (2, "inner/link.jpg")
    assert not left_out.faults.count


def test_links_to_files_are_followed_and_the_folder_itself_may_be_one(
    root: Path, tmp_path: Path
) -> None:
    (root / "linked.png").symlink_to(root / "inner" / "a.jpg")
    (tmp_path / "other").symlink_to(root)
    assert walk(tmp_path / "other")[0] == ["inner/a.jpg", "linked.png"]


def test_what_is_no_file_is_counted_and_never_opened(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(root / "pipe.jpg")
    (root / "link.jpg").symlink_to("pipe.jpg")
    (root / "device.jpg").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(root)  # the name of a socket may have 108 characters
        listening.bind("socket.jpg")
    found, left_out = walk(root)
    assert found == ["inner/a.jpg"]
    assert (left_out.special.count, left_out.special.first) == (4, "device.jpg")


def test_names_that_are_not_those_of_pictures_are_counted(root: Path) -> None:
    (root / ".cache").mkdir()
    for name in (".cache/b.jpg", "._a.jpg", "notes.txt", "inner/jpg", "inner/a.jpg.part"):
        (root / name).touch()
    found, left_out = walk(root)
    assert found == ["inner/a.jpg"]
    assert (left_out.names.count, left_out.names.first) == (5, "._a.jpg")
    assert ".hif" in left_out.sentences()[0] and "5 hidden, or not named" in left_out.sentences()[0]


def test_skipped_names_are_skipped_at_the_top_alone(root: Path) -> None:
    for folder in ("splits", "inner/splits"):
        (root / folder).mkdir()
        (root / folder / "b.jpg").touch()
    walk = Walk(root, skip=frozenset({"splits"}))
    assert {file.path for file in walk} == {"inner/a.jpg", "inner/splits/b.jpg"}
    assert not walk.left_out.sentences()


def test_a_folder_that_is_gone_is_a_fault(tmp_path: Path) -> None:
    found, left_out = walk(tmp_path / "gone")
    assert not found and left_out.sentences() == [". cannot be read: No such file or directory."]


def test_folders_that_cannot_be_read_are_named_and_the_others_go_on(root: Path) -> None:
    """As another user, since root may read everything."""
    for index in range(MOST_FAULTS + 3):
        (root / f"shut{index}").mkdir(mode=0)
    root.chmod(0o755)
    read, write = os.pipe()
    if not (child := os.fork()):
        os.chdir(root)  # the folders above are closed to that user
        if os.getuid() == 0:
            os.setuid(65534)
        found, left_out = walk(Path())
        os.write(write, json.dumps([found, left_out.sentences()]).encode())
        os._exit(0)
    os.waitpid(child, 0)
    found, said = json.loads(os.read(read, 65536))
    assert found == ["inner/a.jpg"] and len(said) == MOST_FAULTS + 1
    assert said[0].startswith("shut") and said[0].endswith("/ cannot be read: Permission denied.")
    assert said[-1] == "3 more cannot be read."


def test_folders_nested_too_deep_for_a_path_are_named(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made step by step, as a path of the whole could not be: it has more than 4,096 bytes."""
    monkeypatch.chdir(root)
    for _ in range(20):
        os.mkdir("d" * 250)
        os.chdir("d" * 250)
    found, left_out = walk(root)
    assert found == ["inner/a.jpg"] and left_out.faults.count == 1
    (said,) = left_out.sentences()
    assert said.endswith("cannot be read: File name too long.") and len(said) < 300


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("été 🖼\u00a0\u3000.jpg", "été 🖼\u00a0\u3000.jpg"),
        (os.fsdecode(b"caf\xe9"), "caf\\xe9"),
        ("a\nb\tc\x1b[2J", "a\\nb\\tc\\x1b[2J"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("a\u2028b\x9b", "a\\u2028b\\x9b"),
        ("\ud800", "\\ud800"),
    ],
)
def test_names_are_shown_in_one_line_that_can_be_encoded(name: str, expected: str) -> None:
    assert printable(name) == expected
    assert len(expected.encode().splitlines()) == 1


def test_of_a_long_path_the_end_is_shown() -> None:
    assert brief("a" * 5000 + "/b.jpg").endswith("aaa/b.jpg")
    assert len(brief("a" * 5000)) == LONGEST_NAME
