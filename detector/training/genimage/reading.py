"""What is kept of one picture: hashes, size, format, JPEG quality. Runs in a worker process."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image

from detector.inference.images import ImageError, open_image

# Pillow's names of what is accepted, and ours: an MPO is a JPEG with further pictures behind it.
ACCEPTED = {name: name for name in ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "HEIF", "AVIF")}
ACCEPTED["MPO"] = "JPEG"
ACCEPTED_NAMES = "JPEG, PNG, WebP, BMP, TIFF, HEIC and AVIF"
HASHED_SIDE = 256
# Standard deviation of the grey values. Below it the hash is of noise more than of the picture:
# at 2, a quarter of JPEG copies is no longer found (docs/lab.md).
FLAT = 4.0

# The luminance table of the JPEG standard (Annex K), row by row; encoders scale it by quality.
LUMINANCE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
).ravel()


@dataclass(frozen=True)
class Facts:
    """What is known of a picture once it is read.

    `phash` are the 64 bits of its perceptual hash as a signed number; where `flat`, they say
    nothing. `quality` is that of a JPEG, 1..100, and 0 for other formats.
    """

    sha256: bytes
    phash: int
    flat: bool
    width: int
    height: int
    format: str
    quality: int


def read_facts(path: Path) -> Facts | str:
    """The facts of a picture, or the sentence that says why it cannot be used."""
    try:
        image = open_image(path)
    except ImageError as error:
        return str(error)
    if image.format not in ACCEPTED:
        return f"This is a {image.format}; accepted are {ACCEPTED_NAMES}."
    format_ = ACCEPTED[image.format]
    quality = _jpeg_quality(image.data) if format_ == "JPEG" else 0
    digest = bytes.fromhex(image.sha256)
    return Facts(digest, *perceptual_hash(image.rgb), image.width, image.height, format_, quality)


def perceptual_hash(image: Image.Image) -> tuple[int, bool]:
    """64 bits as a signed number, and whether the picture is too flat for them to say anything."""
    # First by whole factors: the hash sees 32 pixels a side, and a filter over all of a photograph
    # would take a quarter of the scan.
    grey = image.reduce(max(min(image.size) // HASHED_SIDE, 1)).convert("L")
    seen = grey.resize((32, 32), Image.Resampling.LANCZOS)  # as phash itself would, once for both
    bits = np.packbits(imagehash.phash(seen).hash)
    return int(bits.view(">i8")[0]), bool(np.asarray(seen, np.float32).std() < FLAT)


def _jpeg_quality(data: bytes) -> int:
    """The quality whose table is nearest to that of the file's luminance, 1..100."""
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        tables = image.quantization  # type: ignore[attr-defined]
    table = np.array(tables[min(tables)])
    return 1 + int(np.abs(_standard_tables() - table).sum(axis=1).argmin())


@cache
def _standard_tables() -> np.ndarray:
    """The luminance tables of quality 1 to 100 as libjpeg scales them, shape (100, 64)."""
    quality = np.arange(1, 101)
    scale = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    return ((LUMINANCE * scale[:, None] + 50) // 100).clip(1, 255)
