"""HEIF and AVIF: adds up the memory for the decoder, from the boxes and the coded streams.

ISO/IEC 23008-12 (HEIF): a picture may be a grid or an overlay of others, each of which may be
named many times; a coded one is as large as its stream says, whatever the box of sizes says.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from .box import Box, Reader, boxes, units
from .coded_size import MAX_CODED, Size, av1_sizes, hevc_sizes, largest, length_prefixed
from .limits import MAX_PARTS, Limits, check_pixels, too_many
from .stream import Stream, header_damaged
from .tracks import track_area

# Tiles of a grid and pictures of an overlay, all levels together.
MAX_TILES = 4096
MAX_DEPTH = 8
CODED, DERIVED = (b"hvc1", b"hev1", b"av01"), (b"grid", b"iovl", b"iden")
# What libheif and libavif take for an alpha plane and decode with the picture that it belongs to.
ALPHA = (
    b"urn:mpeg:avc:2015:auxid:1",
    b"urn:mpeg:hevc:2015:auxid:1",
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
)


def prepare_boxes(data: bytes, limits: Limits) -> Stream:
    """The stream of a HEIF or AVIF: its bytes as they are. Raises `ImageError`."""
    try:
        return Stream(data, area=_area(data, limits))
    except (struct.error, IndexError) as error:
        raise header_damaged() from error


def _area(data: bytes, limits: Limits) -> int:
    area = 0
    for kind, body in boxes(data):
        if kind == b"meta":
            area = max(area, Items(data, body[4:], limits).area())
        elif kind == b"moov":
            area = max(area, track_area(data, body, limits))
    return area


class Items:
    """The pictures that a meta box describes, by their numbers."""

    def __init__(self, data: bytes, meta: bytes, limits: Limits) -> None:
        self.data, self.limits, self.left = data, limits, MAX_TILES
        self.sizes: dict[int, Size] = {}
        inside = dict(reversed(list(boxes(meta))))  # of two boxes of a kind decoders take the first
        self.idat = inside.get(b"idat", b"")
        self.primary = _primary(inside.get(b"pitm", b""))
        # Of two entries for an item decoders take the first, too.
        self.kinds = dict(reversed(list(_kinds(inside.get(b"iinf", b"")))))
        self.places = dict(_places(inside.get(b"iloc", b"")))
        self.references = _references(inside.get(b"iref", b""))
        self.properties = _properties(inside.get(b"iprp", b""))
        self.alpha = self._alpha()

    def area(self) -> int:
        """Pixels that decoding the main picture takes, with its alpha plane and those of its parts.

        What phones put beside it is not decoded: gain map, depth, mattes of hair and skin.
        """
        if {(b"thmb", self.primary), (b"auxl", self.primary)} & self.references.keys():
            raise header_damaged()  # libheif would show another picture than this one
        return self._area_of(self.primary, 0)

    def _alpha(self) -> dict[int, list[int]]:
        """The alpha planes of each item that has any."""
        alpha: dict[int, list[int]] = defaultdict(list)
        for (kind, item), targets in self.references.items():
            if kind == b"auxl" and self._may_be_alpha(item):
                for target in targets:
                    alpha[target].append(item)
        return alpha

    def _may_be_alpha(self, item: int) -> bool:
        """Whether a picture beside another is its alpha plane, or does not say what it is."""
        kinds = [body[4:] for name, body in self.properties.get(item, []) if name == b"auxC"]
        return not kinds or any(kind.startswith(ALPHA) for kind in kinds)

    def _area_of(self, item: int, depth: int) -> int:
        if depth > MAX_DEPTH:
            raise header_damaged()
        kind = self.kinds.get(item, b"")
        width, height = self._size_of(item, kind)
        check_pixels(width, height, self.limits)
        parts = self.references.get((b"dimg", item), []) if kind in DERIVED else []
        planes = self.alpha.get(item, [])
        self.left -= len(parts) + len(planes)
        if self.left < 0:
            raise too_many(MAX_TILES, "many_tiles", MAX_TILES)
        inside, beside = (
            sum(self._area_of(each, depth + 1) for each in items) for items in (parts, planes)
        )
        return max(width * height, inside) + beside

    def _size_of(self, item: int, kind: bytes) -> Size:
        if item not in self.sizes:
            self.sizes[item] = self._read_size(item, kind)
        return self.sizes[item]

    def _read_size(self, item: int, kind: bytes) -> Size:
        properties = self.properties.get(item, [])
        sizes = (struct.unpack_from(">II", body, 4) for name, body in properties if name == b"ispe")
        return largest(chain(sizes, self._coded_sizes(item, kind, properties)))

    def _coded_sizes(self, item: int, kind: bytes, properties: list[Box]) -> Iterator[Size]:
        configured = dict(properties)
        if kind == b"av01":
            yield from av1_sizes(configured.get(b"av1C", b"")[4:])
            yield from av1_sizes(self._content(item))
        elif kind in CODED:
            yield from hevc_sizes(units(configured.get(b"hvcC", b"")))
            yield from hevc_sizes(length_prefixed(self._content(item)))
        elif kind in (b"grid", b"iovl"):
            yield from _canvas(kind, self._content(item))

    def _content(self, item: int) -> bytes:
        """The first bytes of an item, from all its extents."""
        method, extents = self.places.get(item, (0, []))
        source = self.idat if method == 1 else self.data
        parts = (
            source[at : at + min(length or MAX_CODED, MAX_CODED)] for at, length in extents[:64]
        )
        return b"".join(parts)[:MAX_CODED]


def _canvas(kind: bytes, body: bytes) -> Iterator[Size]:
    """The size that a grid or an overlay says of itself."""
    if len(body) < 8:
        return
    form = ">II" if body[1] & 1 else ">HH"
    at = 4 if kind == b"grid" else 10
    if len(body) >= at + struct.calcsize(form):
        yield struct.unpack_from(form, body, at)


def _primary(body: bytes) -> int:
    if len(body) < 6:
        return 0
    return int(struct.unpack_from(">I" if body[0] else ">H", body, 4)[0])


def _kinds(body: bytes) -> Iterator[tuple[int, bytes]]:
    if not body:
        return
    for kind, entry in boxes(body[8 if body[0] else 6 :]):
        if kind == b"infe" and len(entry) >= 12 and entry[0] >= 2:
            item, _, name = struct.unpack_from(">IH4s" if entry[0] == 3 else ">HH4s", entry, 4)
            yield item, name


def _places(body: bytes) -> Iterator[tuple[int, tuple[int, list[tuple[int, int]]]]]:
    """(item, (construction method, extents)) of each item."""
    if len(body) < 8:
        return
    version, sizes = body[0], (body[4] >> 4, body[4] & 15, body[5] >> 4, body[5] & 15)
    offset, length, base, index = sizes if version else (*sizes[:3], 0)
    reader = Reader(body, 6)
    wide = 4 if version == 2 else 2
    for _ in range(min(reader.number(wide), MAX_PARTS)):
        item = reader.number(wide)
        method = reader.number(2) & 15 if version else 0
        reader.number(2)
        start = reader.number(base)
        extents = []
        # Extents that take no byte of the box are all the same one, and could be any number.
        most = MAX_PARTS if offset + length + index else 1
        for _ in range(min(reader.number(2), most)):
            reader.number(index)
            extents.append((start + reader.number(offset), reader.number(length)))
            if reader.at > len(body):
                return
        yield item, (method, extents)


def _references(body: bytes) -> dict[tuple[bytes, int], list[int]]:
    """(kind, from) -> to; an item that is named twice counts twice."""
    references: dict[tuple[bytes, int], list[int]] = defaultdict(list)
    wide = 4 if body[:1] == b"\1" else 2
    left = MAX_PARTS
    for kind, entry in boxes(body[4:]):
        reader = Reader(entry, 0)
        item, count = reader.number(wide), reader.number(2)
        there = (len(entry) - reader.at) // wide  # no more than that, whatever the count says
        left -= min(count, there)
        if left < 0:
            raise too_many(MAX_PARTS, "boxes", MAX_PARTS)
        references[kind, item] += [reader.number(wide) for _ in range(min(count, there))]
    return references


def _properties(body: bytes) -> dict[int, list[Box]]:
    inside = list(boxes(body))
    every = [box for kind, inner in inside if kind == b"ipco" for box in boxes(inner)]
    properties: dict[int, list[Box]] = defaultdict(list)
    for kind, inner in inside:
        if kind == b"ipma" and len(inner) >= 8:
            for item, numbers in _associations(inner):
                properties[item] += [every[n - 1] for n in numbers if 0 < n <= len(every)]
    return properties


def _associations(body: bytes) -> Iterator[tuple[int, list[int]]]:
    reader = Reader(body, 4)
    wide, long = 4 if body[0] else 2, body[3] & 1
    for _ in range(min(reader.number(4), MAX_PARTS)):
        item, count = reader.number(wide), reader.number(1)
        yield item, [reader.number(1 + long) & (0x7FFF if long else 0x7F) for _ in range(count)]
        if reader.at > len(body):
            return
