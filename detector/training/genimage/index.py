"""The scanned pictures in a SQLite file, so that a scan can resume and memory stays bounded."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from itertools import islice
from pathlib import Path
from typing import Any

from detector.inference.folders import File

from .reading import Facts

NAME = ".scan.sqlite3"
SCHEMA_VERSION = 1  # raise it whenever `read_facts` answers otherwise: then all is read again
BATCH = 10_000

# Paths are bytes, since names need not be UTF-8. A picture is pending while it has neither facts
# (told by its sha256) nor a reason for being left out.
SCHEMA = """
    CREATE TABLE picture (
        path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, walk INTEGER, reason TEXT,
        sha256 BLOB, phash INTEGER, flat INTEGER, width INTEGER, height INTEGER, format TEXT,
        quality INTEGER
    ) WITHOUT ROWID
"""
PENDING = "sha256 IS NULL AND reason IS NULL"
# Pictures that were left out are tried again: the reason may have been a disk, or rights.
FOUND = """
    INSERT INTO picture (path, size, mtime_ns, walk) VALUES (?, ?, ?, ?)
    ON CONFLICT (path) DO UPDATE SET
        sha256 = iif(size = excluded.size AND mtime_ns = excluded.mtime_ns, sha256, NULL),
        reason = NULL, size = excluded.size, mtime_ns = excluded.mtime_ns, walk = excluded.walk
"""
READ = """
    UPDATE picture SET sha256 = ?, phash = ?, flat = ?, width = ?, height = ?, format = ?,
        quality = ? WHERE path = ?
"""


class Index:
    """The pictures of a data folder in the order of their paths. One process at a time."""

    def __init__(self, folder: Path) -> None:
        """Open `folder`/.scan.sqlite3, or make it.

        Raises `ValueError` if another process has it open, `OSError` if it cannot be written.
        """
        self._path = folder / NAME
        try:
            self._database = self._open()
        except sqlite3.OperationalError as error:
            raise self._explain(error) from error
        except sqlite3.DatabaseError:  # not a database: nothing in it is worth keeping
            self._path.unlink()
            self._database = self._open()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=1)
        # Exclusive: of two scans at once the second is told so, and neither reads the other's half.
        for pragma in ("locking_mode = EXCLUSIVE", "synchronous = NORMAL", "cache_size = -65536"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("BEGIN EXCLUSIVE")
        if database.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
            database.execute("DROP TABLE IF EXISTS picture")
            database.execute(SCHEMA)
            database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        database.commit()
        return database

    def _explain(self, error: sqlite3.OperationalError) -> Exception:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return ValueError(f"Another prepare_genimage is at work on {self._path.parent.parent}.")
        return OSError(f"{self._path} cannot be written: {error}.")

    def close(self) -> None:
        self._database.close()

    def refresh(self, files: Iterable[File]) -> None:
        """Take over what `files` says: new and changed files become pending, others vanish."""
        walk = 1 + self._number("SELECT coalesce(max(walk), 0) FROM picture")
        files = iter(files)
        while batch := list(islice(files, BATCH)):
            rows = [(os.fsencode(f.path), f.size, f.mtime_ns, walk) for f in batch]
            self._write(FOUND, sorted(rows))
        self._write("DELETE FROM picture WHERE walk <> ?", [(walk,)])

    def pending(self, after: str = "", limit: int = -1) -> list[str]:
        """The next `limit` paths behind `after` that are to be read; all without a limit."""
        query = f"SELECT path FROM picture WHERE {PENDING} AND path > ? ORDER BY path LIMIT ?"
        return [os.fsdecode(path) for (path,) in self._rows(query, os.fsencode(after), limit)]

    def store(self, paths: Sequence[str], answers: Sequence[Facts | str]) -> None:
        """Store the answer of `read_facts` for each path; it is durable when this returns."""
        both = [(os.fsencode(p), answer) for p, answer in zip(paths, answers, strict=True)]
        self._write(READ, [(*astuple(a), path) for path, a in both if isinstance(a, Facts)])
        reasons = [(answer, path) for path, answer in both if isinstance(answer, str)]
        self._write("UPDATE picture SET reason = ? WHERE path = ?", reasons)

    def readable(self) -> Iterator[tuple[str, int, Facts]]:
        """Path, size in bytes and facts of every picture that was read, sorted by path."""
        query = """SELECT path, size, sha256, phash, flat, width, height, format, quality
            FROM picture WHERE sha256 IS NOT NULL ORDER BY path"""
        for path, size, *facts in self._rows(query):
            yield os.fsdecode(path), size, Facts(*facts)

    def path(self, position: int) -> str:
        """The path of the picture at `position` in the order of `readable`."""
        query = "SELECT path FROM picture WHERE sha256 IS NOT NULL ORDER BY path LIMIT 1 OFFSET ?"
        return os.fsdecode(next(self._rows(query, int(position)))[0])

    def left_out(self, limit: int) -> list[tuple[str, str]]:
        """Path and reason of the first `limit` pictures that cannot be used, sorted by path."""
        query = "SELECT path, reason FROM picture WHERE reason IS NOT NULL ORDER BY path LIMIT ?"
        return [(os.fsdecode(path), reason) for path, reason in self._rows(query, limit)]

    def count_pending(self) -> int:
        return self._number(f"SELECT count(*) FROM picture WHERE {PENDING}")

    def count_readable(self) -> int:
        return self._number("SELECT count(*) FROM picture WHERE sha256 IS NOT NULL")

    def count_left_out(self) -> int:
        return self._number("SELECT count(*) FROM picture WHERE reason IS NOT NULL")

    def _rows(self, query: str, *values: Any) -> Iterator[Any]:
        return iter(self._database.execute(query, values))

    def _number(self, query: str) -> int:
        return int(next(self._rows(query))[0])

    def _write(self, command: str, rows: Sequence[tuple[Any, ...]]) -> None:
        try:
            with self._database:
                self._database.executemany(command, rows)
        except sqlite3.OperationalError as error:  # a full disk
            raise self._explain(error) from error
