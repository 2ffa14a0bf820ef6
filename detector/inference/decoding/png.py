"""PNG: keeps the chunks that make pixels, and those that may say which way is up.

The decoder never sees any other chunk, so that none of them can spoil a whole picture. Viewers drop
a damaged ancillary chunk as well (PNG specification, third edition, 13.2).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from .limits import MAX_PARTS, too_many
from .stream import Stream, header_damaged

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# The lengths of chunks that have a fixed length.
LENGTHS = {
    b"acTL": 8, b"cHRM": 32, b"gAMA": 4, b"pHYs": 9, b"sRGB": 1, b"tIME": 7, b"cICP": 4,
    b"mDCV": 24, b"cLLI": 8, b"fcTL": 26, b"oFFs": 9, b"sTER": 1,
}  # fmt: skip
# Bytes of the transparent colour by colour type; a palette has up to one byte an entry.
TRANSPARENT = {0: 2, 2: 6}
# Keywords of texts in which Pillow looks for an orientation.
ORIENTING = (b"Raw profile type exif\0", b"XML:com.adobe.xmp\0")
TEXTS = (b"tEXt", b"zTXt", b"iTXt")
MAX_TEXT = 2**20
CRITICAL = (b"IHDR", b"PLTE")

Chunk = tuple[bytes, memoryview, bool]


def prepare_png(data: bytes) -> Stream:
    """The stream of a PNG. Raises `ImageError` if a critical part is damaged."""
    header = PLTE = b""
    before: list[bytes] = []
    pixels: list[memoryview] = []
    damaged: dict[str, None] = {}
    animated = False
    for kind, body, whole in _chunks(data):
        if not header and kind != b"IHDR" or kind in CRITICAL and not whole:
            raise header_damaged()
        if kind == b"IHDR":
            header = header or bytes(body)
        elif kind == b"IDAT":
            pixels.append(body)
        elif kind == b"PLTE":
            PLTE = PLTE or bytes(body)
        elif not whole or not _has_its_length(kind, body, header, PLTE):
            damaged[kind.decode("latin-1")] = None
        elif kind == b"acTL":
            animated = int.from_bytes(body[:4], "big") > 1
        elif kind == b"tRNS" or _may_orient(kind, body):
            before.append(_chunk(kind, body))
    if len(header) != 13:
        raise header_damaged()
    palette = [_chunk(b"PLTE", PLTE)] if PLTE else []
    parts = [SIGNATURE, _chunk(b"IHDR", header), *palette, *before]
    parts += [_chunk(b"IDAT", b"".join(pixels)), _chunk(b"IEND", b"")]
    return Stream(b"".join(parts), tuple(damaged), animated)


def _chunks(data: bytes) -> Iterator[Chunk]:
    """(kind, body, whole) of each chunk before IEND; `whole` is False if its checksum is wrong.

    The checksum of IDAT is not looked at: the pixels have one of their own.
    """
    view, at = memoryview(data), len(SIGNATURE)
    for _ in range(MAX_PARTS):
        if at + 8 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IEND":
            return
        end = at + 8 + length
        body = view[at + 8 : end]
        whole = kind == b"IDAT" or zlib.crc32(view[at + 4 : end]) == _number(view[end : end + 4])
        yield kind, body, whole and len(body) == length
        at = end + 4
    raise too_many(MAX_PARTS, "chunks", MAX_PARTS)


def _number(view: memoryview) -> int:
    return int.from_bytes(view, "big") if len(view) == 4 else -1


def _chunk(kind: bytes, body: bytes | memoryview) -> bytes:
    checksum = zlib.crc32(body, zlib.crc32(kind))
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", checksum)


def _has_its_length(kind: bytes, body: memoryview, header: bytes, palette: bytes) -> bool:
    if kind != b"tRNS":
        return LENGTHS.get(kind, len(body)) == len(body)
    colour = header[9] if len(header) > 9 else -1
    if colour == 3:
        return 0 < len(body) <= len(palette) // 3
    return len(body) == TRANSPARENT.get(colour)


def _may_orient(kind: bytes, body: memoryview) -> bool:
    if kind == b"eXIf":
        return True
    return kind in TEXTS and len(body) < MAX_TEXT and bytes(body[:30]).startswith(ORIENTING)
