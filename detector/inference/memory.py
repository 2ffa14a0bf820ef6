"""Telling a lack of memory from a damaged file.

Libraries below Python report a failed allocation in texts of their own, and some decoders not at
all: libwebp, libavif and libjpeg say of a whole file that it cannot be decoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_SAID = re.compile(
    r"bad[_ ]?(array_new_)?(alloc|length)|out of memory|memory allocation"
    r"|(insufficient|not enough) memory"
    r"|(cannot|can't|could not|failed to|unable to) allocate",
    re.IGNORECASE,
)
# What decoders take for a pixel, beside the picture that Pillow has made room for. Measured: 6 for
# a progressive JPEG, 8 to 12 for WebP.
DECODER_BYTES = 12


def is_shortage(error: BaseException) -> bool:
    """Whether a failed allocation led to the error: its type or text says so, or its cause's."""
    return any(isinstance(seen, MemoryError) or _SAID.search(str(seen)) for seen in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def has_room(pixels: int) -> bool:
    """Whether a decoder could now get all that it may want for so many pixels."""
    try:
        # Zeroed pages that nobody touches: only the limit is asked, no memory is used.
        bytearray(pixels * DECODER_BYTES)
    except MemoryError:
        return False
    return True
