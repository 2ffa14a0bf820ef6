"""The facts about one picture: hashes, size, format, JPEG quality. Runs in a worker process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image

from detector.inference.formats import FORMATS, family, list_titles
from detector.inference.images import ImageError, open_image
from detector.inference.pixels.jpeg_quality import jpeg_quality

# 256 colours tell more about the format than about who made the picture.
ACCEPTED_FORMATS = {name: row for name, row in FORMATS.items() if not row.palette}
ACCEPTED_NAMES = list_titles(ACCEPTED_FORMATS.values(), "and")
HASHED_SIDE = 256
# Standard deviation of the grey values. Below it the hash is of noise more than of the picture:
# at 2, a quarter of JPEG copies is no longer found (docs/lab.md).
FLAT = 4.0


@dataclass(frozen=True)
class Facts:
    """The facts about a picture that was read.

    `phash` are the 64 bits of its perceptual hash as a signed number; where `flat`, they say
    nothing. `quality` is that of a JPEG, 1..100, and 0 for other formats and damaged tables.
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
    format_ = family(image.format)
    if format_ not in ACCEPTED_FORMATS:
        return f"This is a {image.format}; accepted are {ACCEPTED_NAMES}."
    quality = jpeg_quality(image.data) if format_ == "JPEG" else None
    return Facts(
        bytes.fromhex(image.sha256),
        *perceptual_hash(image.rgb),
        image.width,
        image.height,
        format_,
        quality.value if quality else 0,
    )


def perceptual_hash(image: Image.Image) -> tuple[int, bool]:
    """64 bits as a signed number, and whether the picture is too flat for them to say anything."""
    # First by whole factors: the hash sees 32 pixels a side, and a filter over all of a photograph
    # would take a quarter of the scan.
    grey = image.reduce(max(min(image.size) // HASHED_SIDE, 1)).convert("L")
    small = grey.resize((32, 32), Image.Resampling.LANCZOS)  # as phash itself would, once for both
    bits = np.packbits(imagehash.phash(small).hash)
    return int(bits.view(">i8")[0]), bool(np.asarray(small, np.float32).std() < FLAT)
