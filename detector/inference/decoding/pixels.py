"""From a decoded picture of any mode to upright 8-bit RGB, in strips.

A conversion as a whole would hold the picture several times over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

Convert = Callable[[Image.Image], Image.Image]

# Pixels of a strip.
STRIP = 4_000_000
ORIENTATION, PHOTOMETRIC, SAMPLE_FORMAT, UNSIGNED = 0x0112, 262, 339, (1,)
WHITE_IS_ZERO = 0
# Whites of 8, 10 and 12 bits, which are often stored in more: the next above the highest value is
# taken, else that of 16 bits.
WHITES = (255, 1023, 4095, 65535)
# Share of negative numbers from which on they are meant, and no outliers.
SHARE_OF_NEGATIVES = 0.01
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Values = npt.NDArray[np.float32]


@dataclass(frozen=True)
class RgbPicture:
    """The upright picture; `invisible` if every pixel of the file is fully transparent."""

    rgb: Image.Image
    invisible: bool = False


def to_rgb(image: Image.Image, factor: int = 1) -> RgbPicture:
    """The upright 8-bit RGB of a loaded picture, its sides divided by `factor`.

    Transparent parts are laid on white, unless everything is transparent: then the colours are as
    stored.
    """
    turn = TURNS.get(_orientation(image))
    invisible = False
    if is_deep(image):
        convert = _scaling(image)
    elif image.has_transparency_data:
        empty = not any(_alpha(strip).getextrema()[1] for strip in _strips(image))
        convert = _without_alpha if empty else _on_white
        # The fourth byte of a BMP is often left 0, and viewers show such pictures.
        invisible = empty and image.format != "BMP"
    elif image.mode == "RGB" and factor == 1 and turn is None:
        # A JPEG is done with its file by now; other kinds keep decoders and texts, so those go.
        rgb = image if isinstance(image, JpegImageFile) else image.copy()
        rgb.info.clear()
        return RgbPicture(rgb)
    else:
        convert = _plain
    rgb = _assemble(image, convert, factor)
    return RgbPicture(rgb if turn is None else rgb.transpose(turn), invisible)


def _orientation(image: Image.Image) -> int:
    """As EXIF says; damaged EXIF turns nothing, as the pixels are whole."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # among others SyntaxError, of a broken TIFF header
        return 1


def _strips(image: Image.Image, factor: int = 1) -> Iterator[Image.Image]:
    rows = max(STRIP // image.width // factor, 1) * factor
    for top in range(0, image.height, rows):
        yield image.crop((0, top, image.width, min(top + rows, image.height)))


def _assemble(image: Image.Image, convert: Convert, factor: int) -> Image.Image:
    size = -(-image.width // factor), -(-image.height // factor)
    rgb, top = Image.new("RGB", size), 0
    for strip in _strips(image, factor):
        converted = convert(strip)
        part = converted if factor == 1 else converted.reduce(factor)
        rgb.paste(part, (0, top))
        top += part.height
    return rgb


def _plain(image: Image.Image) -> Image.Image:
    return image.convert("RGB")


def _alpha(image: Image.Image) -> Image.Image:
    return image.convert("RGBA").getchannel("A")


def _without_alpha(image: Image.Image) -> Image.Image:
    return image.convert("RGBA").convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    """As `Image.alpha_composite`, which needs three more copies of a picture that may be large."""
    rgba = image.convert("RGBA")
    rgb = Image.new("RGB", rgba.size, "white")
    rgb.paste(rgba, mask=rgba)
    return rgb


# More than 8 bits


def is_deep(image: Image.Image) -> bool:
    """Whether the picture is a grey of more than 8 bits, which Pillow would clip at 255."""
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def _scaling(image: Image.Image) -> Convert:
    """A conversion of such strips, with black and white fitting the whole picture."""
    tags = getattr(image, "tag_v2", {})
    unsigned = image.mode == "I" and tags.get(SAMPLE_FORMAT, (1,)) == UNSIGNED
    black, white = _range(image, unsigned)
    is_inverted = tags.get(PHOTOMETRIC) == WHITE_IS_ZERO

    def convert(strip: Image.Image) -> Image.Image:
        grey = ((_values(strip, unsigned) - black) / (white - black) * 255).clip(0, 255).round()
        return Image.fromarray((255 - grey if is_inverted else grey).astype(np.uint8)).convert(
            "RGB"
        )

    return convert


def _values(strip: Image.Image, unsigned: bool) -> Values:
    values = np.asarray(strip)
    if unsigned and values.dtype == np.int32:  # Pillow has no mode for them
        values = values.view(np.uint32)
    return np.nan_to_num(values.astype(np.float32), posinf=0, neginf=0)


def _range(image: Image.Image, unsigned: bool) -> tuple[float, float]:
    """The values of black and white."""
    lowest, highest, negative = 0.0, 0.0, 0
    for strip in _strips(image):
        values = _values(strip, unsigned)
        lowest, highest = min(lowest, float(values.min())), max(highest, float(values.max()))
        negative += int((values < 0).sum())
    if negative <= SHARE_OF_NEGATIVES * image.width * image.height:
        lowest = 0.0
    if image.mode != "F" and lowest == 0:
        return 0.0, next((float(w) for w in WHITES if highest <= w), highest)
    return lowest, max(highest, lowest + 1e-12)
