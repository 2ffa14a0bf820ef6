"""What lies in a weights folder, told cheaply enough to ask before every picture."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path


def folder_state(folder: Path) -> str:
    """A digest of the files in a folder; it changes when, and only when, their content does.

    Never raises: what cannot be read is for the method that wants to load it to report.
    """
    return files_state(f for f in folder.glob("*") if f.is_file()) if folder.is_dir() else ""


def files_state(files: Iterable[Path]) -> str:
    """A digest of names and content; empty for no files. Never raises."""
    digests = [(file.name, _state(file)) for file in sorted(files)]
    return hashlib.sha256(repr(digests).encode()).hexdigest() if digests else ""


def _state(file: Path) -> str:
    try:
        stat = file.stat()
        return _digest(file, stat.st_size, stat.st_mtime_ns)
    except OSError:  # not ours to read, or replaced at this moment
        return "unreadable"


@lru_cache(maxsize=256)
def _digest(path: Path, _size: int, _mtime_ns: int) -> str:
    # Size and time are part of the key: a file that did not change is not read again.
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
