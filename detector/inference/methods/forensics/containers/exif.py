"""The EXIF tags that hold texts, what a capture leaves, and the preview (CIPA DC-008, "Exif 3.0").

Pillow's reader decodes every tag that a directory names and warns about each that is damaged; this
one touches only texts and the tags of its tables and reports what it cannot read. It also reads
TIFF files, whose directory it is. GPS and the camera maker's notes are noted as present and never
read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .iptc import add_photoshop, add_records
from .metadata import LEAST_OTHER, Metadata, Unreadable, quotable
from .text_encodings import decode_comment, decode_text
from .xmp import add_xmp

# Programs put their settings into whichever tag is free. These are read whatever type they have,
# others where they are texts by their type.
TEXT_TAGS = {
    0x010D: "DocumentName",
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0131: "Software",
    0x013B: "Artist",
    0x013C: "HostComputer",
    0x8298: "Copyright",
    0x9213: "ImageHistory",
    0x9286: "UserComment",
    0x927C: "MakerNote",
    0x9C9B: "XPTitle",
    0x9C9C: "XPComment",
    0x9C9D: "XPAuthor",
    0x9C9E: "XPKeywords",
    0x9C9F: "XPSubject",
}
CAPTURE_TAGS = {
    0x829A: "ExposureTime",
    0x829D: "FNumber",
    0x8827: "ISO",
    0x9003: "DateTimeOriginal",
    0x920A: "FocalLength",
    0x927C: "MakerNote",
    0xA434: "LensModel",
    0x8825: "GPS",
}
XMP_TAG, IPTC_TAG, PHOTOSHOP_TAG = 0x02BC, 0x83BB, 0x8649
PACKETS = {XMP_TAG: "XMP", IPTC_TAG: "IPTC", PHOTOSHOP_TAG: "Photoshop"}
EXIF_IFD, ORIENTATION = 0x8769, 0x0112
# Fooocus puts one word where cameras put kilobytes of their own.
MAKER_NOTE, MAX_MAKER_NOTE = 0x927C, 16
THUMBNAIL_AT, THUMBNAIL_LENGTH = 0x0201, 0x0202
BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, UTF8 = 1, 2, 3, 4, 5, 7, 129
BYTES_TYPES = (BYTE, ASCII, UNDEFINED, UTF8)  # what a text may be stored as
MAX_ENTRIES = 1000
MAX_DIRECTORIES = 8  # of one file: the first says what the camera did, the others may hold texts
MAX_SHOWN = 80
MAX_THUMBNAIL = 64 * 1024  # as large as the segment of a JPEG that it stands in

# Lowest and highest value that cameras have, and how it is written.
_IN_WORDS = {
    "ExposureTime": (1e-6, 1e5, "{:.3g} s"),
    "FNumber": (0.5, 128.0, "f/{:.3g}"),
    "FocalLength": (0.1, 10_000.0, "{:.4g} mm"),
}

Entry = tuple[int, int, int, bytes]


def add_exif(data: bytes | memoryview, metadata: Metadata, name: str = "EXIF") -> None:
    """Read a TIFF structure, with or without the "Exif" header that JPEG puts before it."""
    if metadata.directories >= MAX_DIRECTORIES:
        return
    with metadata.reading(name):
        view = memoryview(data)
        if bytes(view[:5]) == b"Exif\0":
            view = view[6:]
        order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(view[:4]))
        if order is None:
            raise Unreadable("first_bytes")
        first = name not in metadata.containers[1:]
        metadata.read(name)
        metadata.directories += 1
        for entry in _all_entries(view, order):
            if first:
                _add_capture(view, order, entry, metadata)
            _add_entry(view, order, entry, metadata, name)
        if first and name == "EXIF":  # the next directory of a TIFF file is its next page
            metadata.thumbnail = _thumbnail(view, order)


def _add_capture(view: memoryview, order: str, entry: Entry, metadata: Metadata) -> None:
    """Reads the tags that only a capture has. Programs show only the first EXIF of a file."""
    tag, kind, _, field = entry
    if tag in CAPTURE_TAGS and not _is_word(entry):
        metadata.camera[CAPTURE_TAGS[tag]] = _capture_value(view, order, entry)
    elif tag == ORIENTATION and kind == SHORT:
        metadata.orientation = _short(field, order)


def _is_word(entry: Entry) -> bool:
    tag, _, count, _ = entry
    return tag == MAKER_NOTE and count <= MAX_MAKER_NOTE


def _add_entry(view: memoryview, order: str, entry: Entry, metadata: Metadata, name: str) -> None:
    tag, kind, count, field = entry
    if tag == MAKER_NOTE and not _is_word(entry):
        return
    packed = kind == LONG and tag == IPTC_TAG  # as Adobe's programs have it
    is_text = (tag in TEXT_TAGS or tag in PACKETS) and kind in BYTES_TYPES
    if packed or is_text or (kind in (ASCII, UTF8) and count >= LEAST_OTHER):
        size = 4 * count if packed else count
        with metadata.reading(f"{name} {_name(tag)}"):
            metadata.load(size)
            _add_value(tag, _value(view, order, size, field), order, metadata, name)


def _name(tag: int) -> str:
    return TEXT_TAGS.get(tag) or PACKETS.get(tag) or f"tag 0x{tag:04X}"


def _capture_value(view: memoryview, order: str, entry: Entry) -> str:
    """The value of a tag of the capture in words; "" if it has none or is not to be shown."""
    tag, kind, count, field = entry
    name = CAPTURE_TAGS[tag]
    try:
        if name == "MakerNote":
            return str(count) if count <= len(view) else ""
        if name == "ISO":
            return f"ISO {_short(field, order)}" if kind == SHORT and count == 1 else ""
        if name in ("LensModel", "DateTimeOriginal") and kind == ASCII and count <= 2 * MAX_SHOWN:
            return quotable(decode_text(_value(view, order, count, field)), MAX_SHOWN)
        if name in _IN_WORDS and kind == RATIONAL and count == 1:
            return _in_words(name, *struct.unpack(order + "II", _value(view, order, 8, field)))
    except Unreadable:
        pass  # what is only context is not worth a sentence on what is wrong with it
    return ""


def _in_words(name: str, numerator: int, denominator: int) -> str:
    """A rational as photographers write it; "" where no lens and no shutter can have it."""
    value = numerator / denominator if denominator else 0.0
    lowest, highest, words = _IN_WORDS[name]
    if not lowest <= value <= highest:
        return ""
    if name == "ExposureTime" and value < 0.3:
        return f"1/{1 / value:.0f} s"
    return words.format(value)


def _thumbnail(view: memoryview, order: str) -> bytes:
    """The preview that the second directory points at; empty if there is none that is whole."""
    try:
        first = _number(view, order, 4)
        after = first + 2 + 12 * _short(view[first : first + 2], order)
        second = _number(view, order, after)
        longs = {
            tag: _number(field, order, 0)
            for tag, kind, _, field in (_entries(view, order, second) if second else ())
            if kind == LONG
        }
    except Unreadable:
        return b""  # many writers leave the end of the first directory unfinished
    at, length = longs.get(THUMBNAIL_AT, 0), longs.get(THUMBNAIL_LENGTH, 0)
    if not 0 < length <= MAX_THUMBNAIL or at + length > len(view):
        return b""
    return bytes(view[at : at + length])


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
        raise Unreadable("directory_outside")
    (entries,) = struct.unpack_from(order + "H", view, at)
    for start in range(at + 2, at + 2 + 12 * min(entries, MAX_ENTRIES), 12):
        if start + 12 > len(view):
            raise Unreadable("directory_cut_off")
        tag, kind, count, value = struct.unpack_from(order + "HHI4s", view, start)
        yield tag, kind, count, value


def _number(data: memoryview | bytes, order: str, at: int) -> int:
    if at + 4 > len(data):
        raise Unreadable("cut_off")
    return int(struct.unpack_from(order + "I", data, at)[0])


def _short(data: memoryview | bytes, order: str) -> int:
    if len(data) < 2:
        raise Unreadable("cut_off")
    return int(struct.unpack_from(order + "H", data)[0])


def _value(view: memoryview, order: str, count: int, field: bytes) -> bytes:
    if count <= 4:
        return field[:count]
    at = _number(field, order, 0)
    if at + count > len(view):
        raise Unreadable("beyond_end")
    return bytes(view[at : at + count])


def _add_value(tag: int, raw: bytes, order: str, metadata: Metadata, name: str) -> None:
    if tag == XMP_TAG:
        add_xmp(raw, metadata)
    elif tag == IPTC_TAG:
        add_records([memoryview(raw)], metadata)
    elif tag == PHOTOSHOP_TAG:
        add_photoshop([memoryview(raw)], metadata)
    else:
        key = TEXT_TAGS.get(tag, "")
        where = f"{name} {_name(tag)}"
        text = _text(key, raw, order)
        if text and key:
            metadata.add(key, text, where)
        else:
            metadata.add_other(text, where)


def _text(key: str, raw: bytes, order: str) -> str:
    if key == "UserComment":
        return decode_comment(raw, order)
    if key.startswith("XP"):  # which Windows writes, in UTF-16 and its own order of bytes
        return decode_text(raw, "<", wide=True)
    return decode_text(raw, order)
