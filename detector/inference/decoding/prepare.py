"""From the bytes of a file to the stream for its decoder, by the kind of the first bytes."""

from __future__ import annotations

from collections.abc import Callable

from detector.inference.formats import FORMAT_NAMES, FORMATS

from .bmp import prepare_bmp
from .gif import prepare_gif
from .items import prepare_boxes
from .jpeg import prepare_jpeg
from .limits import ImageError, Limits
from .png import prepare_png
from .raw import is_raw, prepare_raw
from .stream import Stream
from .tiff import prepare_tiff
from .webp import prepare_webp

# Bytes that scripts and transfers leave before a picture: space, NUL, the mark of UTF-8. Any other
# bytes are a file of another kind that holds a picture.
MAX_SPACE = 1024
SPACE = b" \t\r\n\0\xef\xbb\xbf"

Opener = Callable[[bytes, Limits], Stream]

# By the names of FORMATS.
OPENERS: dict[str, Opener] = {
    "JPEG": lambda data, limits: prepare_jpeg(data),
    "PNG": lambda data, limits: prepare_png(data),
    "GIF": lambda data, limits: prepare_gif(data),
    "WEBP": prepare_webp,
    "TIFF": prepare_tiff,
    "HEIF": prepare_boxes,
    "AVIF": prepare_boxes,
    "BMP": lambda data, limits: prepare_bmp(data),
}
HEAD = 12  # bytes that a signature looks at


def skip_leading(data: bytes) -> bytes:
    """The data from the start of the picture, if only a little space comes before it."""
    head = data[:MAX_SPACE]
    space = len(head) - len(head.lstrip(SPACE))
    start = data[space : space + HEAD]
    matches = (row.signature.match(start) for row in FORMATS.values() if row.behind_space)
    return data[space:] if any(matches) else data


def open_stream(data: bytes, limits: Limits) -> tuple[tuple[str, ...], Stream]:
    """Pillow's names of the kinds that it may be, and the stream. Raises `ImageError`."""
    if is_raw(data):
        return ("PPM",), prepare_raw(data, limits)
    head = data[:HEAD]
    formats = tuple(name for name, row in FORMATS.items() if row.signature.match(head))
    if not formats:
        raise ImageError.of("kind", formats=FORMAT_NAMES)
    return formats, OPENERS[formats[0]](data, limits)
