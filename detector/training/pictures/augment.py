"""Re-encoding and rescaling, drawn alike for both classes.

A detector that sees AI pictures as PNG and photographs as JPEG learns the file format. So every
crop is rescaled and re-encoded by the same random draws before it is learnt from, and by the same
fixed steps before it is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from detector.accuracy.conditions import (
    BLUR,
    CLEAN,
    HALF_SIZE,
    HALF_SIZE_JPEG_70,
    JPEG_30,
    JPEG_50,
    JPEG_70,
    JPEG_85,
    JPEG_90,
    JPEG_95,
    SAME_SIZE,
    SCREENSHOT,
    WEBP_50,
    WEBP_80,
)
from detector.inference.pixels.conditions import (
    RESHIPPED,
    SUBSAMPLINGS,
    encode_jpeg,
    encode_webp,
    rescale,
)
from detector.inference.pixels.tiles import Pixels, mirror_to

# Pictures are worked on side by side already. Here and not in the workers: a process forked from
# one in which OpenCV has threads waits for ever when it changes their number.
cv2.setNumThreads(1)

# Short side of a whole picture, scaled down, in pixels.
CACHED_SIDE = 256
INTERPOLATIONS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)


def blur(pixels: Pixels) -> Pixels:
    """The picture under a Gaussian blur of one pixel (standard deviation)."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigmaX=1))


def cut_square(pixels: Pixels, side: int) -> Pixels:
    """The largest square around the centre, scaled to `side` x `side` pixels.

    Areas are averaged where it shrinks, and it grows by a bilinear filter.
    """
    height, width = pixels.shape[:2]
    length = min(height, width)
    top, left = (height - length) // 2, (width - length) // 2
    square = pixels[top : top + length, left : left + length]
    interpolation = cv2.INTER_AREA if length > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(square, (side, side), interpolation=interpolation))


# How pictures are prepared before scores are calibrated; both classes alike.
ALIKE: dict[str, Callable[[Pixels], Pixels]] = {
    JPEG_95: lambda pixels: encode_jpeg(pixels, 95),
    JPEG_70: lambda pixels: encode_jpeg(pixels, 70),
    HALF_SIZE: RESHIPPED[HALF_SIZE],
    HALF_SIZE_JPEG_70: RESHIPPED[HALF_SIZE_JPEG_70],
}

COMMON_SIDE = 640  # pixels, as a messenger or a page may show any picture

# And before accuracy is measured. "clean" leaves the files as they are: where the classes come in
# different formats it flatters, since a method may read the format.
CONDITIONS: dict[str, Callable[[Pixels], Pixels]] = {
    CLEAN: lambda pixels: pixels,
    JPEG_95: ALIKE[JPEG_95],
    JPEG_90: lambda pixels: encode_jpeg(pixels, 90),
    JPEG_85: RESHIPPED[JPEG_85],
    JPEG_70: ALIKE[JPEG_70],
    JPEG_50: lambda pixels: encode_jpeg(pixels, 50),
    JPEG_30: lambda pixels: encode_jpeg(pixels, 30),
    WEBP_80: lambda pixels: encode_webp(pixels, 80),
    WEBP_50: lambda pixels: encode_webp(pixels, 50),
    HALF_SIZE: ALIKE[HALF_SIZE],
    HALF_SIZE_JPEG_70: ALIKE[HALF_SIZE_JPEG_70],
    BLUR: lambda pixels: encode_jpeg(blur(pixels), 95),
    SCREENSHOT: RESHIPPED[SCREENSHOT],
    SAME_SIZE: lambda pixels: encode_jpeg(cut_square(pixels, COMMON_SIDE), 85),
}


