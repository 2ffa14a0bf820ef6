"""Small real files of every kind that people upload: plain, odd, damaged and hostile."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from PIL import Image

Build = Callable[[], bytes]

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "HEIF", "AVIF")


def noise(width: int = 96, height: int = 80, mode: str = "RGB") -> Image.Image:
    pixels = np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


def scene(seed: int, width: int = 96, height: int = 80) -> Image.Image:
    """Coloured clouds: unlike those of other seeds, also when seen small."""
    pixels = np.random.default_rng(seed).integers(0, 256, (7, 8, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)


def photo(width: int = 96, height: int = 80) -> Image.Image:
    """Coloured clouds with some noise, in which there is something to judge."""
    clouds = np.asarray(scene(1, width, height)).astype(np.float32)
    grain = np.random.default_rng(0).normal(0, 6, clouds.shape)
    return Image.fromarray((clouds + grain).clip(0, 255).astype(np.uint8))


def encode(image: Image.Image, format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def frames(format: str, count: int = 3) -> bytes:
    """A red first frame, then others."""
    colours = ("red", "lime", "blue")
    rest = [Image.new("RGB", (96, 80), colours[i % 3]) for i in range(count)]
    return encode(rest[0], format, save_all=True, append_images=rest[1:])


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def raw_png(width: int, height: int, rows: bytes, *, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG made by hand; `colour` is 0 grey, 2 RGB, 4 grey with alpha, 6 RGBA."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    idat = png_chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + idat + png_chunk(b"IEND", b"")


def deep_rgb_png() -> bytes:
    """16 bits a channel, which Pillow does not write: one colour, (0x8000, 0xffff, 0)."""
    row = b"\0" + struct.pack(">3H", 0x8000, 0xFFFF, 0) * 96
    return raw_png(96, 80, row * 80, depth=16)


def palette_with_transparency() -> bytes:
    return encode(noise(mode="P"), "PNG", transparency=bytes(range(256)))


def rotated(orientation: int = 6, format: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encode(noise(), format, exif=exif)


def float_tiff() -> bytes:
    values = np.linspace(0, 1, 96 * 80, dtype=np.float32).reshape(80, 96)
    values[0, :4] = [np.nan, np.inf, -np.inf, -1]
    return encode(Image.fromarray(values), "TIFF")


def large_bmp() -> bytes:
    """More than 25 MB, within the limits."""
    return encode(Image.new("RGB", (3000, 2930), "teal"), "BMP")


def many_frames_gif() -> bytes:
    still = encode(Image.new("P", (96, 80)), "GIF")
    frame = still[still.rindex(b",") : -1]
    return still[:-1] + frame * 20_000 + b";"


def wrong_checksum() -> bytes:
    """Only IDAT's checksum is wrong; the pixels are whole."""
    data = bytearray(encode(noise(), "PNG"))
    data[data.index(b"IEND") - 5] ^= 1
    return bytes(data)


def damaged_pixels() -> bytes:
    data = bytearray(encode(noise(), "PNG"))
    data[len(data) // 2] ^= 255
    return bytes(data)


def bad_exif() -> bytes:
    """A whole picture whose EXIF promises more than there is."""
    return encode(noise(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"junk" * 9)


def cut(format: str) -> bytes:
    data = encode(noise(), format)
    return data[: len(data) // 2]


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("picture.png", encode(noise(), "PNG"))
    return buffer.getvalue()


def plain(format: str) -> bytes:
    return encode(noise(), format)


# What must be analysed.
GOOD: dict[str, Build] = {
    **{format.lower(): partial(plain, format) for format in FORMATS},
    "animated gif": lambda: frames("GIF"),
    "animated webp": lambda: frames("WEBP"),
    "animated png": lambda: frames("PNG"),
    "gif of 20,000 frames": many_frames_gif,
    "multi-page tiff": lambda: frames("TIFF"),
    "mpo": lambda: frames("MPO"),
    "16-bit grey png": lambda: encode(Image.fromarray(np.full((80, 96), 40000, "u2")), "PNG"),
    "16-bit rgb png": deep_rgb_png,
    "32-bit grey tiff": lambda: encode(noise(mode="I"), "TIFF"),
    "palette png with transparency": palette_with_transparency,
    "gif with transparency": lambda: encode(noise(mode="P"), "GIF", transparency=3),
    "1-bit png": lambda: encode(noise(mode="1"), "PNG"),
    "1-bit fax tiff": lambda: encode(noise(mode="1"), "TIFF", compression="group4"),
    "grey with alpha png": lambda: encode(noise(mode="LA"), "PNG"),
    "rgba webp": lambda: encode(noise(mode="RGBA"), "WEBP"),
    "cmyk jpeg": lambda: encode(noise(mode="CMYK"), "JPEG"),
    "progressive jpeg": lambda: encode(noise(), "JPEG", progressive=True),
    "lab tiff": lambda: encode(noise(mode="LAB"), "TIFF"),
    "float tiff": float_tiff,
    "1 pixel png": lambda: encode(noise(1, 1), "PNG"),
    "1 pixel jpeg": lambda: encode(noise(1, 1), "JPEG"),
    "1 pixel gif": lambda: encode(noise(1, 1), "GIF"),
    "1 pixel high": lambda: encode(noise(3000, 1), "PNG"),
    "1 pixel wide": lambda: encode(noise(1, 3000), "PNG"),
    "rotated jpeg": rotated,
    "rotated heif": lambda: rotated(6, "HEIF"),
    "damaged exif": bad_exif,
    "wrong checksum": wrong_checksum,
    "bytes behind the picture": lambda: encode(noise(), "PNG") + b"trailing" * 99,
    "file of 25 MB": large_bmp,
}

# What must be refused, and a part of the sentence that says why.
BAD: dict[str, tuple[Build, str]] = {
    "empty": (lambda: b"", "is empty"),
    "one byte": (lambda: b"\xff", "not a picture of a known kind"),
    "text": (lambda: b"Dear diary, " * 99, "not a picture of a known kind"),
    "html": (lambda: b"<!doctype html><title>404</title>", "not a picture of a known kind"),
    "svg": (
        lambda: b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        "not a picture of a known kind",
    ),
    "zip": (archive, "not a picture of a known kind"),
    "gzip": (lambda: gzip.compress(encode(noise(), "PNG")), "not a picture of a known kind"),
    "pdf": (lambda: encode(noise(), "PDF"), "not a picture of a known kind"),
    "icon": (lambda: encode(noise(32, 32), "ICO"), "not a picture of a known kind"),
    "eps": (lambda: encode(noise(), "EPS"), "not a picture of a known kind"),
    **{
        f"cut {format.lower()}": (partial(cut, format), "damaged")
        for format in FORMATS
        if format != "AVIF"  # cut so early, it is not even known as one
    },
    "jpeg without its last bytes": (lambda: encode(noise(), "JPEG")[:-20], "cut off"),
    "png with damaged pixels": (damaged_pixels, "damaged"),
    "png without pixels": (lambda: raw_png(9000, 9000, b""), "damaged"),
    "png of 100,000 x 100,000": (
        lambda: raw_png(100_000, 100_000, b""),
        "100000 x 100000 pixels; at most 120 million",
    ),
    "just too many pixels": (lambda: raw_png(12_001, 10_000, b""), "at most 120 million"),
    "33 MB": (lambda: b"BM" + bytes(33 * 2**20), "33.0 MB; at most 32 MB"),
}
