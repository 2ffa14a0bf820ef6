"""What lies in a weights folder, told cheaply enough to ask before every picture."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path


def folder_state(folder: Path) -> str:
    """A digest of the files in a folder; it changes when, and only when, their content does."""
    files = sorted(f for f in folder.glob("*") if f.is_file()) if folder.is_dir() else []
    digests = [(f.name, _digest(f, f.stat().st_size, f.stat().st_mtime_ns)) for f in files]
    return hashlib.sha256(repr(digests).encode()).hexdigest() if files else ""


@lru_cache(maxsize=256)
def _digest(path: Path, _size: int, _mtime_ns: int) -> str:
    # Size and time are part of the key: a file that did not change is not read again.
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
