"""Whether a file carries a C2PA manifest, found by walking its blocks.

The places are those of the C2PA specification 2.1, appendix A. Most files have none, so this
decides cheaply whether the library is asked at all; what the manifest says is read elsewhere.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from detector.inference.formats import RAW, family, format_of
from detector.inference.methods.forensics.containers.metadata import Unreadable
from detector.inference.methods.forensics.containers.png import chunks
from detector.inference.methods.forensics.containers.walk import (
    MAX_EXTENSIONS,
    first_extension,
    riff_chunks,
    segments,
    sub_blocks,
)

# The type of the description box of a manifest store, and the user type of the box in AVIF or HEIC.
C2PA_STORE = bytes.fromhex("63327061 0011 0010 8000 00aa00389b71")
C2PA_BOX = bytes.fromhex("d8fec3d6 1b0e 483c 9297 5828877ec481")
TIFF_TAG = 0xCD41
MAX_BOXES = 1000
MAX_TAGS = 1000


def find_manifest(data: bytes, format: str) -> str:
    """The place of the manifest as shown to people, "" without one. Whatever the bytes are, this
    does not raise."""
    where = format_of(format).c2pa
    if not where:
        return ""
    try:
        return where if FINDERS[family(format)](data) else ""
    except Unreadable:  # the reader of the container has reported it
        return ""


def _in_jpeg(data: bytes) -> bool:
    # "JP", number of the box, number of the segment, then the boxes: jumb with a jumd first.
    heads = (bytes(body[:40]) for marker, body in segments(data) if marker == 0xEB)
    return any(
        (head[:2], head[12:16], head[20:24], head[24:]) == (b"JP", b"jumb", b"jumd", C2PA_STORE)
        for head in heads
    )


def _in_png(data: bytes) -> bool:
    return any(kind == b"caBX" for kind, _ in chunks(data))


def _in_webp(data: bytes) -> bool:
    return any(kind == b"C2PA" for kind, _ in riff_chunks(data))


def _in_gif(data: bytes) -> bool:
    """An application extension before the first picture."""
    at = first_extension(data)
    for _ in range(MAX_EXTENSIONS):
        if data[at : at + 1] != b"!":
            return False
        if data[at + 1 : at + 11] == b"\xff\x0bC2PA_GIF":
            return True
        at, _parts = sub_blocks(data, at + 2)
    return False


def _in_tiff(data: bytes) -> bool:
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        return False
    (at,) = struct.unpack_from(order + "I", data, 4)
    if at + 2 > len(data):
        return False
    (entries,) = struct.unpack_from(order + "H", data, at)
    last = min(at + 2 + 12 * min(entries, MAX_TAGS), len(data) - 1)
    tags = (struct.unpack_from(order + "H", data, place)[0] for place in range(at + 2, last, 12))
    return TIFF_TAG in tags


def _in_boxes(data: bytes) -> bool:
    return any(kind == b"uuid" and user == C2PA_BOX for kind, user in _boxes(data))


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(type, the 16 bytes after the head) of each box of the file (ISO/IEC 14496-12)."""
    at = 0
    for _ in range(MAX_BOXES):
        if at + 8 > len(data):
            return
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= len(data):
            (size,), head = struct.unpack_from(">Q", data, at + 8), 16
        yield kind, data[at + head : at + head + 16]
        if size < head:  # 0: to the end of the file
            return
        at += size


# By the names of FORMATS, for those in which C2PA has a place, and RAW.
FINDERS: dict[str, Callable[[bytes], bool]] = {
    RAW: _in_tiff,
    "JPEG": _in_jpeg,
    "PNG": _in_png,
    "WEBP": _in_webp,
    "GIF": _in_gif,
    "TIFF": _in_tiff,
    "HEIF": _in_boxes,
    "AVIF": _in_boxes,
}
