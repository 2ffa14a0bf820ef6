"""One picture of a scan: where its bytes are, and how they are read."""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from detector.inference.images import ImageError, Limits, say_too_large

from .bucket import SCHEME, read_object


class Picture(NamedTuple):
    """A picture that is to be analysed.

    `name` is a path or an address in a bucket, `state` the size of its file and the time of its
    last change, empty for a file that is not there.
    """

    name: str
    state: str

    @property
    def path(self) -> str:
        """The name in UTF-8, as a row has it; other bytes are escaped."""
        return os.fsencode(self.name).decode(errors="backslashreplace")


def write_state(size: int, mtime_ns: int) -> str:
    """The state of a file that is `size` bytes long."""
    return f"{size} {mtime_ns}"


def read_state(path: str) -> str:
    """The state of a file on this machine; empty where it cannot be looked at."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return ""
    return write_state(status.st_size, status.st_mtime_ns)


def read_picture(name: str, limits: Limits) -> bytes:
    """The bytes of a picture. Raises `ImageError` where they cannot be read or are too many."""
    data = read_object(name, limits.max_bytes) if name.startswith(SCHEME) else _read(name, limits)
    if len(data) > limits.max_bytes:
        raise ImageError(say_too_large(len(data), limits))
    return data


def _read(path: str, limits: Limits) -> bytes:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for
            raise ImageError.of("unreadable", reason="it is no regular file")
        if status.st_size > limits.max_bytes:
            raise ImageError(say_too_large(status.st_size, limits))
        with open(path, "rb") as file:
            return file.read(limits.max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ImageError.of("unreadable", reason=str(reason)) from error
