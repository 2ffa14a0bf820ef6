"""Malformed files: some break off or are full of noise, others ask for more than there is."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Sequence

from .pictures import encode, make_picture

FORMATS = ("JPEG", "PNG", "WEBP")
HEAD = 64  # bytes in which all that names size and structure stands


def make_bases(megapixels: float) -> list[bytes]:
    """True files, one of each format, to be damaged."""
    picture = make_picture(megapixels)
    return [encode(picture, format) for format in FORMATS]


def make_malformed(bases: Sequence[bytes], number: int) -> bytes:
    """The malformed file with this number: another for each number, the same on each machine."""
    draw = random.Random(number)
    damage = DAMAGES[number % len(DAMAGES)]
    # So that no two are the same bytes, which would be answered from the database.
    return damage(draw.choice(bases), draw) + f"{number}".encode()


def _cut(data: bytes, draw: random.Random) -> bytes:
    return data[: draw.randrange(HEAD, len(data) // 2)]


def _overwrite(data: bytes, draw: random.Random) -> bytes:
    start = draw.randrange(12, HEAD)
    return data[:start] + draw.randbytes(HEAD) + data[start + HEAD :]


def _fill(data: bytes, draw: random.Random) -> bytes:
    return data[:HEAD] + draw.randbytes(len(data) - HEAD)


def _bomb(data: bytes, draw: random.Random) -> bytes:
    """A PNG of 3,600 megapixels, in some bytes."""
    side = 60_000
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(data))


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def _text(data: bytes, draw: random.Random) -> bytes:
    return data[:4] + draw.randbytes(HEAD).hex().encode() * draw.randrange(1, 1000)


DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _cut, _overwrite, _fill, _bomb, _text,
)  # fmt: skip
