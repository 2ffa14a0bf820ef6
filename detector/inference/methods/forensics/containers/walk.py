"""From the bytes of a file to its `Metadata`: walks the blocks of each container.

Blocks are found by walking the structure, never by searching the bytes, because a string that
stands in the pixels or in a comment says nothing. Later frames and pages are not read.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator

from PIL import Image

from detector.inference.decoding.box import boxes
from detector.inference.decoding.limits import ImageError
from detector.inference.formats import RAW, family, format_of

from .exif import add_exif
from .iptc import PHOTOSHOP_HEADER, add_photoshop
from .metadata import MAX_BLOCKS, Metadata, Unreadable
from .png import walk_png
from .samsung import add_trailer
from .text_encodings import decode_text
from .xmp import JPEG_XMP, add_xmp
from .xmp_extended import JPEG_EXTENSION, Extensions

MAX_EXTENSIONS = 100
MAX_SUB_BLOCKS = 10_000  # of 255 bytes at most: enough for the longest text that is read

# Where Canon keeps the directories of a CR3: what the camera is, and how it was set.
CR3_BOX = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
CR3_DIRECTORIES = ("CMT1", "CMT2")

Block = tuple[bytes, memoryview]


def read_metadata(data: bytes, format: str) -> Metadata:
    """Read the file's metadata. Whatever the bytes are, this does not raise."""
    metadata = Metadata()
    name = format_of(format).container
    with metadata.reading(name):
        metadata.read(name)
        WALKERS[family(format)](data, metadata)
    return metadata


def _walk_jpeg(data: bytes, metadata: Metadata) -> None:
    resources, extensions = list[memoryview](), Extensions()
    try:
        for marker, body in segments(data):
            if marker == 0xFE:
                metadata.add("JPEG comment", decode_text(bytes(body)), "JPEG comment")
            elif marker == 0xE1 and bytes(body[:5]) == b"Exif\0":
                add_exif(body, metadata)
            elif marker == 0xE1 and bytes(body[: len(JPEG_XMP)]) == JPEG_XMP:
                add_xmp(body, metadata)
            elif marker == 0xE1 and bytes(body[: len(JPEG_EXTENSION)]) == JPEG_EXTENSION:
                extensions.add(body)
            elif marker == 0xED and bytes(body[: len(PHOTOSHOP_HEADER)]) == PHOTOSHOP_HEADER:
                resources.append(body[len(PHOTOSHOP_HEADER) :])
    finally:
        extensions.read(metadata)
        if resources:
            add_photoshop(resources, metadata)
        add_trailer(data, metadata)


def segments(data: bytes) -> Iterator[tuple[int, memoryview]]:
    """(marker, body) of each segment of a JPEG before its picture data. Raises `Unreadable`."""
    view, at = memoryview(data), 2
    for _ in range(MAX_BLOCKS):
        at = data.find(b"\xff", at)
        if at < 0 or at + 4 > len(data):
            return
        marker = data[at + 1]
        if marker in (0xD9, 0xDA):
            return
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if length < 2 or at + 2 + length > len(data):
            raise Unreadable("beyond_end")
        yield marker, view[at + 4 : at + 2 + length]
        at += 2 + length
    raise Unreadable("too_many")


def _walk_webp(data: bytes, metadata: Metadata) -> None:
    for kind, body in riff_chunks(data):
        name = kind.rstrip(b"\0 ").upper()  # some writers fill up with a zero, not a space
        if name == b"EXIF":
            add_exif(body, metadata)
        elif name == b"XMP":
            add_xmp(body, metadata)


def riff_chunks(data: bytes) -> Iterator[Block]:
    """(kind, body) of each chunk of a RIFF file. Raises `Unreadable`."""
    view, at = memoryview(data), 12
    for _ in range(MAX_BLOCKS):
        if at + 8 > len(data):
            return
        kind, length = struct.unpack_from("<4sI", data, at)
        if at + 8 + length > len(data):
            raise Unreadable("beyond_end")
        yield kind, view[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    raise Unreadable("too_many")


def _walk_gif(data: bytes, metadata: Metadata) -> None:
    """The extensions before the first picture."""
    at = first_extension(data)
    for _ in range(MAX_EXTENSIONS):
        if data[at : at + 1] != b"!" or at + 2 > len(data):
            return
        label, start = data[at + 1], at + 2
        at, parts = sub_blocks(data, start)
        if label == 0xFE:
            metadata.add("GIF comment", decode_text(b"".join(parts)), "GIF comment")
        elif label == 0xFF and parts[:1] == [b"XMP DataXMP"]:
            # The packet is not cut into sub-blocks; a ramp of bytes after it ends the walk.
            packet = data[start + 12 : at]
            add_xmp(packet[: packet.rfind(b">") + 1], metadata)


def first_extension(data: bytes) -> int:
    """The place after the header of a GIF and its palette; the end of the data if it is cut off."""
    if len(data) < 13:
        return len(data)
    return 13 + (3 * 2 ** (data[10] % 8 + 1) if data[10] & 0x80 else 0)


def sub_blocks(data: bytes, at: int) -> tuple[int, list[bytes]]:
    """The place after the sub-blocks, and the sub-blocks."""
    parts: list[bytes] = []
    for _ in range(MAX_SUB_BLOCKS):
        length = data[at] if at < len(data) else 0
        if length == 0:
            return at + 1, parts
        parts.append(data[at + 1 : at + 1 + length])
        at += 1 + length
    raise Unreadable("too_many")


def _walk_tiff(data: bytes, metadata: Metadata) -> None:
    # BigTIFF has another directory; no generator is known to write it.
    if data[:4] in (b"II*\0", b"MM\0*"):
        add_exif(data, metadata, "TIFF tags")


def _through_pillow(format: str) -> Callable[[bytes, Metadata], None]:
    """For containers whose boxes Pillow finds; opening decodes no pixels.

    `open_image`, through which every picture comes, has registered the opener of HEIF.
    """

    def walk(data: bytes, metadata: Metadata) -> None:
        try:
            with Image.open(io.BytesIO(data), formats=(format,)) as image:
                info = dict(image.info)
        except Exception as error:  # parsers of hostile headers raise anything
            raise Unreadable("header_damaged") from error
        if exif := info.get("exif"):
            add_exif(exif, metadata)
        if xmp := info.get("xmp"):
            add_xmp(xmp, metadata)

    return walk


def _walk_raw(data: bytes, metadata: Metadata) -> None:
    """The directories of a TIFF. Those of a CR3 are TIFF structures in boxes of its first box."""
    if data[4:8] != b"ftyp":
        _walk_tiff(data, metadata)
        return
    for content in _inside(data, b"moov"):
        for body in _inside(content, b"uuid"):
            if body[:16] == CR3_BOX:
                for name in CR3_DIRECTORIES:
                    for directory in _inside(body[16:], name.encode()):
                        add_exif(directory, metadata, f"CR3 {name}")


def _inside(data: bytes, kind: bytes) -> Iterator[bytes]:
    try:
        yield from (body for name, body in boxes(data) if name == kind)
    except ImageError as error:
        raise Unreadable("too_many") from error


# By the names of FORMATS, and RAW.
WALKERS: dict[str, Callable[[bytes, Metadata], None]] = {
    RAW: _walk_raw,
    "JPEG": _walk_jpeg,
    "PNG": walk_png,
    "WEBP": _walk_webp,
    "TIFF": _walk_tiff,
    "GIF": _walk_gif,
    "HEIF": _through_pillow("HEIF"),
    "AVIF": _through_pillow("AVIF"),
    "BMP": lambda data, metadata: None,
}
