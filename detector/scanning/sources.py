"""Where the pictures of a scan are: a folder, a text file of paths, or a bucket.

A source may be walked more than once, and is never held in memory as a whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from detector.inference.folders import Walk
from detector.inference.names import brief

from .bucket import SCHEME, connect, list_objects, read_object_state, split_address
from .errors import ScanError
from .pictures import Picture, read_state, write_state


class Source(Protocol):
    """The pictures. After a walk, `left_out` says what else is there, and `unread` counts what
    could not be looked into.
    """

    left_out: list[str]
    unread: int

    def __iter__(self) -> Iterator[Picture]: ...

    def count(self) -> int:
        """The number of pictures."""


class Folder:
    """The pictures at any depth below a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.left_out: list[str] = []
        self.unread = 0

    def __iter__(self) -> Iterator[Picture]:
        walk = Walk(self._root)
        for file in walk:
            yield Picture(str(self._root / file.path), write_state(file.size, file.mtime_ns))
        self.left_out, self.unread = walk.left_out.sentences(), walk.left_out.faults.count

    def count(self) -> int:
        """The number of pictures."""
        return sum(1 for _ in Walk(self._root))


class List:
    """The pictures that a text file names, one path or address a line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.left_out: list[str] = []
        self.unread = 0

    def __iter__(self) -> Iterator[Picture]:
        for name in self._names():
            yield Picture(name, _look_at(name))

    def count(self) -> int:
        """The number of pictures; none of them is looked at."""
        return sum(1 for _ in self._names())

    def _names(self) -> Iterator[str]:
        with self._path.open("rb") as lines:
            for line in lines:
                if name := os.fsdecode(line.rstrip(b"\r\n")):
                    yield name


def _look_at(name: str) -> str:
    return read_object_state(name) if name.startswith(SCHEME) else read_state(name)


class Bucket:
    """The pictures below a prefix of a bucket."""

    def __init__(self, address: str) -> None:
        split_address(address)
        connect()
        self._address = address
        self.left_out: list[str] = []
        self.unread = 0

    def __iter__(self) -> Iterator[Picture]:
        for name, state in list_objects(self._address):
            yield Picture(name, state)

    def count(self) -> int:
        """The number of pictures."""
        return sum(1 for _ in list_objects(self._address))


def open_source(text: str) -> Source:
    """The source that the text names. Raises `ScanError` for one that is not there."""
    if text.startswith(SCHEME):
        return Bucket(text)
    path = Path(text)
    if path.is_dir():
        return Folder(path)
    if path.is_file():
        return List(path)
    raise ScanError(
        f"The source {brief(text)} is not there; accepted are a folder, a text file of paths and "
        "s3://bucket/prefix."
    )
