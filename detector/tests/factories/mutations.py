"""Malformed files: true files with some damage; the same number gives the same file."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

# What length fields and counts are overwritten with: none, one, the largest of each width.
EXTREMES = tuple(
    number.to_bytes(width, order)
    for width, numbers in {
        2: (0, 1, 0x7FFF, 0xFFFF),
        4: (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF),
    }.items()
    for number in numbers
    for order in ("big", "little")
)
HEAD = 400  # most structure stands at the beginning

Damage = Callable[[bytearray, random.Random, Sequence[bytes]], bytes]


def _place(data: bytearray, draw: random.Random) -> int:
    """A place in the file; every second one is near its beginning."""
    return draw.randrange(min(len(data), HEAD) if draw.random() < 0.5 else len(data))


def flip(data: bytearray, draw: random.Random, files: Sequence[bytes]) -> bytes:
    for _ in range(draw.choice((1, 1, 2, 8, 64))):
        data[_place(data, draw)] ^= 1 << draw.randrange(8)
    return bytes(data)


def overwrite(data: bytearray, draw: random.Random, files: Sequence[bytes]) -> bytes:
    for _ in range(draw.choice((1, 4, 32))):
        data[_place(data, draw)] = draw.randrange(256)
    return bytes(data)


def cut(data: bytearray, draw: random.Random, files: Sequence[bytes]) -> bytes:
    return bytes(data[: draw.randrange(1, len(data))])


def remove(data: bytearray, draw: random.Random, files: Sequence[bytes]) -> bytes:
    start = _place(data, draw)
    del data[start : start + draw.randrange(1, 64)]
    return bytes(data)


def repeat(data: bytearray, draw: random.Random, files: Sequence[bytes]) -> bytes:
    start = _place(data, draw)
    part = bytes(data[start : start + draw.randrange(1, 200)])
    data[start:start] = part * draw.choice((1, 10, 1000))
    return bytes(data)


def exaggerate(data: bytearray, draw: random.Random, files: Sequence[bytes]) -> bytes:
    number, start = draw.choice(EXTREMES), _place(data, draw)
    data[start : start + len(number)] = number
    return bytes(data)


def splice(data: bytearray, draw: random.Random, files: Sequence[bytes]) -> bytes:
    other = draw.choice(files)
    return bytes(data[: _place(data, draw)]) + other[draw.randrange(len(other)) :]


def embed(data: bytearray, draw: random.Random, files: Sequence[bytes]) -> bytes:
    start = _place(data, draw)
    data[start:start] = draw.choice(files)
    return bytes(data)


def blank(data: bytearray, draw: random.Random, files: Sequence[bytes]) -> bytes:
    start, length = _place(data, draw), draw.randrange(1, 300)
    data[start : start + length] = bytes([draw.choice((0, 255))]) * length
    return bytes(data)


DAMAGES: tuple[Damage, ...] = (
    flip, overwrite, cut, remove, repeat, exaggerate, splice, embed, blank,
)  # fmt: skip


def mutate(files: Sequence[bytes], number: int) -> bytes:
    """The malformed file with this number: every file meets every damage in turn."""
    draw = random.Random(number)
    data = bytearray(files[number % len(files)])
    for damage in (DAMAGES[number // len(files) % len(DAMAGES)], *_more(draw)):
        data = bytearray(damage(data or bytearray(1), draw, files))
    return bytes(data)


def _more(draw: random.Random) -> list[Damage]:
    return [draw.choice(DAMAGES)] if draw.random() < 0.3 else []
