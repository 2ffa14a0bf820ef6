"""What happens to a picture on its way through the web, drawn alike for both classes.

Thumbnails and other scales, blur, noise, sharpening, one or two lossy encodings, letterboxes and
screenshots. A picture is degraded as a whole, once, and every view of it is cut from the result, as
the server cuts its views from one file.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from detector.inference.tiles import Pixels

from .augment import SUBSAMPLINGS, blur, encode_jpeg, encode_webp, rescale

FILTERS = (
    cv2.INTER_AREA,
    cv2.INTER_LINEAR,
    cv2.INTER_CUBIC,
    cv2.INTER_LANCZOS4,
    cv2.INTER_NEAREST,
    cv2.INTER_LINEAR_EXACT,
)


@dataclass(frozen=True)
class Degradation:
    """Chances (0..1) and bounds of each change; sides in pixels."""

    thumbnail: float = 0.25
    thumbnail_sides: tuple[int, int] = (180, 320)
    scale: float = 0.6
    scales: tuple[float, float] = (0.4, 1.3)
    # Short side that nothing exceeds: a larger picture is reduced to a random size below it, since
    # what the web shows of a 48-megapixel photograph is seldom larger.
    largest: int = 1400
    retouch: float = 0.12
    encode: float = 0.85
    encode_again: float = 0.3
    webp: float = 0.25
    qualities: tuple[int, int] = (30, 95)
    letterbox: float = 0.05
    screenshot: float = 0.1

    def __call__(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """A degraded copy of `pixels` (height, width, 3), of any size."""
        pixels = self._resized(pixels, rng)
        for change in (blur, sharpen, lambda shown: add_noise(shown, rng)):
            if rng.random() < self.retouch:
                pixels = change(pixels)
        if rng.random() < self.screenshot:
            pixels = self._on_screen(pixels, rng)
        if rng.random() < self.letterbox:
            pixels = letterbox(pixels, rng)
        if rng.random() < self.encode:
            pixels = self._encoded(pixels, rng)
            if rng.random() < self.encode_again:
                pixels = self._encoded(shifted(pixels, rng), rng)
        return np.ascontiguousarray(pixels[:, ::-1] if rng.random() < 0.5 else pixels)

    def _resized(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        side = min(pixels.shape[:2])
        factor = min(1.0, self.largest * float(rng.uniform(0.5, 1)) / side)
        draw = rng.random()
        if draw < self.thumbnail:
            factor = min(factor, float(rng.uniform(*self.thumbnail_sides)) / side)
        elif draw < self.thumbnail + self.scale:
            factor *= float(np.exp(rng.uniform(*np.log(self.scales))))
        factor = max(factor, min(1.0, self.thumbnail_sides[0] / side))
        return pixels if factor == 1 else rescale(pixels, factor, self._filter(factor, rng))

    @staticmethod
    def _filter(factor: float, rng: np.random.Generator) -> int:
        """Strong reductions by area averaging mostly, as programs do; others skip pixels."""
        if factor < 0.5 and rng.random() < 0.7:
            return cv2.INTER_AREA
        return int(rng.choice(FILTERS[:4] if rng.random() < 0.95 else FILTERS))

    def _on_screen(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """Shown at another size by the bilinear filter of a graphics chip, within a margin."""
        shown = rescale(pixels, float(rng.uniform(0.6, 1.2)), cv2.INTER_LINEAR)
        margins = [tuple(rng.integers(0, 16, 2)) for _ in range(2)]
        return np.pad(shown, [*margins, (0, 0)], constant_values=int(rng.integers(256)))

    def _encoded(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        quality = int(rng.integers(self.qualities[0], self.qualities[1] + 1))
        if rng.random() < self.webp:
            return encode_webp(pixels, quality)
        return encode_jpeg(pixels, quality, int(rng.choice(SUBSAMPLINGS)))


def sharpen(pixels: Pixels) -> Pixels:
    """The picture under an unsharp mask of one pixel and strength .6."""
    return np.asarray(cv2.addWeighted(pixels, 1.6, cv2.GaussianBlur(pixels, (0, 0), 1), -0.6, 0))


def add_noise(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """The picture with Gaussian noise of 1 to 8 grey levels (standard deviation)."""
    noise = rng.standard_normal(pixels.shape, np.float32) * np.float32(rng.uniform(1, 8))
    return (pixels + noise).clip(0, 255).astype(np.uint8)


def letterbox(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """The picture between two bars of one grey, each up to a fifth of a side high or wide."""
    axis = int(rng.integers(2))
    bars = [(0, 0), (0, 0), (0, 0)]
    bar = int(rng.uniform(0.02, 0.2) * pixels.shape[axis])
    bars[axis] = (bar, bar)
    return np.pad(pixels, bars, constant_values=int(rng.choice((0, 255, rng.integers(256)))))


def shifted(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """The picture without up to 7 rows and columns, which moves the grid of JPEG blocks."""
    top, left = (int(rng.integers(min(8, side))) for side in pixels.shape[:2])
    return pixels[top:, left:]


WEB = Degradation()
AS_LARGE = Degradation(thumbnail=0.1, scale=0.3, scales=(0.5, 1.1), letterbox=0, screenshot=0.05)
