"""BMP: looks at the header for what Pillow decodes in Python, pixel by pixel."""

from __future__ import annotations

import struct

from .limits import ImageError
from .stream import Stream

# Pictures compressed by runs take a second for each four million pixels.
MAX_RUN_PIXELS = 4_000_000
RUNS = (1, 2)


def prepare_bmp(data: bytes) -> Stream:
    """The stream of a BMP: its unchanged bytes. Raises `ImageError` for a large run-length BMP."""
    if len(data) >= 34 and struct.unpack_from("<I", data, 14)[0] > 12:
        width, height, _, _, compression = struct.unpack_from("<iiHHI", data, 18)
        if compression in RUNS and abs(width * height) > MAX_RUN_PIXELS:
            limit = round(MAX_RUN_PIXELS / 1e6)
            raise ImageError.of("runs", width=width, height=abs(height), limit=limit)
    return Stream(data)
