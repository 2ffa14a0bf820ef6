"""From the bytes of a file to what a decoder is given, by the kind that they begin with."""

from __future__ import annotations

from collections.abc import Callable

from detector.inference.formats import FORMAT_NAMES

from .bmp import prepare_bmp
from .gif import prepare_gif
from .items import prepare_boxes
from .jpeg import prepare_jpeg
from .limits import ImageError, Limits
from .png import SIGNATURE, prepare_png
from .stream import Stream
from .tiff import prepare_tiff
from .webp import prepare_webp

# What scripts and transfers leave in front of a picture: space, NUL, the mark of UTF-8. Any other
# bytes are a file of another kind that holds a picture.
MAX_SPACE = 1024
SPACE = b" \t\r\n\0\xef\xbb\xbf"
TIFFS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
LONG_SIGNATURES = (b"\xff\xd8\xff", SIGNATURE, b"GIF87a", b"GIF89a", b"RIFF", *TIFFS)

Prepare = Callable[[bytes, Limits], Stream]

KINDS: tuple[tuple[Callable[[bytes], bool], tuple[str, ...], Prepare], ...] = (
    (lambda d: d[:3] == b"\xff\xd8\xff", ("JPEG",), lambda data, limits: prepare_jpeg(data)),
    (lambda d: d[:8] == SIGNATURE, ("PNG",), lambda data, limits: prepare_png(data)),
    (lambda d: d[:6] in (b"GIF87a", b"GIF89a"), ("GIF",), lambda data, _: prepare_gif(data)),
    (lambda d: d[:4] == b"RIFF" and d[8:12] == b"WEBP", ("WEBP",), prepare_webp),
    (lambda d: d[:4] in TIFFS, ("TIFF",), prepare_tiff),
    (lambda d: d[4:8] == b"ftyp", ("HEIF", "AVIF"), prepare_boxes),
    (lambda d: d[:2] == b"BM", ("BMP",), lambda data, limits: prepare_bmp(data)),
)


def skip_leading(data: bytes) -> bytes:
    """The data from where a picture begins, if nothing but a little space stands before it."""
    head = data[:MAX_SPACE]
    space = len(head) - len(head.lstrip(SPACE))
    return data[space:] if data.startswith(LONG_SIGNATURES, space) else data


def prepare(data: bytes, limits: Limits) -> tuple[tuple[str, ...], Stream]:
    """Pillow's names of the kinds that it may be, and the stream. Raises `ImageError`."""
    for begins, formats, walk in KINDS:
        if begins(data[:12]):
            return formats, walk(data, limits)
    raise ImageError(f"This is not a picture of a known kind ({FORMAT_NAMES}).")
