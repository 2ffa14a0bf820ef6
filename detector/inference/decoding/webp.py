"""WebP: counts the chunks, takes the size from each part that states one, and mends RIFF's length.

No viewer needs the length in the RIFF header, but libwebp's decoder of animations insists on it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .limits import MAX_PARTS, Limits, check_pixels, too_many
from .stream import Stream

RIFF_HEAD, FRAME_HEAD = 12, 16
PIXELS = (b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF")

Chunk = tuple[bytes, memoryview, bool]


def prepare_webp(data: bytes, limits: Limits) -> Stream:
    """The stream of a WebP. Raises `ImageError` where a part is too large, or there are too many.

    A chunk beside the pixels that is cut off is left out.
    """
    parts, damaged, area = [b"WEBP"], dict[str, None](), 0
    for kind, body, whole in _chunks(data):
        width, height = _size(kind, bytes(body[: FRAME_HEAD + 18]))
        check_pixels(width, height, limits)
        area = max(area, width * height)
        if whole or kind in PIXELS:
            parts.append(_chunk(kind, body, whole))
        else:
            damaged[kind.decode("latin-1").strip()] = None
    stream = b"".join(parts)
    if int.from_bytes(data[4:8], "little") != len(stream):
        damaged["RIFF"] = None
    riff = b"RIFF" + struct.pack("<I", len(stream))
    return Stream(riff + stream, tuple(damaged), area=area)


def _chunks(data: bytes) -> Iterator[Chunk]:
    """(kind, body, whole) of each chunk; `whole` is False if the data end within it."""
    at, view = RIFF_HEAD, memoryview(data)
    stated_size = 8 + int.from_bytes(data[4:8], "little")
    for _ in range(MAX_PARTS):
        # Bytes behind the end that RIFF states are not part of the picture.
        if at + 8 > len(data) or at == stated_size:
            return
        kind, length = struct.unpack_from("<4sI", data, at)
        end = at + 8 + length
        yield kind, view[at + 8 : end], end <= len(data)
        at = end + length % 2
    raise too_many(MAX_PARTS, "chunks", MAX_PARTS)


def _chunk(kind: bytes, body: memoryview, whole: bool) -> bytes:
    # A picture that is cut off stays so: the decoder is to see how much is missing.
    length = len(body) if whole else len(body) + 1
    return kind + struct.pack("<I", length) + body + b"\0" * (len(body) % 2 if whole else 0)


def _size(kind: bytes, head: bytes) -> tuple[int, int]:
    """Width and height that a chunk of pixels states, 0 for any other."""
    if kind == b"ANMF" and len(head) >= FRAME_HEAD + 18:
        return _size(head[FRAME_HEAD : FRAME_HEAD + 4], head[FRAME_HEAD + 8 :])
    if kind == b"VP8 " and head[3:6] == b"\x9d\x01\x2a" and len(head) >= 10:
        width, height = struct.unpack_from("<HH", head, 6)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L" and head[:1] == b"\x2f":
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X" and len(head) >= 10:
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    return 0, 0
