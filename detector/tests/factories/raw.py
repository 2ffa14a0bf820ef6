"""Tiny camera RAW files, written by hand: DNG with sensor cells, and the boxes of a CR3."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from PIL import Image

from detector.tests.factories.boxes import box

BYTE, ASCII, SHORT, LONG, RATIONAL, SRATIONAL = 1, 2, 3, 4, 5, 10
SIZES = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, SRATIONAL: 8}
LETTERS = {BYTE: "B", SHORT: "H", LONG: "I"}
DNG_VERSION, DNG_BACKWARD = 50706, 50707
Entry = tuple[int, int, Sequence[int] | bytes]
# sRGB primaries to XYZ, as XYZ to camera: a camera that sees sRGB.
XYZ_TO_CAMERA = (3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570)


def make_dng(
    picture: Image.Image, *, make: str = "Testmake", model: str = "Testmake One", turn: int = 1
) -> bytes:
    """A DNG whose sensor has four cells for each pixel of the picture (RGGB), 16 bits, linear.

    Its development at half the size shows the picture. `turn` is the EXIF orientation.
    """
    cells = _mosaic(np.asarray(picture.convert("RGB"), np.float64) / 255)
    height, width = cells.shape
    exif: list[Entry] = [
        (0x829A, RATIONAL, (1, 250)),
        (0x829D, RATIONAL, (28, 10)),
        (0x8827, SHORT, (200,)),
        (0x9003, ASCII, b"2024:05:06 07:08:09\0"),
        (0x920A, RATIONAL, (50, 1)),
    ]
    entries: list[Entry] = [
        (254, LONG, (0,)),
        (256, LONG, (width,)),
        (257, LONG, (height,)),
        (258, SHORT, (16,)),
        (259, SHORT, (1,)),
        (262, SHORT, (32803,)),
        (271, ASCII, make.encode() + b"\0"),
        (272, ASCII, model.encode() + b"\0"),
        (273, LONG, (0,)),
        (274, SHORT, (turn,)),
        (277, SHORT, (1,)),
        (278, LONG, (height,)),
        (279, LONG, (cells.nbytes,)),
        (33421, SHORT, (2, 2)),
        (33422, BYTE, (0, 1, 1, 2)),
        (34665, LONG, (0,)),
        (DNG_VERSION, BYTE, (1, 4, 0, 0)),
        (DNG_BACKWARD, BYTE, (1, 1, 0, 0)),
        (50708, ASCII, model.encode() + b"\0"),
        (50714, SHORT, (0,)),
        (50717, LONG, (65535,)),
        (50721, SRATIONAL, [n for value in XYZ_TO_CAMERA for n in (round(value * 10_000), 10_000)]),
        (50728, RATIONAL, (1, 1, 1, 1, 1, 1)),
        (50778, SHORT, (21,)),
    ]
    return _write(entries, exif, cells.astype("<u2").tobytes())


def _mosaic(rgb: np.ndarray) -> np.ndarray:
    """(2 height, 2 width) of 0 to 65535: red, green, green and blue of each pixel, linear."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    height, width = rgb.shape[:2]
    cells = np.empty((2 * height, 2 * width))
    for place, channel in (((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((1, 1), 2)):
        cells[place[0] :: 2, place[1] :: 2] = linear[..., channel]
    return (cells * 65535).round()


def _write(entries: list[Entry], exif: list[Entry], cells: bytes) -> bytes:
    first = 8
    inner = first + _size(entries)
    start = inner + _size(exif)
    places = {273: (start,), 34665: (inner,)}
    entries = [(tag, kind, places.get(tag, values)) for tag, kind, values in entries]
    head = b"II*\0" + struct.pack("<I", first)
    return head + _directory(entries, first) + _directory(exif, inner) + cells


def _value(kind: int, values: Sequence[int] | bytes) -> bytes:
    if isinstance(values, bytes):
        return values
    letter = LETTERS.get(kind, "i" if kind == SRATIONAL else "I")
    return struct.pack(f"<{len(values)}{letter}", *values)


def _size(entries: list[Entry]) -> int:
    lengths = (len(_value(kind, values)) for _, kind, values in entries)
    return 6 + 12 * len(entries) + sum(length + length % 2 for length in lengths if length > 4)


def _directory(entries: list[Entry], at: int) -> bytes:
    rows, rest = [struct.pack("<H", len(entries))], b""
    outside = at + 6 + 12 * len(entries)
    for tag, kind, values in entries:
        value = _value(kind, values)
        row = struct.pack("<HHI", tag, kind, len(value) // SIZES[kind])
        if len(value) > 4:
            rows.append(row + struct.pack("<I", outside + len(rest)))
            rest += value + b"\0" * (len(value) % 2)
        else:
            rows.append(row + value.ljust(4, b"\0"))
    return b"".join([*rows, b"\0\0\0\0", rest])


def make_cr3_head(make: str = "Canon", model: str = "Canon EOS Test") -> bytes:
    """The boxes of a CR3 with the directories of its metadata; there is no picture in it."""
    first: list[Entry] = [(271, ASCII, make.encode() + b"\0"), (272, ASCII, model.encode() + b"\0")]
    exif: list[Entry] = [(0x829A, RATIONAL, (1, 250)), (0x829D, RATIONAL, (28, 10))]
    directories = b"".join(
        box(name, b"II*\0" + struct.pack("<I", 8) + _directory(entries, 8))
        for name, entries in ((b"CMT1", first), (b"CMT2", exif))
    )
    canon = box(b"uuid", bytes.fromhex("85c0b687820f11e08111f4ce462b6a48") + directories)
    return box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", canon)
