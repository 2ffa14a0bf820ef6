"""The one door for pictures: the only place that trusts nothing.

Bytes come in; a `SourceImage` or an `ImageError` with a sentence for the user comes out. The kind
of file is read from its content, never from its name or MIME type. Its structure is walked first
(decoding/): sizes, counts and memory are checked before anything is decoded, and the decoder gets
only what makes the pixels.
"""

from __future__ import annotations

import hashlib
import io
import math
import mmap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, PngImagePlugin

from .decoding.libtiff import Complaints, complaints
from .decoding.limits import (
    ImageError,
    Limits,
    check_memory,
    check_pixels,
    check_size,
    reduction,
    say_too_large,
)
from .decoding.memory import decoding_memory
from .decoding.pixels import STRIP, RgbPicture, to_rgb
from .decoding.prepare import open_stream, skip_leading
from .decoding.stream import Stream, cut_off, header_damaged
from .results import Note

__all__ = (
    "ImageError",
    "Limits",
    "SourceImage",
    "open_image",
    "say_too_large",
)

# Share of the lines of a fax that may be broken: scans of real faxes have some.
MAX_BROKEN_LINES = 0.1


@dataclass(frozen=True, eq=False)
class SourceImage:
    """A picture that was opened safely.

    `data` are the original bytes from where the picture begins (for metadata, JPEG tables),
    `rgb` the upright first frame in 8-bit RGB, `sha256` that of the whole file. `notes` say what
    was left out or changed on the way in. `stream` is what decoders may be given:
    the data without what could harm them. If the picture is `invisible`, every pixel is fully
    transparent, and `rgb` shows what is stored beneath. `size` counts the bytes of the whole file.
    """

    data: bytes = field(repr=False)
    format: str
    rgb: Image.Image = field(repr=False)
    sha256: str
    notes: tuple[Note, ...] = ()
    stream: bytes = field(default=b"", repr=False)
    invisible: bool = False
    size: int = 0

    @property
    def width(self) -> int:
        return self.rgb.width

    @property
    def height(self) -> int:
        return self.rgb.height

    @cached_property
    def pixels(self) -> npt.NDArray[np.uint8]:
        """The picture as a read-only array of shape (height, width, 3), values 0..255."""
        # Row by row: `np.asarray` of the whole takes twice the memory on its way.
        pixels = np.empty((self.height, self.width, 3), np.uint8)
        rows = max(STRIP // self.width, 1)
        for top in range(0, self.height, rows):
            bottom = min(top + rows, self.height)
            pixels[top:bottom] = np.asarray(self.rgb.crop((0, top, self.width, bottom)))
        pixels.flags.writeable = False
        return pixels

    @cached_property
    def contrast(self) -> float:
        """Standard deviation (0..127.5) of all values of every fourth pixel across and down."""
        # Pillow counts bytes four times as fast as NumPy squares them.
        sample = Image.fromarray(np.ascontiguousarray(self.pixels[::4, ::4]))
        counts, values = np.reshape(sample.histogram(), (3, 256)).sum(0), np.arange(256)
        mean = counts @ values / counts.sum()
        return math.sqrt(counts @ (values - mean) ** 2 / counts.sum())


def open_image(source: bytes | Path, limits: Limits | None = None) -> SourceImage:
    """Open a picture from its bytes or its path.

    Raises `ImageError` for anything that is not a whole picture of an accepted kind and size.
    """
    limits = limits or Limits()
    data = source if isinstance(source, bytes) else _read(source, limits)
    check_size(len(data), limits)
    picture = skip_leading(data)
    formats, stream = open_stream(picture, limits)
    image = _sniff(stream, formats, limits)
    format_, animated = stream.format or image.format or "", stream.animated or _animated(image)
    picture_rgb, notes = _decode(image, stream, limits)
    notes = (*_notes(format_, animated, stream, picture_rgb), *notes)
    return SourceImage(
        picture,
        format_,
        picture_rgb.rgb,
        hashlib.sha256(data).hexdigest(),
        notes,
        stream.data,
        picture_rgb.invisible,
        len(data),
    )


def _read(path: Path, limits: Limits) -> bytes:
    try:
        check_size(path.stat().st_size, limits)
        return path.read_bytes()
    except ImageError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise ImageError.of("unreadable", reason=str(reason)) from error


@cache
def _prepare_pillow() -> None:
    import pillow_heif

    # Previews and depth maps in the file are not looked at.
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    # Orientation may stand in a long text, and text beyond Pillow's limits fails the whole file.
    PngImagePlugin.MAX_TEXT_CHUNK, PngImagePlugin.MAX_TEXT_MEMORY = 8 * 2**20, 32 * 2**20
    # `Limits` stand in for Pillow's own limit, which warns and refuses at other sizes than ours.
    Image.MAX_IMAGE_PIXELS = None


def _sniff(stream: Stream, formats: tuple[str, ...], limits: Limits) -> Image.Image:
    """Read the header only: is it of a size that may be decoded?"""
    _prepare_pillow()
    with _only_image_errors(0, header_damaged):
        image = Image.open(io.BytesIO(stream.data), formats=formats)
    check_pixels(image.width, image.height, limits)
    check_pixels(1, stream.area, limits)
    return image


def _animated(image: Image.Image) -> bool:
    """Whether more frames follow, by the header."""
    return image.format in ("WEBP", "HEIF", "AVIF") and getattr(image, "is_animated", False)


def _decode(
    image: Image.Image, stream: Stream, limits: Limits
) -> tuple[RgbPicture, tuple[Note, ...]]:
    """The upright picture in 8-bit RGB, and notes. Raises `ImageError`."""
    factor, before = reduction(image.width * image.height), image.size
    size = decoding_memory(image, stream, factor)
    check_memory(size, limits)
    with _only_image_errors(size, cut_off), complaints() as complained:
        checked = stream.check()
        if image.format == "JPEG" and factor > 1:
            image.draft(None, (image.width // factor, image.height // factor))
        image.load()
        remaining_factor = (
            reduction(image.width * image.height) if image.format == "JPEG" else factor
        )
        upright = to_rgb(image, remaining_factor)
    notes = _broken_lines(complained, before[1])
    return upright, (*checked, *notes, *_say_reduced(before, factor))


@contextmanager
def _only_image_errors(size: int, make_error: Callable[[], ImageError]) -> Iterator[None]:
    """Turn whatever decoders of damaged files raise into another error, unless memory ran out.

    The error is made where it is raised: one that a frame of its own traceback held would keep
    the picture until the collector comes by.
    """
    try:
        yield
    except ImageError:
        raise
    except MemoryError as error:
        raise _short_of_memory() from error
    except Exception as error:
        # Decoders report a refused allocation in many ways, also as broken data.
        raise (make_error() if _can_allocate(size) else _short_of_memory()) from error


def _can_allocate(size: int) -> bool:
    try:
        mmap.mmap(-1, max(size, 1)).close()
    except (OSError, MemoryError, ValueError):
        return False
    return True


def _short_of_memory() -> ImageError:
    return ImageError.of("short_of_memory")


def _broken_lines(complained: Complaints, height: int) -> tuple[Note, ...]:
    if complained.errors or complained.lines > MAX_BROKEN_LINES * height:
        raise cut_off()
    if complained.lines:
        return (Note("picture.broken_lines", {"lines": complained.lines, "height": height}),)
    return ()


def _say_reduced(size: tuple[int, int], factor: int) -> tuple[Note, ...]:
    if factor == 1:
        return ()
    params = {"width": size[0], "height": size[1], "factor": factor}
    return (Note("picture.reduced", params),)


def _notes(format: str, animated: bool, stream: Stream, upright: RgbPicture) -> tuple[Note, ...]:
    notes = []
    if animated:
        notes.append(Note("picture.frames", {"format": format}))
    if stream.damaged:
        notes.append(Note("picture.damaged_parts", {"parts": list(stream.damaged)}))
    if upright.invisible:
        notes.append(Note("picture.invisible"))
    return tuple(notes)
