"""The state of a weights folder, computed fast enough to check before every picture.

Folders that ship hold a file of digests, which `sha256sum --check` reads as well: a file that is
not the one that was measured gives answers that nobody has measured.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from detector.inference.names import printable

from .ranges import read_small

DIGESTS = "SHA256SUMS"
# The card is for people; the digests cannot hold their own.
NOT_DIGESTED = frozenset({DIGESTS, "README.md"})
MAX_DIGESTS_BYTES = 2**16
MEND = "restore it from the repository, or run manage.py write_digests if you changed it on purpose"


class NotAsShipped(ValueError):
    """A file is missing, surplus or not the one that was measured; `file` is "folder/name"."""

    def __init__(self, file: str, what: str) -> None:
        super().__init__(f"{file} {what}; {MEND}")
        self.file = file


def folder_state(folder: Path) -> str:
    """A digest of the files in a folder; it changes when, and only when, their content does.

    Never raises: what cannot be read is for the method that wants to load it to report.
    """
    return files_state(f for f in folder.glob("*") if f.is_file()) if folder.is_dir() else ""


def files_state(files: Iterable[Path]) -> str:
    """A digest of names and content; empty for no files. Never raises."""
    digests = [(file.name, _state(file)) for file in sorted(files)]
    return hashlib.sha256(repr(digests).encode()).hexdigest() if digests else ""


def check_digests(folder: Path) -> None:
    """Raises `OSError`, or `NotAsShipped` for the first file that is not as it shipped."""
    digests = _read_digests(folder)
    there = {file.name for file in _digested(folder)}
    for name in sorted(digests.keys() | there):
        file = f"{folder.name}/{printable(name)}"
        if name not in there:
            raise NotAsShipped(file, "is missing")
        if name not in digests:
            raise NotAsShipped(file, f"is not listed in {DIGESTS} and should be removed")
        if (digest := _state(folder / name)) != digests[name]:
            difference = (
                f"has the SHA-256 digest {digest[:12]}, but {DIGESTS} says {digests[name][:12]}"
            )
            raise NotAsShipped(file, difference)


def write_digests(folder: Path) -> None:
    """Write the digests of a folder whose files are as they are to ship. Raises `OSError`."""
    lines = [f"{_digest_of(file)}  {file.name}\n" for file in sorted(_digested(folder))]
    (folder / DIGESTS).write_text("".join(lines))


def _digested(folder: Path) -> list[Path]:
    """The files that digests are kept of: all but hidden ones and those of NOT_DIGESTED."""
    files = [file for file in folder.glob("*") if file.is_file()]
    return [f for f in files if f.name not in NOT_DIGESTED and not f.name.startswith(".")]


def _read_digests(folder: Path) -> dict[str, str]:
    """Digest by name."""
    if not (folder / DIGESTS).exists():
        raise NotAsShipped(f"{folder.name}/{DIGESTS}", "is missing")
    text = read_small(folder / DIGESTS, MAX_DIGESTS_BYTES).decode(errors="replace")
    if not re.fullmatch(r"([0-9a-f]{64}  [^/\n]+\n)+", text):
        raise NotAsShipped(f"{folder.name}/{DIGESTS}", "is not in the format that sha256sum writes")
    rows = (line.split("  ", 1) for line in text.splitlines())
    return {name: digest for digest, name in rows}


def _state(file: Path) -> str:
    try:
        stat = file.stat()
        return _digest(file, stat.st_size, stat.st_mtime_ns)
    except OSError:  # not ours to read, or replaced at this moment
        return "unreadable"


@lru_cache(maxsize=256)
def _digest(path: Path, _size: int, _mtime_ns: int) -> str:
    # Size and time are part of the key: a file that did not change is not read again.
    return _digest_of(path)


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
