"""Pictures with a payload in their lowest bits."""

from __future__ import annotations

import numpy as np
from PIL import Image

from detector.inference.methods.forensics.watermarks.stealth import PLACES
from detector.tests.factories.pictures import noise

MAGICS = [magic.decode() for magic in PLACES]


def embed(picture: Image.Image, magic: str, payload: bytes, bits: int | None = None) -> Image.Image:
    """Write magic, length in bits (`bits` if it is to lie) and payload, pixel by pixel."""
    length = 8 * len(payload) if bits is None else bits
    message = magic.encode() + length.to_bytes(4, "big") + payload
    stream = [int(bit) for byte in message for bit in f"{byte:08b}"]
    pixels = np.array(picture)
    at = 0
    for x in range(picture.width):
        for y in range(picture.height):
            for channel in (3,) if "png" in magic else (0, 1, 2):
                if at < len(stream):
                    pixels[y, x, channel] = pixels[y, x, channel] & 0xFE | stream[at]
                    at += 1
    return Image.fromarray(pixels)


def canvas(mode: str = "RGBA", width: int = 96, height: int = 80) -> Image.Image:
    return noise(width, height, mode)
