"""The facts about the file that are known without looking at the pixels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FileFacts:
    """The analysed file: its name as it was given, its size in bytes, and the picture in it.

    `width` and `height` are pixels of the upright picture, `sha256` that of all bytes in hex.
    """

    name: str
    size: int
    format: str
    width: int
    height: int
    sha256: str
