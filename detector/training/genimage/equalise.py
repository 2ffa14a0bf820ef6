"""Removes the differences that a detector could cheat with: size, file format and JPEG quality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.inference.pixels.conditions import encode_jpeg, rescale
from detector.inference.pixels.tiles import Pixels

LARGEST_SIDE = 512
SMALLEST_FACTOR = 0.75  # below 1, so that hardly a picture keeps its own pixels
QUALITIES = (70, 95)


@dataclass(frozen=True)
class Equalise:
    """Scales a picture down to at most `side` pixels on its shorter side, then through JPEG.

    Both classes go through the same steps; the draws depend on the bytes of the file alone, so
    that a picture comes out alike in training and in evaluation.
    """

    side: int

    def __call__(self, pixels: Pixels, sha256: str) -> Pixels:
        """`pixels` of shape (height, width, 3) come out smaller, through JPEG 70 to 95.

        `sha256` is that of the file, in hexadecimal; raises `ValueError` if it is not.
        """
        rng = np.random.default_rng(int(sha256[:16], 16))
        fitting = min(self.side / min(pixels.shape[:2]), 1.0)
        small = rescale(pixels, fitting * rng.uniform(SMALLEST_FACTOR, 1))
        return encode_jpeg(small, int(rng.integers(*QUALITIES, endpoint=True)))


def common_side(labels: np.ndarray, shorter_sides: np.ndarray) -> int:
    """The `side` for pictures of these labels (0, 1) and shorter sides in pixels, all shape (n,).

    The smaller of the medians of both classes, so that neither has to be enlarged much.
    """
    medians = [int(np.median(shorter_sides[labels == label])) for label in (0, 1)]
    return max(min(LARGEST_SIDE, *medians), 1)
