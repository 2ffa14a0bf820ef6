"""JPEG: keeps the segments that make pixels, say which way is up, or that more pictures follow.

Whatever else a file carries (comments, thumbnails, profiles, millions of fill bytes) no decoder
sees, so that none of it can spoil a whole picture or cost time. ITU-T T.81, annex B.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from detector.inference.results import Note

from .limits import MAX_PARTS, ImageError, too_many
from .stream import Stream, cut_off, header_damaged

START, END = b"\xff\xd8", b"\xff\xd9"
# libjpeg-turbo writes 10 for a colour picture, mozjpeg tries out up to 64. Each scan makes the
# decoder go over the whole picture once more, however short it is.
MAX_SCANS = 100
# A marker in the picture data; FF 00 is a byte of data, and D0 to D7 are restarts.
MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
FILL_BYTES = re.compile(rb"\xff{2,}")
FILL = re.compile(rb"[^\xff]*\xff+")
ALONE = (0x01, *range(0xD0, 0xD9))
SOS, APP0, APP14, COMMENT = 0xDA, 0xE0, 0xEE, 0xFE
SCAN = 0  # stands for a marker where picture data come
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
# How segments begin that are kept, and how long each is at least.
KEPT_SEGMENTS = {
    APP0: ((b"JFIF\0", 14),),
    0xE1: ((b"Exif\0", 6), (b"http://ns.adobe.com/xap/1.0/\0", 29)),
    APP14: ((b"Adobe", 12),),
}
COEFFICIENT = 2  # bytes
MPF, GAIN_MAP = b"MPF\0", b' hdrgm:Version="'


@dataclass
class Frame:
    """The facts in SOF: whether it is progressive, the size, and the sampling of each component."""

    progressive: bool
    width: int
    height: int
    samplings: dict[int, tuple[int, int]]

    @classmethod
    def read(cls, marker: int, body: memoryview) -> Frame:
        """Raises `ImageError` if the segment is too short."""
        if len(body) < 6 or len(body) < 6 + 3 * body[5]:
            raise header_damaged()
        height, width, count = struct.unpack_from(">xHHB", body)
        components = (body[6 + 3 * i : 9 + 3 * i] for i in range(count))
        samplings = {c[0]: (c[1] >> 4, c[1] & 15) for c in components}
        return cls(marker in PROGRESSIVE, width, height, samplings)

    def coefficient_bytes(self) -> int:
        """The memory for a decoder that must see several scans before it can show anything."""
        widest = max((h for h, _ in self.samplings.values()), default=1) or 1
        highest = max((v for _, v in self.samplings.values()), default=1) or 1
        area = (self.width + 8 * widest) * (self.height + 8 * highest)
        share = sum(h * v for h, v in self.samplings.values()) / (widest * highest)
        return int(COEFFICIENT * area * share)


class Scans:
    """The bits of each coefficient that the scans have delivered so far."""

    def __init__(self) -> None:
        self.count = 0
        # For each component and coefficient the lowest bit that has come; 99 for none.
        self.lowest: dict[int, list[int]] = {}

    def add(self, body: memoryview) -> None:
        """Add the contents of one scan. Raises `ImageError` beyond MAX_SCANS."""
        self.count += 1
        if self.count > MAX_SCANS:
            raise too_many(MAX_SCANS, "scans", MAX_SCANS)
        count = body[0] if len(body) else 0
        if len(body) < 4 + 2 * count:
            raise header_damaged()
        first, last, bits = body[1 + 2 * count], body[2 + 2 * count], body[3 + 2 * count] & 15
        for component in body[1 : 1 + 2 * count : 2]:
            lowest = self.lowest.setdefault(component, [99] * 64)
            lowest[first : last + 1] = [bits] * len(lowest[first : last + 1])

    def complete(self, frame: Frame) -> bool:
        """Whether every component has come, in a progressive picture to the last bit."""
        if not frame.progressive:
            return self.lowest.keys() >= frame.samplings.keys()
        empty = [99] * 64
        return not any(any(self.lowest.get(name, empty)) for name in frame.samplings)


def prepare_jpeg(data: bytes) -> Stream:
    """The stream of a JPEG. Raises `ImageError` if it is cut off or has too many scans."""
    parts, damaged = [START], dict[str, None]()
    frame, scans, ended, pictures, gain_map = None, Scans(), False, 1, False
    for marker, segment in segments(data):
        body = segment[4:]
        if marker == SCAN:
            parts.append(_without_fill(bytes(segment)))
        elif marker == 0xD9:
            ended = True
        elif APP0 <= marker <= 0xEF or marker == COMMENT:
            is_kept = _keeps(marker, body)
            if marker == 0xE2 and bytes(body[:4]) == MPF:
                pictures = count_pictures(bytes(body[4:]))
            if is_kept:
                parts.append(bytes(segment))
                gain_map = gain_map or GAIN_MAP in parts[-1]
            elif is_kept is None:
                damaged[bytes(body[:5]).rstrip(b"\0").decode("latin-1")] = None
        else:
            if marker in FRAMES:
                frame = frame or Frame.read(marker, body)
            elif marker == SOS:
                scans.add(body)
            parts.append(bytes(segment))
    if frame is None:
        raise header_damaged()
    if not scans.count or not scans.complete(frame):
        raise cut_off()
    several = frame.progressive or scans.count > 1
    buffers = frame.coefficient_bytes() if several else 0
    stream = b"".join([*parts, END])
    check = partial(_check_pixels, stream, ended, several)
    # A gain map is no picture of its own, as Pillow sees it.
    kind = "MPO" if pictures > 1 and not gain_map else "JPEG"
    return Stream(stream, tuple(damaged), buffers=buffers, format=kind, check=check)


def _keeps(marker: int, body: memoryview) -> bool | None:
    """Whether a decoder is to see the segment; None if it should but is too short."""
    for start, shortest in KEPT_SEGMENTS.get(marker, ()):
        if bytes(body[: len(start)]) == start:
            return len(body) >= shortest or None
    return False


def _without_fill(scan: bytes) -> bytes:
    """Each run of FF as one: the others mean nothing, and decoders start over at each of them."""
    return FILL_BYTES.sub(b"\xff", scan) if b"\xff\xff" in scan else scan


def count_pictures(index: bytes) -> int:
    """How many pictures an MPF index (CIPA DC-007) announces; 1 if it cannot be read."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(index[:4])
    if order is None or len(index) < 10:
        return 1
    (start,) = struct.unpack_from(order + "I", index, 4)
    for at in range(start + 2, min(start + 2 + 12 * 8, len(index) - 11), 12):
        tag, _, _, value = struct.unpack_from(order + "HHII", index, at)
        if tag == 0xB001:
            return int(value)
    return 1


