"""The changes that pictures undergo when they are passed on: re-encoding, scaling, screenshots.

The fixed steps that accuracy is measured under and stability is asked for; training draws from the
same functions at random.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from detector.inference.images import SourceImage

from .tiles import Pixels

# Of JPEG, as OpenCV writes it: the sampling of Y, Cb and Cr, a byte each. 4:2:0, and 4:4:4.
SUBSAMPLINGS = (0x221111, 0x111111)
SCREEN = (1080, 2400)  # of a phone: width and height in pixels
MARGIN = (13, 6)  # of the screen around the picture, rows and columns; no multiple of a JPEG block
MARGIN_GREY = 32


def encode_jpeg(pixels: Pixels, quality: int, sampling: int = SUBSAMPLINGS[0]) -> Pixels:
    """The picture after JPEG at `quality` (1..100), 4:2:0 unless `sampling` says otherwise.

    Raises `cv2.error` for more rows or columns than a JPEG can hold.
    """
    import cv2

    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    return _through(".jpg", pixels, options)


def encode_webp(pixels: Pixels, quality: int) -> Pixels:
    """The picture after lossy WebP at `quality` (1..100). Raises `cv2.error` as `encode_jpeg`."""
    import cv2

    return _through(".webp", pixels, [cv2.IMWRITE_WEBP_QUALITY, quality])


def _through(suffix: str, pixels: Pixels, options: list[int]) -> Pixels:
    import cv2

    _, data = cv2.imencode(suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    picture = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def rescale(pixels: Pixels, factor: float, interpolation: int | None = None) -> Pixels:
    """The picture at `factor` times its size, at least 1 x 1.

    `interpolation` is one of OpenCV's; None averages areas (INTER_AREA).
    """
    import cv2

    interpolation = cv2.INTER_AREA if interpolation is None else interpolation
    height, width = (max(round(side * factor), 1) for side in pixels.shape[:2])
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=interpolation))


def half_size(pixels: Pixels) -> Pixels:
    """The picture at half its size."""
    return rescale(pixels, 0.5)


def screenshot(pixels: Pixels) -> Pixels:
    """The picture shown as large as fits on a phone, with a narrow margin of the screen around it.

    What screenshots do: scale by the bilinear filter of a graphics chip, shift the grid of JPEG
    blocks, and store the pixels without loss, as PNG.
    """
    import cv2

    height, width = pixels.shape[:2]
    factor = min(SCREEN[0] / width, SCREEN[1] / height)
    while factor < 0.5:  # the chip starts from a copy of at most twice the size, a mipmap
        pixels, factor = half_size(pixels), factor * 2
    screen = rescale(pixels, factor, cv2.INTER_LINEAR)
    return np.pad(screen, [(side, side) for side in MARGIN] + [(0, 0)], constant_values=MARGIN_GREY)


# How pictures reach a reader: sent by a messenger, in a smaller size, as a screenshot of a phone.
RESHIPPED: dict[str, Callable[[Pixels], Pixels]] = {
    "JPEG 85": lambda pixels: encode_jpeg(pixels, 85),
    "half size": lambda pixels: encode_jpeg(half_size(pixels), 95),
    "half size + JPEG 70": lambda pixels: encode_jpeg(half_size(pixels), 70),
    "screenshot chain": lambda pixels: encode_jpeg(screenshot(pixels), 75),
}


def as_picture(pixels: Pixels) -> SourceImage:
    """Pixels (height, width, 3) as a picture of which no file is left."""
    return SourceImage(b"", "JPEG", Image.fromarray(pixels), sha256="")
