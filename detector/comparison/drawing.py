"""The pictures of a comparison: both copies in the same place, and a map of their differences."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image

from .difference import Difference
from .drawing_scale import MOST_TIMES
from .features import Pixels
from .frame import Frame

QUALITY = 80
OUTLINE = (255, 255, 255)


def draw(frame: Frame, difference: Difference) -> dict[str, bytes]:
    """The files by the names of VIEWS."""
    return {
        "reference": _webp(frame.reference),
        "copy": _webp(frame.copy),
        "difference": _png(colour(frame, difference)),
    }


def colour(frame: Frame, difference: Difference) -> Pixels:
    """The map (height, width, 3): dark where nothing differs, bright where much does.

    cividis (Nunez, Anderton and Renslow, 2018) rises evenly in lightness, and looks alike to people
    with and without a deficiency in red and green. White lines are around the changed parts.
    """
    levels = (difference.times / MOST_TIMES).clip(0, 1) * 255
    bgr = cv2.applyColorMap(levels.astype(np.uint8), cv2.COLORMAP_CIVIDIS)
    rgb = np.ascontiguousarray(bgr[..., ::-1], np.uint8)
    contours, _ = cv2.findContours(
        difference.changed.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    width = max(round(max(rgb.shape) / 400), 1)
    cv2.drawContours(rgb, contours, -1, OUTLINE, width)
    rgb[~frame.mask] = 0
    return np.asarray(rgb, np.uint8)


def _webp(pixels: Pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=QUALITY)
    return file.getvalue()


def _png(pixels: Pixels) -> bytes:
    file = io.BytesIO()
    # 256 colours: a map of a large picture has no more than these, the outline and the black.
    Image.fromarray(pixels).quantize(256, Image.Quantize.FASTOCTREE).save(file, "PNG")
    return file.getvalue()
