"""HEIF files of boxes alone: what pictures they describe, and how these belong together."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from detector.tests.factories.boxes import box, heif

ALPHA, GAIN_MAP = b"urn:mpeg:hevc:2015:auxid:1", b"urn:com:apple:photo:2020:aux:hdrgainmap"


@dataclass(frozen=True)
class Item:
    """A picture of a kind and a size; `beside` are the names of what it is beside another one."""

    width: int
    height: int
    kind: bytes = b"jpeg"
    beside: tuple[bytes, ...] = ()


# (kind, from, to)
Reference = tuple[bytes, int, int]


def heif_of(items: list[Item], references: list[Reference], further: bytes = b"") -> bytes:
    """The items are numbered from 1, which is the primary one; `further` ends the meta box."""
    boxes = [_primary(1), _kinds(items), references_box(references), _properties(items), further]
    return heif(b"".join(boxes))


def references_box(references: list[Reference]) -> bytes:
    each = [box(kind, struct.pack(">HHH", item, 1, to)) for kind, item, to in references]
    return box(b"iref", bytes(4) + b"".join(each))


def _primary(item: int) -> bytes:
    return box(b"pitm", bytes(4) + struct.pack(">H", item))


def _kinds(items: list[Item]) -> bytes:
    entries = [
        box(b"infe", struct.pack(">IHH4sx", 2 << 24, number, 0, item.kind))
        for number, item in enumerate(items, 1)
    ]
    return box(b"iinf", bytes(4) + struct.pack(">H", len(items)) + b"".join(entries))


def _properties(items: list[Item]) -> bytes:
    container, associations = b"", struct.pack(">II", 0, len(items))
    count = 0
    for number, item in enumerate(items, 1):
        own = [box(b"ispe", struct.pack(">III", 0, item.width, item.height))]
        own += [box(b"auxC", bytes(4) + name + b"\0") for name in item.beside]
        container += b"".join(own)
        numbers = range(count + 1, count + 1 + len(own))
        associations += struct.pack(f">HB{len(own)}B", number, len(own), *numbers)
        count += len(own)
    return box(b"iprp", box(b"ipco", container) + box(b"ipma", associations))
