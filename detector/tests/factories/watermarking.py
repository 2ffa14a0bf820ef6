"""A small embedder of invisible watermarks, written from the algorithm of `invisible-watermark`.

The package itself wants `opencv-python`, which would overwrite the headless OpenCV that is
installed here, so tests use this in its place; `test_watermarks.py` holds it to what version 0.2.0
of the package gave.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pywt

from detector.inference.methods.forensics.watermarks.dwt_dct import MARKS, Mark
from detector.inference.pixels.tiles import Pixels

Numbers = npt.NDArray[np.integer[Any] | np.floating[Any]]

STEP = 36.0
MARK = {mark.model: mark for mark in MARKS}


def textured(seed: int, height: int = 512, width: int = 512) -> Pixels:
    """Clouds of all colours under a little noise: every block has some texture."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(30, 226, (9, 9, 3), dtype=np.uint8)
    clouds = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return (clouds + rng.normal(0, 4, clouds.shape)).clip(0, 255).astype(np.uint8)


def mark_pixels(
    pixels: Pixels, mark: Mark, *, floats: bool = False, reversed: bool = False
) -> Pixels:
    """RGB pixels with this mark; `floats` and `reversed` as programs hand pictures over."""
    step = 1 if reversed else -1
    given = np.ascontiguousarray(pixels[..., ::step])
    marked = embed(given.astype(np.float32) if floats else given, mark.bits)
    return np.ascontiguousarray(marked[..., ::step].round().clip(0, 255).astype(np.uint8))


def embed(bgr: Numbers, bits: str) -> Numbers:
    """The picture (height, width, 3), bytes or floats of 0..255, with bits like "0110" in U."""
    yuv = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV)
    height, width = (side // 4 * 4 for side in bgr.shape[:2])
    approximation, (horizontal, vertical, diagonal) = pywt.dwt2(yuv[:height, :width, 1], "haar")
    rows, columns = (side // 4 for side in approximation.shape)
    for number in range(rows * columns):
        top, left = 4 * (number // columns), 4 * (number % columns)
        move_largest(approximation[top : top + 4, left : left + 4], bits[number % len(bits)])
    # The package puts the details back the wrong way round, which turns each 2 x 2 pixels.
    details = (vertical, horizontal, diagonal)
    yuv[:height, :width, 1] = pywt.idwt2((approximation, details), "haar")
    return np.asarray(cv2.cvtColor(yuv, cv2.COLOR_YUV2BGR))


def move_largest(block: npt.NDArray[np.floating], bit: str) -> None:
    """Move the value of the block (4, 4) that is furthest from zero, but not the first one."""
    place = divmod(int(np.abs(block.ravel()[1:]).argmax()) + 1, 4)
    value = block[place]
    moved = (abs(value) // STEP + (0.75 if bit == "1" else 0.25)) * STEP
    block[place] = moved if value >= 0 else -moved


class Encoder:
    """Stands in for `imwatermark.WatermarkEncoder`, as far as the project uses it."""

    def set_watermark(self, kind: str, content: list[int]) -> None:
        if kind != "bits":
            raise NameError(f"{kind} is not supported")
        self.bits = "".join(map(str, content))

    def encode(self, bgr: Numbers, method: str) -> Numbers:
        if method != "dwtDct":
            raise NameError(f"{method} is not supported")
        if bgr.shape[0] * bgr.shape[1] < 256 * 256:
            raise RuntimeError("image too small, should be larger than 256x256")
        return embed(bgr, self.bits)
