"""Made pictures: the same ones on every machine, of any size, and as many different files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

QUALITY = 92
# Sides of the pictures of a mixed lot in megapixels, and their formats.
MIXED_FORMATS = ("JPEG", "PNG", "WEBP", "JPEG", "JPEG")
SMALLEST = 0.05
COMMENT, START = b"\xff\xfe", b"\xff\xd8"


def make_picture(megapixels: float, seed: int = 0) -> Image.Image:
    """A picture of 4 : 3 with coloured clouds, edges and grain."""
    rng = np.random.default_rng(seed)
    height = max(round((megapixels * 1e6 * 3 / 4) ** 0.5), 32)
    width = round(height * 4 / 3)
    clouds = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    pixels = np.asarray(clouds.resize((width, height), Image.Resampling.BICUBIC)).copy()
    for _ in range(12):
        top, left = int(rng.integers(height)), int(rng.integers(width))
        part = pixels[top : top + height // 4, left : left + width // 4]
        part //= 2
        part += rng.integers(0, 128, 3, dtype=np.uint8)
    for strip in np.array_split(pixels, max(height // 256, 1)):
        grain = rng.integers(-9, 10, strip.shape, dtype=np.int16)
        strip[:] = (strip + grain).clip(0, 255)
    return Image.fromarray(pixels)


def encode(picture: Image.Image, format: str = "JPEG") -> bytes:
    """The file of a picture, in the quality that cameras use."""
    buffer = io.BytesIO()
    options = {"compress_level": 1} if format == "PNG" else {"quality": QUALITY}
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def make_jpeg(megapixels: float, seed: int = 0) -> bytes:
    """A JPEG of so many megapixels."""
    return encode(make_picture(megapixels, seed))


def vary(jpeg: bytes, number: int) -> bytes:
    """The same JPEG with a comment of its own: another file with the same picture."""
    text = f"picture {number}".encode()
    return START + COMMENT + (len(text) + 2).to_bytes(2, "big") + text + jpeg[len(START) :]


def make_mixed(count: int, most: float) -> Iterator[bytes]:
    """Files of several formats from small pictures up to `most` megapixels, in mixed order."""
    steps = np.geomspace(min(SMALLEST, most), most, count)
    for number in np.random.default_rng(0).permutation(count):
        picture = make_picture(float(steps[number]), int(number))
        yield encode(picture, MIXED_FORMATS[number % len(MIXED_FORMATS)])


def save_jpegs(folder: Path, count: int, megapixels: float) -> Path:
    """A folder of so many different JPEGs."""
    folder.mkdir(parents=True)
    bases = [make_jpeg(megapixels, seed) for seed in range(min(count, 8))]
    for number in range(count):
        (folder / f"{number:06}.jpg").write_bytes(vary(bases[number % len(bases)], number))
    return folder
