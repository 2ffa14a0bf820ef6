"""The input of a decoder, and the memory that it will take: the common result of all walks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from detector.inference.results import Note

from .limits import ImageError


@dataclass(frozen=True)
class Stream:
    """The bytes that hold the pixels, without the other parts of the file.

    `damaged` names parts beside the picture that are damaged and were left out. `animated`: more
    frames or pages follow. `area` counts the pixels that the decoder allocates where that may
    be more than the header says, `buffers` bytes that it takes beside them.
    `format` is Pillow's name of it where the walk alone can tell. `check` may decode: it raises
    `ImageError` where pixels are missing, and returns notes.
    """

    data: bytes
    damaged: tuple[str, ...] = ()
    animated: bool = False
    area: int = 0
    buffers: int = 0
    format: str = ""
    check: Callable[[], tuple[Note, ...]] = tuple


def header_damaged() -> ImageError:
    """The error about a file whose structure cannot be followed."""
    return ImageError.of("damaged")


def cut_off() -> ImageError:
    """The error about a file with missing pixels."""
    return ImageError.of("cut_off")
