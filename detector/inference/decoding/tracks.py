"""Image sequences in HEIF and AVIF: how large the pictures of a track are."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import chain

from .box import Box, boxes, units
from .coded_size import MAX_CODED, Size, av1_sizes, hevc_sizes, length_prefixed
from .limits import Limits, check_pixels


def track_area(data: bytes, moov: bytes, limits: Limits) -> int:
    """The largest coded picture among the tracks of an image sequence."""
    area = 0
    for width, height in chain(*(_track_sizes(data, body) for _, body in _inside(moov, b"trak"))):
        check_pixels(width, height, limits)
        area = max(area, width * height)
    return area


def _inside(body: bytes, *path: bytes) -> Iterator[Box]:
    for kind, inner in boxes(body):
        if kind == path[0]:
            yield from _inside(inner, *path[1:]) if path[1:] else [(kind, inner)]


def _track_sizes(data: bytes, track: bytes) -> Iterator[Size]:
    tables = dict(chain(*(boxes(body) for _, body in _inside(track, b"mdia", b"minf", b"stbl"))))
    for kind, entry in boxes(tables.get(b"stsd", b"")[8:]):
        if len(entry) >= 78:
            yield struct.unpack_from(">HH", entry, 24)
        configured = dict(boxes(entry[78:]))
        yield from av1_sizes(configured.get(b"av1C", b"")[4:])
        yield from hevc_sizes(units(configured.get(b"hvcC", b"")))
        for start in _first_chunks(tables):
            sample = data[start : start + MAX_CODED]
            yield from av1_sizes(sample) if kind == b"av01" else hevc_sizes(length_prefixed(sample))


def _first_chunks(tables: dict[bytes, bytes]) -> Iterator[int]:
    if len(table := tables.get(b"stco", b"")) >= 12:
        yield struct.unpack_from(">I", table, 8)[0]
    if len(table := tables.get(b"co64", b"")) >= 16:
        yield struct.unpack_from(">Q", table, 8)[0]
