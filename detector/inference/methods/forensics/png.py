"""PNG: chunks with texts, plain, compressed or international; EXIF and XMP among them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from itertools import islice

from .exif import add_exif, decode_text
from .iptc import add_photoshop, add_records
from .metadata import MAX_BLOCKS, MAX_TEXT, Metadata, Unreadable, inflate
from .xmp import JPEG_XMP, add_xmp

XMP_KEY = "XML:com.adobe.xmp"
# Each may be inflated to the limit of a text.
MAX_TEXT_CHUNKS = 256


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
            raise Unreadable("a chunk claims more bytes than there are.")
        yield kind, view[at + 8 : at + 8 + length]
        at += 12 + length
    raise Unreadable("there are too many of them.")


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
                raise Unreadable("the pixels cannot be decoded.") from error
        elif kind == b"IDAT":
            break
    return bytes(lines)


def _add_text(kind: bytes, body: memoryview, metadata: Metadata) -> None:
    if len(body) > MAX_TEXT:
        raise Unreadable("it is too long.")
    keyword, separator, rest = bytes(body).partition(b"\0")
    if not separator or len(keyword) > 79:
        raise Unreadable("it has no keyword.")
    key = keyword.decode("latin-1")
    with metadata.reading(f"PNG {kind.decode()} {key}"):
        text = TEXTS[kind](rest)
        if key == XMP_KEY:
            add_xmp(text, metadata)
        elif key.startswith("Raw profile type "):
            _add_raw_profile(key.rpartition(" ")[2].lower(), text, metadata)
        else:
            metadata.add(key, text, f"PNG {kind.decode()} {key}")


def _compressed(rest: bytes) -> str:
    if rest[:1] != b"\0":
        raise Unreadable("its compression is unknown.")
    return decode_text(inflate(rest[1:]))


def _international(rest: bytes) -> str:
    """Compression flag and method, language, translated keyword, then the text in UTF-8."""
    parts = rest[2:].split(b"\0", 2)
    if len(parts) != 3 or rest[0] > 1:
        raise Unreadable("its header is damaged.")
    text = inflate(parts[2]) if rest[0] else parts[2]
    return text.decode("utf-8", "replace")


TEXTS = {b"tEXt": decode_text, b"zTXt": _compressed, b"iTXt": _international}


def _add_raw_profile(name: str, text: str, metadata: Metadata) -> None:
    """What ImageMagick makes of EXIF, XMP and IPTC: name, length and the bytes as hex."""
    digits = text.strip().split("\n", 2)[2:]
    try:
        data = bytes.fromhex(digits[0]) if digits else b""
    except ValueError as error:
        raise Unreadable("its bytes are damaged.") from error
    if data[: len(JPEG_XMP)] == JPEG_XMP:
        add_xmp(data[len(JPEG_XMP) :], metadata)
    elif name == "xmp":
        add_xmp(data, metadata)
    elif name == "exif" or data[:4] in (b"Exif", b"II*\0", b"MM\0*"):
        add_exif(data, metadata)
    elif name == "iptc":
        (add_photoshop if data[:4] == b"8BIM" else add_records)(memoryview(data), metadata)
