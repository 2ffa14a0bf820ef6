"""Finds the pictures below a folder: the one walk that all commands share.

Links to folders are not followed: they may lead in circles, or out of the folder to all of the
machine. Links to files are, since a set of pictures is often made of links. What is neither file
nor folder is never opened, since a pipe would be waited for; a folder that cannot be read does not
keep the others from being read. All that is left out is counted, and said.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .formats import SUFFIXES
from .names import brief

MOST_FAULTS = 10


@dataclass(frozen=True)
class File:
    """A file that is named like a picture; `path` is relative to the folder, with `/`."""

    path: str
    size: int
    mtime_ns: int


@dataclass
class Tally:
    """How many entries were left out for one reason, and the first by name."""

    count: int = 0
    first: str = ""

    def add(self, path: str) -> None:
        self.first = path if not self.count else min(self.first, path)
        self.count += 1


@dataclass
class LeftOut:
    """The entries that a walk has left out.

    `names` do not end like a picture or are hidden, `links` lead to folders, in a circle or
    nowhere, `special` are pipes, sockets and devices. `unread` says for the first MOST_FAULTS of
    `faults` why they could not be read.
    """

    names: Tally = field(default_factory=Tally)
    links: Tally = field(default_factory=Tally)
    special: Tally = field(default_factory=Tally)
    faults: Tally = field(default_factory=Tally)
    unread: dict[str, str] = field(default_factory=dict)

    def add_fault(self, path: str, error: OSError) -> None:
        """A folder or file that cannot be read."""
        self.faults.add(path)
        if len(self.unread) < MOST_FAULTS:
            self.unread[path] = error.strerror or type(error).__name__

    def sentences(self) -> list[str]:
        """Sentences about the entries that were left out; empty if there are none."""
        sentences = [
            f"{brief(path)} cannot be read: {reason}." for path, reason in self.unread.items()
        ]
        if remainder := self.faults.count - len(self.unread):
            sentences.append(f"{remainder:,} more cannot be read.")
        for tally, reason in (
            (self.links, "links to folders, to themselves or to nothing, which are not followed"),
            (self.special, "pipes, sockets or devices"),
            (self.names, f"hidden, or not named like a picture ({', '.join(sorted(SUFFIXES))})"),
        ):
            if tally.count:
                sentences.append(
                    f"Left out: {tally.count:,} {reason}; the first is {brief(tally.first)}."
                )
        return sentences


class Walk:
    """The pictures below `root`, in no order; in the end `left_out` says what else is there.

    `skip` are names right below `root` that are passed over in silence.
    """

    def __init__(self, root: Path, skip: frozenset[str] = frozenset()) -> None:
        self.root, self.skip = root, skip
        self.left_out = LeftOut()
        self._folders: list[str] = []

    def __iter__(self) -> Iterator[File]:
        self._folders = [""]
        while self._folders:
            prefix = self._folders.pop()
            try:
                with os.scandir(self.root / prefix) as entries:
                    for entry in entries:
                        if (prefix or entry.name not in self.skip) and (
                            file := self._look_at(entry, prefix + entry.name)
                        ):
                            yield file
            except OSError as error:
                self.left_out.add_fault(prefix or ".", error)

    def _look_at(self, entry: os.DirEntry[str], path: str) -> File | None:
        """The file if it may be a picture; a folder is queued, and other entries are counted."""
        try:
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                self._folders.append(f"{path}/")
                return None
            if tally := self._why_not(entry):
                tally.add(path)
                return None
            status = entry.stat()
            return File(path, status.st_size, status.st_mtime_ns)
        except OSError as error:
            self.left_out.add_fault(path, error)
            return None

    def _why_not(self, entry: os.DirEntry[str]) -> Tally | None:
        """The reason why an entry is left out; None for a picture. Raises `OSError`."""
        if entry.name.startswith("."):
            return self.left_out.names
        if entry.is_symlink() and (not os.path.exists(entry.path) or entry.is_dir()):
            return self.left_out.links
        if os.path.splitext(entry.name)[1].lower() not in SUFFIXES:
            return self.left_out.names
        return None if entry.is_file() else self.left_out.special