def segments(data: bytes) -> Iterator[tuple[int, memoryview]]:
    """(marker, segment with its marker) up to the end of the picture.

    Picture data come under SCAN, and are looked through only when they are asked for.

    As libjpeg does, bytes between segments are passed over. A segment that claims more bytes than
    there are ends the walk.
    """
    view, at = memoryview(data), 2
    nothing = view[:0]
    for _ in range(MAX_PARTS):
        fill = FILL.match(data, at)
        if not fill or fill.end() + 2 >= len(data):
            if fill and fill.end() < len(data) and data[fill.end()] == 0xD9:
                yield 0xD9, nothing
            return
        at = fill.end() - 1
        marker = data[at + 1]
        if marker == 0xD9:
            yield marker, nothing
            return
        if marker == 0 or marker in ALONE:
            at += 2
            continue
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if end < at + 4 or end > len(data):
            return
        yield marker, view[at:end]
        at = end
        if marker == SOS:
            following = MARKER.search(data, end)
            at = following.start() if following else len(data)
            yield SCAN, view[end:at]
    raise too_many(MAX_PARTS, "segments", MAX_PARTS)


def _check_pixels(stream: bytes, ended: bool, several: bool) -> tuple[Note, ...]:
    """Raise `ImageError` if picture data are missing; a note if it is less than a row of blocks.

    libjpeg fills up with grey what is missing, and Pillow does not pass its warning on.
    """
    if not _warns_of_the_end(stream):
        return () if ended else (Note("picture.no_end_marker"),)
    if several or not ended or _missing_rows(stream):
        raise cut_off()
    return (Note("picture.last_blocks"),)


def _warns_of_the_end(stream: bytes) -> bool:
    import simplejpeg

    try:
        # At an eighth of the size: only the picture data are read, no pixels are made.
        simplejpeg.decode_jpeg(stream, "GRAY", min_height=1, min_width=1, min_factor=8)
    except ValueError as error:
        return "premature end" in str(error).lower()
    return False


def _missing_rows(stream: bytes) -> int:
    """How many rows of blocks at the end are of the grey that libjpeg fills up with."""
    import simplejpeg

    try:
        small = simplejpeg.decode_jpeg(
            stream, "GRAY", min_height=1, min_width=1, min_factor=8, strict=False
        )
    except ValueError as error:
        raise ImageError(str(error)) from error
    grey_rows = (small == 128).reshape(len(small), -1).all(axis=1).tolist()
    return next((row for row, grey in enumerate(reversed(grey_rows)) if not grey), len(grey_rows))
