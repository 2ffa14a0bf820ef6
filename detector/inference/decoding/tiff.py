"""TIFF: reads the first directory, which determines the memory of the decoder.

Tiles and strips are decoded whole, however small the picture is. (TIFF 6.0, section 15.)
"""

from __future__ import annotations

import struct
from collections import defaultdict
from dataclasses import dataclass

from .limits import Limits, check_pixels, too_many
from .stream import Stream, header_damaged

MAX_TAGS = 4096
# Each is decoded by itself, and Pillow keeps an object for each.
MAX_STRIPS = 100_000
WIDTH, HEIGHT, BITS, SAMPLES, ROWS = 256, 257, 258, 277, 278
STRIPS, TILE_WIDTH, TILE_HEIGHT, TILES = 273, 322, 323, 324
# Type of a field -> its letter in `struct`: BYTE, SHORT, LONG, LONG8.
NUMBERS = {1: "B", 3: "H", 4: "I", 16: "Q"}


@dataclass(frozen=True)
class Layout:
    """How the fields of a directory are written: TIFF or BigTIFF, in either order of bytes."""

    order: str
    count: str
    entry: int
    offset: str

    @property
    def head(self) -> str:
        return f"{self.order}HH{self.offset}"


class Directory:
    """The numbers of the first directory by tag: all of them, where a tag is there twice.

    libtiff takes the first and Pillow the last.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.numbers: dict[int, list[int]] = defaultdict(list)
        self.counts: dict[int, int] = defaultdict(int)
        self.layout, at = _layout(data)
        (tags,) = self._unpack(self.layout.count, at)
        if tags > MAX_TAGS:
            raise too_many(tags, "tags", MAX_TAGS)
        at += struct.calcsize(self.layout.count)
        for number in range(tags):
            self._read(at + number * self.layout.entry)
        (self.next,) = self._unpack(self.layout.offset, at + tags * self.layout.entry, missing=0)

    def largest(self, tag: int, default: int) -> int:
        return max(self.numbers.get(tag, []), default=default)

    def _unpack(self, form: str, at: int, missing: int | None = None) -> tuple[int, ...]:
        try:
            return struct.unpack_from(self.layout.order + form, self.data, at)
        except (struct.error, OverflowError) as error:  # BigTIFF: places beyond any file
            if missing is not None:
                return (missing,)
            raise header_damaged() from error

    def _read(self, at: int) -> None:
        tag, kind, count = self._unpack("HH" + self.layout.offset, at)
        self.counts[tag] = max(self.counts[tag], count)
        letter = NUMBERS.get(kind)
        if letter is None or count == 0 or tag in (STRIPS, TILES):
            return
        value = at + 4 + struct.calcsize(self.layout.offset)
        count = min(count, 64)  # bits of each sample are the longest that is read
        if count * struct.calcsize(letter) > struct.calcsize(self.layout.offset):
            (value,) = self._unpack(self.layout.offset, value)
        self.numbers[tag] += self._unpack(f"{count}{letter}", value)


def _layout(data: bytes) -> tuple[Layout, int]:
    """How the file is written, and where its first directory begins."""
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"+\0", b"\0+")
    layout = Layout(order, "Q", 20, "Q") if big else Layout(order, "H", 12, "I")
    try:
        (at,) = struct.unpack_from(order + layout.offset, data, 8 if big else 4)
    except struct.error as error:
        raise header_damaged() from error
    return layout, at


def prepare_tiff(data: bytes, limits: Limits) -> Stream:
    """The stream of a TIFF: its bytes as they are. Raises `ImageError` where it asks too much."""
    directory = Directory(data)
    width, height = directory.largest(WIDTH, 0), directory.largest(HEIGHT, 0)
    check_pixels(width, height, limits)
    for tag, parts in ((STRIPS, "strips"), (TILES, "tiles")):
        if directory.counts[tag] > MAX_STRIPS:
            raise too_many(directory.counts[tag], parts, MAX_STRIPS)
    part = _part(directory, width, height)
    check_pixels(*part, limits)
    bits = max(directory.largest(BITS, 8), 8) * directory.largest(SAMPLES, 1)
    buffers = 2 * part[0] * part[1] * bits // 8
    return Stream(data, animated=directory.next != 0, buffers=buffers)


def _part(directory: Directory, width: int, height: int) -> tuple[int, int]:
    """Width and height of the part that is decoded at a time."""
    if TILE_WIDTH in directory.numbers or TILE_HEIGHT in directory.numbers:
        return directory.largest(TILE_WIDTH, width), directory.largest(TILE_HEIGHT, height)
    # A strip is never higher than the picture, whatever the file says.
    return width, min(directory.largest(ROWS, height), height)
