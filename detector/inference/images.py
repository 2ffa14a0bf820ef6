"""The one door for pictures: the only place that trusts nothing.

Bytes come in; a `SourceImage` or an `ImageError` with a sentence for the user comes out. The kind
of file is read from its content, never from its name or MIME type; size and pixel count are checked
before anything is decoded, and the file is decoded once.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError

# Pillow's names. MPO, a JPEG with further pictures behind it that many phones write, opens as JPEG.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF")
FORMAT_NAMES = "JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF"
# How files of these formats are named, by which folders are searched; what a file is, it says.
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".jfi", ".pjpeg", ".pjp", ".mpo", ".png", ".apng"}
    | {".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".heic", ".heics", ".heif", ".heifs"}
    | {".hif", ".avif", ".avifs"}
)


class ImageError(ValueError):
    """The bytes cannot be analysed; the message is a sentence for the user."""


@dataclass(frozen=True)
class Limits:
    """What is accepted: the size of the file in bytes and of the picture in pixels."""

    max_bytes: int = 32 * 2**20
    max_pixels: int = 120_000_000


@dataclass(frozen=True, eq=False)
class SourceImage:
    """A picture that was opened safely.

    `data` are the original bytes (for metadata, JPEG tables, hash), `rgb` the upright first frame
    in 8-bit RGB. `notes` are sentences on what was left out or changed on the way in.
    """

    data: bytes = field(repr=False)
    format: str
    rgb: Image.Image = field(repr=False)
    sha256: str
    notes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        return self.rgb.width

    @property
    def height(self) -> int:
        return self.rgb.height

    @cached_property
    def pixels(self) -> npt.NDArray[np.uint8]:
        """The picture as a read-only array of shape (height, width, 3), values 0..255."""
        pixels = np.asarray(self.rgb)
        pixels.flags.writeable = False
        return pixels


def open_image(source: bytes | Path, limits: Limits | None = None) -> SourceImage:
    """Open a picture from its bytes or its path.

    Raises `ImageError` for anything that is not a whole picture of an accepted kind and size.
    """
    limits = limits or Limits()
    data = source if isinstance(source, bytes) else _read(source, limits)
    _check_size(len(data), limits)
    image = _sniff(data, limits)
    notes = _notes(image)
    format_ = image.format or ""
    return SourceImage(data, format_, _decode(image), hashlib.sha256(data).hexdigest(), notes)


def _read(path: Path, limits: Limits) -> bytes:
    try:
        _check_size(path.stat().st_size, limits)
        return path.read_bytes()
    except ImageError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"The file cannot be read: {reason}.") from error


def _check_size(size: int, limits: Limits) -> None:
    if size == 0:
        raise ImageError("The file is empty.")
    if size > limits.max_bytes:
        raise ImageError(say_too_large(size, limits))


def say_too_large(size: int, limits: Limits) -> str:
    """The sentence about a file of `size` bytes that is larger than accepted."""
    most = f"at most {limits.max_bytes / 2**20:.0f} MB are accepted."
    return f"The file has {size / 2**20:.1f} MB; {most}"


@cache
def _prepare_pillow() -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
    # Workflows of generators are long, and text beyond Pillow's limits would fail the whole file.
    PngImagePlugin.MAX_TEXT_CHUNK, PngImagePlugin.MAX_TEXT_MEMORY = 8 * 2**20, 32 * 2**20
    # `Limits` stand in for Pillow's own limit, which warns and refuses at other sizes than ours.
    Image.MAX_IMAGE_PIXELS = None


def _sniff(data: bytes, limits: Limits) -> Image.Image:
    """Read the header only: what is it, and is it of a size that may be decoded?"""
    _prepare_pillow()
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise ImageError(f"This is not a picture of a known kind ({FORMAT_NAMES}).") from error
    except Exception as error:  # parsers of hostile headers raise anything
        raise ImageError("The file is damaged: its header cannot be read.") from error
    if image.width * image.height > limits.max_pixels:
        raise ImageError(
            f"The picture has {image.width} x {image.height} pixels; "
            f"at most {limits.max_pixels / 1e6:.0f} million are accepted."
        )
    return image


def _notes(image: Image.Image) -> tuple[str, ...]:
    # is_animated, not n_frames: counting the frames of a GIF means decoding all of them.
    try:
        animated = getattr(image, "is_animated", False) and image.format != "MPO"
    except Exception:  # a damaged second frame does not matter: the first one is analysed
        animated = True
    if not animated:
        return ()
    return (f"This {image.format} holds several frames or pages; only the first was analysed.",)


def _decode(image: Image.Image) -> Image.Image:
    """The upright picture in 8-bit RGB, transparent parts laid on white."""
    try:
        image.seek(0)  # asking for further frames may have moved on
        image.load()
        return _to_rgb(_upright(image))
    except Exception as error:  # decoders of damaged files raise anything
        raise ImageError(
            "The file is damaged or cut off: the picture cannot be decoded completely."
        ) from error


def _upright(image: Image.Image) -> Image.Image:
    """Turned as its EXIF says; damaged EXIF turns nothing, as the pixels are whole."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # among others SyntaxError, of a broken TIFF header
        return image


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _to_8_bit(image)
    if image.has_transparency_data:
        return _on_white(image if image.mode == "RGBA" else image.convert("RGBA"))
    return image.convert("RGB")


def _on_white(rgba: Image.Image) -> Image.Image:
    """As `Image.alpha_composite`, which needs three more copies of a picture that may be large."""
    rgb = Image.new("RGB", rgba.size, "white")
    rgb.paste(rgba, mask=rgba)
    return rgb


def _to_8_bit(image: Image.Image) -> Image.Image:
    """Scale 16-bit and float greys; Pillow's own conversion would clip them at 255."""
    values = np.nan_to_num(np.asarray(image).astype(np.float32), posinf=0, neginf=0)
    highest = max(float(values.max()), 1e-12)
    top = highest if image.mode == "F" else 65535.0
    if image.mode == "I" and highest <= 255:
        top = 255.0
    grey = (values / top * 255.0).clip(0, 255).round()
    return Image.fromarray(grey.astype(np.uint8))
