"""GIF: keeps the first frame, its palette and its transparency.

Pillow walks comments and later frames block by block in Python, which a file of many tiny
blocks makes slow.
"""

from __future__ import annotations

import re

from .limits import ImageError, too_many
from .stream import Stream, header_damaged

# The largest accepted file in full blocks of 255 bytes has 132,000.
MAX_SUB_BLOCKS = 200_000
CONTROL = b"\xf9\4"  # label and length of a graphic control extension
BLOCK = re.compile(rb"[!,;]")


def prepare_gif(data: bytes) -> Stream:
    """The stream of a GIF. Raises `ImageError` if there is no frame, or too many blocks."""
    start = 13 + _palette(data[10]) if len(data) > 12 else len(data)
    walk = _Walk(data, start)
    control = walk.to_picture()
    picture = walk.at
    if data[picture : picture + 1] != b"," or picture + 10 > len(data):
        raise header_damaged()
    walk.at = picture + 10 + _palette(data[picture + 9]) + 1
    walk.skip_sub_blocks()
    frame = data[picture : walk.at]
    return Stream(data[:start] + control + frame + b"\0;", animated=_has_more(walk))


def _palette(flags: int) -> int:
    """Bytes of the palette that the flags announce."""
    return 3 * 2 ** (flags % 8 + 1) if flags & 0x80 else 0


def _has_more(walk: _Walk) -> bool:
    """Whether another frame follows; damage behind the first frame does not matter."""
    try:
        walk.to_picture()
    except ImageError:
        return True
    return walk.data[walk.at : walk.at + 1] == b","


class _Walk:
    """A place in the data that moves on, block by block."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at, self.left = data, at, MAX_SUB_BLOCKS

    def to_picture(self) -> bytes:
        """Move past all extensions; returns the last graphic control extension."""
        control = b""
        # Decoders pass over bytes that begin no block.
        while (block := BLOCK.search(self.data, self.at)) and block[0] == b"!":
            self.at = block.start()
            start = self.at
            self.at += 2
            self.skip_sub_blocks()
            if self.data[start + 1 : start + 3] == CONTROL:
                control = self.data[start : self.at]
        self.at = block.start() if block else len(self.data)
        return control

    def skip_sub_blocks(self) -> None:
        while self.at < len(self.data) and (length := self.data[self.at]):
            self.at += 1 + length
            self.left -= 1
            if self.left < 0:
                raise too_many(MAX_SUB_BLOCKS, "blocks", MAX_SUB_BLOCKS)
        self.at = min(self.at + 1, len(self.data))