@dataclass(frozen=True)
class Augmentation:
    """How often (0..1) a crop is rescaled and re-encoded, and within which bounds."""

    rescale: float = 0.4
    smallest: float = 0.5
    largest: float = 1.1
    encode: float = 0.85
    lowest_quality: int = 50
    webp: float = 0.1

    def random_crop(self, region: Pixels, size: int, rng: np.random.Generator) -> Pixels:
        """A crop of shape (size, size, 3), rescaled, re-encoded, flipped and turned at random.

        Encoding comes before the last cut, so that the 8-pixel grid of JPEG may start anywhere.
        """
        region = self._cut_for(region, size, rng)
        if rng.random() < self.encode:
            region = self._encoded(region, rng)
        crop = mirror_to(_random_cut(region, size, rng), size)
        crop = np.rot90(crop, int(rng.integers(4)))
        return np.ascontiguousarray(crop[:, ::-1] if rng.random() < 0.5 else crop)

    def random_whole(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """The whole of `pixels` rescaled, re-encoded and mirrored at random, of any size."""
        if rng.random() < self.rescale:
            factor = rng.uniform(self.smallest, self.largest)
            pixels = rescale(pixels, factor, int(rng.choice(INTERPOLATIONS)))
        if rng.random() < self.encode:
            pixels = self._encoded(pixels, rng)
        return np.ascontiguousarray(pixels[:, ::-1] if rng.random() < 0.5 else pixels)

    def _cut_for(self, region: Pixels, size: int, rng: np.random.Generator) -> Pixels:
        """A part with a margin of 8 pixels, rescaled if the region has room for it."""
        smallest = max(self.smallest, (size + 8) / max(min(region.shape[:2]), 1))
        if rng.random() >= self.rescale or smallest > self.largest:
            return _random_cut(region, size + 8, rng)
        factor = rng.uniform(smallest, self.largest)
        part = _random_cut(region, round((size + 8) / factor) + 1, rng)
        return rescale(part, factor, int(rng.choice(INTERPOLATIONS)))

    def _encoded(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        quality = int(rng.integers(self.lowest_quality, 99))
        if rng.random() < self.webp:
            return encode_webp(pixels, quality)
        return encode_jpeg(pixels, quality, int(rng.choice(SUBSAMPLINGS)))


@dataclass(frozen=True)
class ViewAugmentation:
    """How a scaled-down whole picture is cut and changed: bounds and chances (0..1)."""

    smallest: float = 0.62  # of the view: 160 of 256 pixels
    largest: float = 0.95
    blurred: float = 0.3
    encode: float = 0.6
    lowest_quality: int = 50
    light: float = 0.3

    def random_crop(self, view: Pixels, size: int, rng: np.random.Generator) -> Pixels:
        """A crop of shape (size, size, 3), scaled, blurred, re-encoded and mirrored at random."""
        if rng.random() < self.blurred:  # as if the picture had been smaller
            view = rescale(view, rng.uniform(0.5, 1))
        factor = max(rng.uniform(self.smallest, self.largest) * CACHED_SIDE, size) / min(
            view.shape[:2]
        )
        view = rescale(view, factor, int(rng.choice(INTERPOLATIONS)))
        if rng.random() < self.encode:
            view = encode_jpeg(view, int(rng.integers(self.lowest_quality, 99)))
        crop = mirror_to(_random_cut(view, size, rng), size)
        if rng.random() < self.light:
            crop = change_light(crop, rng)
        return np.ascontiguousarray(crop[:, ::-1] if rng.random() < 0.5 else crop)


def change_light(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """The picture with its contrast and brightness changed by up to a fifth and 20 grey levels."""
    values = pixels * np.float32(rng.uniform(0.8, 1.2)) + np.float32(rng.uniform(-20, 20))
    return values.clip(0, 255).astype(np.uint8)


Draw = Augmentation | ViewAugmentation
TRACES = Augmentation()
GENTLE = Augmentation(rescale=0.1, lowest_quality=80)
VIEWS = ViewAugmentation()


def _random_cut(pixels: Pixels, size: int, rng: np.random.Generator) -> Pixels:
    top, left = (int(rng.integers(0, max(side - size, 0) + 1)) for side in pixels.shape[:2])
    return pixels[top : top + size, left : left + size]
