"""PNG: chunks with texts, plain, compressed or international; EXIF and XMP among them."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from itertools import islice

from .exif import add_exif
from .iptc import PHOTOSHOP_HEADER, add_photoshop, add_records
from .metadata import MAX_BLOCKS, MAX_STORED, Metadata, Unreadable
from .text_encodings import decode_text
from .xmp import JPEG_XMP, add_xmp

XMP_KEY = "XML:com.adobe.xmp"
MAX_TEXT_CHUNKS = 256
# Name, number of bytes and the bytes as hexadecimal digits, in lines; some writers leave the empty
# line before the name out.
_RAW_PROFILE = re.compile(r"\s*[\w ]{1,40}\n\s*(\d{1,9})\s+")
_SPACES = re.compile(r"\s+")
_NO_DIGITS = re.compile(r"[^0-9a-fA-F]")


def walk_png(data: bytes, metadata: Metadata) -> None:
    """Read the texts, the XMP and the EXIF among the chunks."""
    blocks = (block for block in chunks(data) if block[0] in TEXTS or block[0] == b"eXIf")
    for kind, body in islice(blocks, MAX_TEXT_CHUNKS):
        if kind == b"eXIf":
            add_exif(body, metadata)
        else:
            with metadata.reading(f"PNG {kind.decode()}"):
                _add_text(kind, body, metadata)


def chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """(kind, body) of each chunk of a PNG before its end. Raises `Unreadable`."""
    view, at = memoryview(data), 8
    for _ in range(MAX_BLOCKS):
        if at + 12 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IEND":
            return
        if at + 12 + length > len(data):
            raise Unreadable("beyond_end")
        yield kind, view[at + 8 : at + 8 + length]
        at += 12 + length
    raise Unreadable("too_many")


def first_pixels(data: bytes, width: int, rows: int) -> list[bytes]:
    """The first pixel of each of the first rows; empty unless 8-bit RGBA that is not interlaced.

    Only those rows are inflated. The filters of the PNG standard need no other pixel here: nothing
    lies to the left, so that Paeth's predictor is the pixel above, and the average half of it.
    """
    if data[24:29] != b"\x08\x06\0\0\0":
        return []
    step = 1 + 4 * width
    lines = _inflate_rows(data, rows * step)
    pixel, pixels = bytes(4), []
    for at in range(0, len(lines) - 4, step):
        share = {2: 1.0, 3: 0.5, 4: 1.0}.get(lines[at], 0.0)
        here = zip(lines[at + 1 : at + 5], pixel, strict=True)
        pixel = bytes((value + int(share * above)) % 256 for value, above in here)
        pixels.append(pixel)
    return pixels


def _inflate_rows(data: bytes, size: int) -> bytes:
    stream, lines = zlib.decompressobj(), bytearray()
    for kind, body in chunks(data):
        if kind == b"IDAT" and len(lines) < size:
            try:
                lines += stream.decompress(body, size - len(lines))
            except zlib.error as error:
                raise Unreadable("pixels") from error
        elif kind == b"IDAT":
            break
    return bytes(lines)


def _add_text(kind: bytes, body: memoryview, metadata: Metadata) -> None:
    if len(body) > MAX_STORED:  # before it is copied
        raise Unreadable("text_long")
    keyword, separator, remainder = bytes(body).partition(b"\0")
    if not separator or len(keyword) > 79:
        raise Unreadable("no_keyword")
    key = keyword.decode("latin-1")
    with metadata.reading(f"PNG {kind.decode()} {key}"):
        text = TEXTS[kind](remainder, metadata)
        if key == XMP_KEY:
            add_xmp(text, metadata)
        elif key.lower().startswith("raw profile type "):
            _add_raw_profile(key.rpartition(" ")[2].lower(), text, metadata)
        else:
            metadata.add(key, text, f"PNG {kind.decode()} {key}")


def _plain(remainder: bytes, metadata: Metadata) -> str:
    metadata.load(len(remainder))
    return decode_text(remainder)


def _compressed(remainder: bytes, metadata: Metadata) -> str:
    if remainder[:1] != b"\0":
        raise Unreadable("compression_unknown")
    return decode_text(metadata.inflate(remainder[1:]))


def _international(remainder: bytes, metadata: Metadata) -> str:
    """Compression flag and method, language, translated keyword, then the text in UTF-8."""
    parts = remainder[2:].split(b"\0", 2)
    if len(parts) != 3 or remainder[0] > 1:
        raise Unreadable("header_damaged")
    if remainder[0]:
        return decode_text(metadata.inflate(parts[2]))
    return _plain(parts[2], metadata)


TEXTS = {b"tEXt": _plain, b"zTXt": _compressed, b"iTXt": _international}


def _add_raw_profile(name: str, text: str, metadata: Metadata) -> None:
    """What ImageMagick makes of EXIF, XMP and IPTC: name, length and the bytes as hex.

    What the bytes are is told by themselves, since writers name them in many ways. What follows
    them does not count.
    """
    data = _raw_bytes(text)
    view = memoryview(data)
    if data.startswith((JPEG_XMP, b"<")) or name == "xmp":
        add_xmp(data, metadata)
    elif data.startswith((b"Exif", b"II*\0", b"MM\0*")) or name == "exif":
        add_exif(data, metadata)
    elif data.startswith(PHOTOSHOP_HEADER):
        add_photoshop([view[len(PHOTOSHOP_HEADER) :]], metadata)
    elif data.startswith(b"8BIM"):
        add_photoshop([view], metadata)
    elif name == "iptc":
        add_records([view], metadata)


def _raw_bytes(text: str) -> bytes:
    head = _RAW_PROFILE.match(text)
    if head is None:
        raise Unreadable("header_damaged")
    digits = _NO_DIGITS.split(_SPACES.sub("", text[head.end() :]), maxsplit=1)[0]
    digits = digits[: 2 * int(head[1])]
    if not digits or len(digits) % 2:
        raise Unreadable("bytes_damaged")
    return bytes.fromhex(digits)
