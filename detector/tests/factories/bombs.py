"""Small files that ask a decoder for much: memory, time, or trust in pixels that are not there."""

from __future__ import annotations

import io
import struct

from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from detector.tests.factories.boxes import box, heif
from detector.tests.factories.pictures import encode, noise, png_chunk

Tags = list[tuple[int, int, list[int]]]


def progressive_of_scans(count: int) -> bytes:
    """A progressive JPEG with its last scan `count` times more."""
    data = encode(noise(64, 64), "JPEG", progressive=True)
    return data[:-2] + data[data.rindex(b"\xff\xda") : -2] * count + data[-2:]


def filled_jpeg(where: str, fill: int) -> bytes:
    """A JPEG with fill bytes before its tables, in its picture data or before its end."""
    data = encode(noise(), "JPEG")
    at = {"head": 2, "data": len(data) - 100, "end": len(data) - 2}[where]
    if where == "data":  # FF 00 is a byte of data: the fill goes in front of one
        at = data.index(b"\xff\x00", data.rindex(b"\xff\xda"))
    return data[:at] + b"\xff" * fill + data[at:]


def cut_jpeg(share: float, **options: object) -> bytes:
    """A share of a JPEG, with the end marker put back."""
    data = encode(noise(320, 240), "JPEG", **options)
    return data[: int(len(data) * share)] + b"\xff\xd9"


def tiff(tags: Tags, pixels: bytes, big: bool = False) -> bytes:
    """A little-endian TIFF of one directory; (tag, type 3 or 4, numbers). A strip's or tile's
    offset of 0 is replaced by that of `pixels`."""
    entry, offset = ("<HHQ", "Q") if big else ("<HHI", "I")
    room = struct.calcsize(offset)
    head = b"II+\0\x08\0\0\0" + struct.pack("<Q", 16) if big else b"II*\0" + struct.pack("<I", 8)
    count = struct.pack("<Q" if big else "<H", len(tags))
    size = len(head) + len(count) + len(tags) * (struct.calcsize(entry) + room) + room
    raw = {i: struct.pack(f"<{len(v)}{'HI'[t - 3]}", *v) for i, (_, t, v) in enumerate(tags)}
    long = sum(len(r) for r in raw.values() if len(r) > room)
    directory, extra = b"", b""
    for i, (tag, kind, values) in enumerate(tags):
        if tag in (273, 324) and values == [0]:
            raw[i] = struct.pack("<I", size + long)
        value = raw[i].ljust(room, b"\0")
        if len(raw[i]) > room:
            value, extra = struct.pack("<" + offset, size + len(extra)), extra + raw[i]
        directory += struct.pack(entry, tag, kind, len(values)) + value
    return head + count + directory + bytes(room) + extra + pixels


def tiled_tiff(side: int, big: bool = False, again: bool = False) -> bytes:
    """A picture of 96 x 80 in one tile of `side`; `again` says later that it is a small one."""
    tags: Tags = [
        (256, 3, [96]), (257, 3, [80]), (258, 3, [8, 8, 8]), (259, 3, [8]), (262, 3, [2]),
        (277, 3, [3]), (322, 4, [side]), (323, 4, [side]), (324, 4, [0]), (325, 4, [9]),
    ]  # fmt: skip
    if again:
        tags += [(322, 4, [96]), (323, 4, [96])]
    return tiff(tags, bytes(9), big)


def striped_tiff(count: int) -> bytes:
    """A strip for each of `count` lines, all at the same place."""
    tags: Tags = [
        (256, 3, [8]), (257, 4, [count]), (258, 3, [8]), (259, 3, [1]), (262, 3, [1]),
        (273, 4, [8] * count), (277, 3, [1]), (278, 3, [1]), (279, 4, [8] * count),
    ]  # fmt: skip
    return tiff(tags, bytes(8))


def fax_tiff(compression: int, broken: int, height: int = 200) -> bytes:
    """A fax of group 3 or 4 whose `broken` last bytes are noise."""
    whole = encode(noise(96, height, "1"), "TIFF", compression=f"group{compression}")
    with Image.open(io.BytesIO(whole)) as image:
        assert isinstance(image, TiffImageFile)
        (at,), (size,) = image.tag_v2[273], image.tag_v2[279]
    junk = noise(64, 64).tobytes()[:broken]
    return whole[: at + size - broken] + junk + whole[at + size :]


def run_length_bmp(width: int, height: int) -> bytes:
    """Eight bits, compressed by runs, and nothing but the ends of lines."""
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, 4, 0, 0, 256, 256)
    start = 14 + 40 + 1024
    lines = b"\1\1\0\0" * height
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, start) + head + bytes(1024) + lines


def stated_smaller(data: bytes, width: int = 64, height: int = 64) -> bytes:
    """A HEIF or AVIF whose boxes state another size than its stream."""
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]


def chunky_png(count: int) -> bytes:
    data = encode(noise(), "PNG")
    return data[:33] + png_chunk(b"tEXt", b"a\0b") * count + data[33:]


def chunky_webp(count: int) -> bytes:
    data = encode(noise(), "WEBP")
    return (
        data[:4] + struct.pack("<I", len(data) - 8 + 8 * count) + data[8:] + b"JUNK\0\0\0\0" * count
    )


def talkative_gif(blocks: int, before: bool) -> bytes:
    """A comment of tiny blocks, before or behind the picture."""
    data = encode(noise(mode="P"), "GIF")
    at = data.index(b",\0\0\0\0") if before else len(data) - 1
    return data[:at] + b"!\xfe" + b"\1a" * blocks + b"\0" + data[at:]


def greedy_heif(count: int) -> bytes:
    """A HEIF in which each of `count` items claims 65,535 extents that take no byte."""
    items = b"".join(struct.pack(">HHH", item, 0, 0xFFFF) for item in range(count))
    return heif(box(b"iloc", bytes(6) + struct.pack(">H", count) + items))


def boastful_heif(count: int) -> bytes:
    """A HEIF with `count` references, each of which claims 65,535 targets and has none."""
    references = box(b"dimg", struct.pack(">HH", 1, 0xFFFF)) * count
    return heif(box(b"iref", bytes(4) + references))
