"""How much memory decoding will take, counted before it is taken.

The numbers were measured with pictures at the limits: the highest resident size of the process.
"""

from __future__ import annotations

from PIL import Image

from .stream import Stream

# Bytes a pixel in Pillow, of modes that are not kept in four.
MODES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}
RGB = 4
# Bytes a pixel that decoders of whole frames take, Pillow's picture and the conversion among them.
FRAMES = {
    "WEBP": {"RGB": 16, "RGBA": 20},
    "AVIF": {"RGB": 16, "RGBA": 22},
    "HEIF": {"RGB": 16, "RGBA": 20},
}


def decoding_memory(image: Image.Image, stream: Stream, factor: int) -> int:
    """Bytes that are taken at most until the picture is RGB with its sides divided by `factor`."""
    files = 2 * len(stream.data)  # Pillow's and ours
    area = max(image.width * image.height, stream.area)
    if by_mode := FRAMES.get(image.format or ""):
        return area * by_mode.get(image.mode, max(by_mode.values())) + files
    decoded = area * MODES.get(image.mode, RGB)
    if image.format in ("JPEG", "MPO"):
        decoded //= factor**2
    # A picture that is turned is held once more.
    converted = 2 * RGB * image.width * image.height // factor**2
    return decoded + max(stream.buffers, converted) + files
