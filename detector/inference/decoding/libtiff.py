"""Counts the complaints of libtiff, instead of letting it write them to standard error.

libtiff has one handler for the whole process. Ours runs in the thread that decodes, so that each
thread counts for itself.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from PIL import _imaging

_Handler = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
_thread = threading.local()


@dataclass
class Complaints:
    """How many errors, and how many lines of a fax that were not as long as they should be."""

    errors: int = 0
    lines: int = 0


@contextmanager
def complaints() -> Iterator[Complaints]:
    """Counts while a TIFF is decoded in this thread."""
    install()
    tally = _thread.counted = Complaints()
    try:
        yield tally
    finally:
        _thread.counted = None


@cache
def install() -> None:
    """Take the place of libtiff's handlers, which write a line for each complaint."""
    # The library that Pillow is linked with is found through Pillow's own.
    library = ctypes.CDLL(_imaging.__file__)
    for name, handler in (("TIFFSetErrorHandler", _ERROR), ("TIFFSetWarningHandler", _WARNING)):
        set_handler = getattr(library, name, None)
        if set_handler is not None:  # Pillow may be built without TIFF
            set_handler.argtypes, set_handler.restype = [_Handler], ctypes.c_void_p
            set_handler(handler)


def _count_error(module: bytes | None, form: bytes | None, arguments: Any) -> None:
    _count(module, error=True)


def _count_warning(module: bytes | None, form: bytes | None, arguments: Any) -> None:
    _count(module, error=False)


def _count(module: bytes | None, error: bool) -> None:
    tally: Complaints | None = getattr(_thread, "counted", None)
    if tally is None:
        return
    name = module or b""
    if name.startswith(b"Fax"):
        tally.lines += 1
    # Behind an error in a fax of group 4 nothing is decoded any more.
    if error and not name.startswith((b"Fax3", b"FaxRLE")):
        tally.errors += 1


# Kept for as long as libtiff may call them.
_ERROR, _WARNING = _Handler(_count_error), _Handler(_count_warning)
