"""The boxes of ISO/IEC 14496-12, of which HEIF and AVIF are made, and the numbers in them."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .limits import MAX_PARTS, too_many

Box = tuple[bytes, bytes]


def boxes(data: bytes) -> Iterator[Box]:
    """(kind, body) of each box; a box that is cut off ends with the data."""
    at = 0
    for _ in range(MAX_PARTS):
        if at + 8 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if length == 1 and at + 16 <= len(data):
            (length,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        length = length or len(data) - at
        yield kind, data[at + head : at + length]
        at += max(length, head)
    raise too_many(MAX_PARTS, "boxes", MAX_PARTS)


class Reader:
    """Reads big-endian numbers one after another; past the end there are zeros."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def number(self, size: int) -> int:
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big")


def units(configuration: bytes) -> Iterator[bytes]:
    """The NAL units in an hvcC box."""
    reader = Reader(configuration, 22)
    for _ in range(reader.number(1)):
        reader.number(1)
        for _ in range(reader.number(2)):
            length = reader.number(2)
            yield configuration[reader.at : reader.at + length]
            reader.at += length
            if reader.at > len(configuration):
                return
