"""How much memory decoding will take, counted before it is taken.

The numbers were measured with pictures at the limits: the highest resident size of the process.
"""

from __future__ import annotations

from PIL import Image

from detector.inference.formats import RAW, family, format_of

from .stream import Stream

# Bytes a pixel in Pillow, of modes that are not kept in four.
MODES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}
RGB = 4


def decoding_memory(image: Image.Image, stream: Stream, factor: int) -> int:
    """Bytes that are taken at most until the picture is RGB with its sides divided by `factor`."""
    files = 2 * len(stream.data)  # Pillow's and ours
    area = max(image.width * image.height, stream.area)
    name = image.format or ""
    by_mode = {} if stream.format == RAW else format_of(name).frame_memory
    if by_mode:
        return area * by_mode.get(image.mode, max(by_mode.values())) + files
    size = area * MODES.get(image.mode, RGB)
    if family(name) == "JPEG":
        size //= factor**2
    # A picture that is turned is in memory twice.
    converted = 2 * RGB * image.width * image.height // factor**2
    return size + max(stream.buffers, converted) + files
