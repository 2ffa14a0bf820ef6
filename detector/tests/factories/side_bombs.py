"""Bombs beside the pixels, and files that are of two kinds at once."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable

from PIL import Image

from detector.tests.factories.hostile import bomb, png_with
from detector.tests.factories.marked_files import picture
from detector.tests.factories.pictures import encode, noise, png_chunk

Build = Callable[[], bytes]
INFLATED_MB = 64

LAUGHS = (
    '<?xpacket begin=""?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(12))
    + ']><x:xmpmeta xmlns:x="adobe:ns:meta/">&m;</x:xmpmeta>'
)
DEEP = '<x:xmpmeta xmlns:x="adobe:ns:meta/">' + "<a>" * 50_000 + "</a>" * 50_000 + "</x:xmpmeta>"


def circular_exif() -> bytes:
    """An EXIF whose directory is its own next one, and its own sub-directory."""
    head = b"Exif\0\0II*\0\x08\0\0\0"
    entries = struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<HHII", 0x8825, 4, 1, 8)
    return head + struct.pack("<H", 2) + entries + struct.pack("<I", 8)


def greedy_exif() -> bytes:
    """An EXIF of 4,000 entries, each of which claims the largest number of values."""
    entry = struct.pack("<HHII", 0x9286, 7, 0xFFFFFFFF, 8)
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 4000) + entry * 4000 + bytes(4)


def nested_boxes(depth: int, kind: str) -> bytes:
    """A HEIF or AVIF whose metadata holds a box in a box in a box."""
    whole = bytearray(encode(noise(), kind))
    inner = b""
    for _ in range(depth):
        inner = struct.pack(">I", 8 + len(inner)) + b"iprp" + inner
    (first,) = struct.unpack_from(">I", whole, 0)
    meta = struct.pack(">I", 12 + len(inner)) + b"meta" + bytes(4) + inner
    return bytes(whole[:first]) + meta + bytes(whole[first:])


def profile_in_pieces(count: int) -> bytes:
    """A JPEG with an ICC profile in many segments, which all claim to be the first."""
    segment = b"ICC_PROFILE\0\x01\xff" + bytes(65_000)
    block = b"\xff\xe2" + struct.pack(">H", len(segment) + 2) + segment
    plain = encode(noise(), "JPEG")
    return plain[:2] + block * count + plain[2:]


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("page.html", "<script>alert(1)</script>")
    return buffer.getvalue()


SIDE_BOMBS: dict[str, Build] = {
    "png with a profile of 64 MB": lambda: png_with(
        png_chunk(b"iCCP", b"icc\0\0" + bomb(INFLATED_MB))
    ),
    "png with a zTXt of 64 MB": lambda: png_with(
        png_chunk(b"zTXt", b"parameters\0\0" + bomb(INFLATED_MB))
    ),
    "png with 30 zTXt of 64 MB": lambda: png_with(
        *[png_chunk(b"zTXt", b"parameters\0\0" + bomb(INFLATED_MB))] * 30
    ),
    "png with an iTXt of 64 MB": lambda: png_with(
        png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bomb(INFLATED_MB))
    ),
    "jpeg with XMP that expands": lambda: picture("JPEG", xmp=LAUGHS.encode()),
    "jpeg with deep XMP": lambda: encode(noise(), "WEBP", xmp=DEEP.encode()),
    "jpeg with a circular EXIF": lambda: encode(noise(), "JPEG", exif=circular_exif()),
    "jpeg with a greedy EXIF": lambda: encode(noise(), "JPEG", exif=greedy_exif()),
    "jpeg with a profile in 300 pieces": lambda: profile_in_pieces(300),
    "heif with 2,000 boxes in one another": lambda: nested_boxes(2000, "HEIF"),
    "avif with 2,000 boxes in one another": lambda: nested_boxes(2000, "AVIF"),
    "tiff with a profile of 20 MB": lambda: encode(noise(), "TIFF", icc_profile=bytes(20 * 2**20)),
}

POLYGLOTS: dict[str, Build] = {
    "png and zip": lambda: encode(noise(), "PNG") + zipped(),
    "jpeg and zip": lambda: encode(noise(), "JPEG") + zipped(),
    "jpeg and html": lambda: encode(noise(), "JPEG", comment=b"--><html><script>alert(1)</script>"),
    "gif and javascript": lambda: b"GIF89a=1;/*" + encode(noise(mode="P"), "GIF")[11:] + b"*/",
    "pdf before jpeg": lambda: b"%PDF-1.4\n" + encode(noise(), "JPEG"),
    "php after jpeg": lambda: encode(noise(), "JPEG") + b"<?php phpinfo(); ?>",
    "png in jpeg": lambda: encode(noise(), "JPEG", comment=encode(noise(8, 8), "PNG")),
    "tiff before png": lambda: b"II*\0\x08\0\0\0" + encode(noise(), "PNG"),
    "riff of another kind": lambda: b"RIFF\0\0\1\0WAVEfmt " + encode(noise(), "WEBP"),
    "png named in a tiff": lambda: encode(
        Image.new("RGB", (20, 20)), "TIFF", description="\x89PNG\r\n"
    ),
}
