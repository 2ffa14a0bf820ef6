"""A file with one row a line, which a kill at any moment leaves readable."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from detector.inference.names import brief
from detector.scanning.errors import ScanError
from detector.scanning.ledger import KEY_BYTES
from detector.scanning.rows import Row

BLOCK = 2**16


@dataclass(frozen=True)
class Format:
    """How rows become lines.

    `start` is what every file begins with, `header` its first line, empty if it has none. `key_of`
    gives the key of a line, and raises `LookupError`, `ValueError` or `TypeError` for no row.
    """

    start: str
    header: str
    render: Callable[[Row], str]
    key_of: Callable[[str], str]


class LinesTarget:
    """The file, locked while it is open. A last line that a kill has torn is dropped."""

    def __init__(self, path: Path, format: Format) -> None:
        """Raises `ScanError` for a file of something else, and one that another scan writes."""
        self._path, self._format = path, format
        try:
            self._file: BinaryIO = path.open("a+b")
        except OSError as error:
            raise ScanError(
                f"The output {brief(path)} cannot be written: {error.strerror}."
            ) from error
        try:
            self._take()
        except BaseException:
            self._file.close()
            raise

    def _take(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ScanError(f"Another scan writes {brief(self._path)} at present.") from error
        self._check_start()
        self._file.truncate(_end_of_lines(self._file))
        if self._format.header and not self._file.seek(0, os.SEEK_END):
            self._write(self._format.header)

    def _check_start(self) -> None:
        """A file of something else is left as it is."""
        wanted = self._format.start.encode()
        self._file.seek(0)
        start = self._file.read(len(wanted))
        if not wanted.startswith(start):
            raise ScanError(
                f"The output {brief(self._path)} is no result of a scan with these columns; "
                "name another file."
            )

    def keys(self) -> Iterator[str]:
        """The keys of the rows that are there. Raises `ScanError` for a line that is no row."""
        self._file.seek(0)
        for number, line in enumerate(self._file, 1):
            if number == 1 and self._format.header:
                continue
            yield self._key(number, line)

    def _key(self, number: int, line: bytes) -> str:
        try:
            key = self._format.key_of(line.decode().rstrip("\n"))
            if len(bytes.fromhex(key)) == KEY_BYTES:
                return key
        except (LookupError, ValueError, TypeError):
            pass
        raise ScanError(f"Line {number} of {brief(self._path)} is no row of a scan.")

    def append(self, row: Row) -> None:
        """Write one row; when this returns, the row outlives the process."""
        self._write(self._format.render(row))

    def _write(self, line: str) -> None:
        self._file.write(line.encode() + b"\n")
        self._file.flush()

    def empty(self) -> None:
        """Drop all rows."""
        self._file.truncate(0)

    def close(self) -> None:
        """Give the file free."""
        self._file.close()


def _end_of_lines(file: BinaryIO) -> int:
    """The number of bytes up to the end of the last whole line."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(end - BLOCK, 0)
        file.seek(start)
        if (place := file.read(end - start).rfind(b"\n")) >= 0:
            return start + place + 1
        end = start
    return 0
