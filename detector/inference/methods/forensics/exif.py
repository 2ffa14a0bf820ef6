"""The few EXIF tags that say where a picture came from.

Pillow's reader decodes every tag that a directory names and warns about each that is damaged; this
one touches only the tags of its table and reports what it cannot read. It also reads TIFF files,
whose directory it is. GPS is noted as present and never read.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from .metadata import Metadata, Unreadable
from .xmp import add_xmp

TEXT_TAGS = {
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0131: "Software",
    0x013B: "Artist",
    0x9286: "UserComment",
    0x927C: "MakerNote",
}
CAPTURE_TAGS = {0x829A: "ExposureTime", 0x829D: "FNumber", 0x8827: "ISO", 0x920A: "FocalLength"}
XMP_TAG, EXIF_IFD, GPS_IFD = 0x02BC, 0x8769, 0x8825
# Fooocus puts one word where cameras put kilobytes of their own.
MAKER_NOTE, MAX_MAKER_NOTE = 0x927C, 16
BYTES_TYPES = (1, 2, 7)  # BYTE, ASCII, UNDEFINED: what a text may be stored as
LONG = 4
MAX_ENTRIES = 1000

# ComfyUI and its savers put "prompt:{...}" and "workflow:{...}" into whichever tag is free.
_LABELLED = re.compile(r"(prompt|workflow)\s*:\s*(?=\{)", re.IGNORECASE)

Entry = tuple[int, int, int, bytes]


def add_exif(data: bytes | memoryview, metadata: Metadata, name: str = "EXIF") -> None:
    """Read a TIFF structure, with or without the "Exif" header that JPEG puts before it."""
    if name in metadata.containers[1:]:
        return  # a file has one; the first is the one that programs show
    with metadata.reading(name):
        view = memoryview(data)
        if bytes(view[:6]) == b"Exif\0\0":
            view = view[6:]
        order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(view[:4]))
        if order is None:
            raise Unreadable("it does not begin as such data must.")
        metadata.read(name)
        for tag, kind, count, field in _all_entries(view, order):
            if tag in CAPTURE_TAGS or tag == GPS_IFD:
                metadata.camera.add(CAPTURE_TAGS.get(tag, "GPS"))
            elif tag == MAKER_NOTE and count > MAX_MAKER_NOTE:
                continue
            elif kind in BYTES_TYPES and (tag in TEXT_TAGS or tag == XMP_TAG):
                with metadata.reading(f"{name} {TEXT_TAGS.get(tag, 'XMP')}"):
                    metadata.spend(count)
                    _add_value(tag, _value(view, order, count, field), order, metadata, name)


def _all_entries(view: memoryview, order: str) -> Iterator[Entry]:
    """The entries of the first directory, then those of the EXIF directory that it points at."""
    inner = None
    for entry in _entries(view, order, _number(view, order, 4)):
        if entry[0] == EXIF_IFD and entry[1] == LONG:
            inner = _number(entry[3], order, 0)
        yield entry
    if inner is not None:
        yield from _entries(view, order, inner)


def _entries(view: memoryview, order: str, at: int) -> Iterator[Entry]:
    """(tag, type, count, the four bytes that hold the value or its place) of each entry."""
    if at + 2 > len(view):
        raise Unreadable("its directory lies outside the data.")
    (entries,) = struct.unpack_from(order + "H", view, at)
    for start in range(at + 2, at + 2 + 12 * min(entries, MAX_ENTRIES), 12):
        if start + 12 > len(view):
            raise Unreadable("its directory is cut off.")
        tag, kind, count, value = struct.unpack_from(order + "HHI4s", view, start)
        yield tag, kind, count, value


def _number(data: memoryview | bytes, order: str, at: int) -> int:
    if at + 4 > len(data):
        raise Unreadable("it is cut off.")
    return int(struct.unpack_from(order + "I", data, at)[0])


def _value(view: memoryview, order: str, count: int, field: bytes) -> bytes:
    if count <= 4:
        return field[:count]
    at = _number(field, order, 0)
    if at + count > len(view):
        raise Unreadable("it claims more bytes than there are.")
    return bytes(view[at : at + count])


def _add_value(tag: int, raw: bytes, order: str, metadata: Metadata, name: str) -> None:
    if tag == XMP_TAG:
        add_xmp(raw, metadata)
        return
    key = TEXT_TAGS[tag]
    text = decode_comment(raw, order) if key == "UserComment" else decode_text(raw)
    where = f"{name} {key}"
    if label := _LABELLED.match(text):
        key, text = label[1].lower(), text[label.end() :]
    if text:
        metadata.add(key, text, where)


def decode_text(raw: bytes) -> str:
    """A text that should be ASCII and often is UTF-8."""
    raw = raw.rstrip(b"\0")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def decode_comment(raw: bytes, order: str) -> str:
    """A UserComment: eight bytes name its encoding, and some writers leave them out."""
    prefix, body = raw[:8], raw[8:]
    if prefix == b"UNICODE\0":
        return _decode_utf16(body, order)
    if prefix in (b"ASCII\0\0\0", bytes(8)):
        return decode_text(body).strip("\0")
    if prefix == b"JIS\0\0\0\0\0":
        return body.decode("iso2022_jp", "replace").strip("\0")
    return decode_text(raw)


def _decode_utf16(body: bytes, order: str) -> str:
    """UTF-16 in the order that gives more Latin letters; at a tie, in the order of the EXIF."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace").strip("\0")
    sample = body[:4096]
    latin = {"<": sample[1::2].count(0), ">": sample[0::2].count(0)}
    best = max("<>", key=lambda o: (latin[o], o == order))
    return body.decode("utf-16-le" if best == "<" else "utf-16-be", "replace").strip("\0")
