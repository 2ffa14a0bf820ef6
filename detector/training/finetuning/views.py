"""The views of a picture: one random view in training, afterwards the views of serving."""

from __future__ import annotations

import numpy as np
from PIL import Image

from detector.checkpoints.preprocess import Batch, preprocess
from detector.checkpoints.processor import Processor
from detector.inference.pixels.conditions import rescale
from detector.inference.pixels.tiles import Pixels
from detector.training.pictures.augment import Augmentation

# Views that validation looks at after each epoch; the final test sees all that serving sees.
VALIDATION_CROPS = 4
# Parts are scaled to this before they are re-encoded: encoding 12 megapixels would take the time.
LARGEST_PART = 1024


class Views:
    """Views of pictures for the processor of one checkpoint.

    `augmentation` None learns from the plain views of serving, one at random.
    """

    def __init__(self, processor: Processor, augmentation: Augmentation | None) -> None:
        self.processor, self.augmentation = processor, augmentation
        self.native = processor.crop if processor.keeps_resolution else None
        self.per_picture = VALIDATION_CROPS if self.native else 1

    def random(self, pixels: Pixels, rng: np.random.Generator) -> Batch:
        """One view (3, height, width) to learn from."""
        if self.augmentation is None:
            views = preprocess(Image.fromarray(pixels), self.processor)
            return np.asarray(views[rng.integers(len(views))])
        if self.native:
            part = self.augmentation.random_crop(pixels, self.native[0], rng)
        else:
            part = _random_part(pixels, self.augmentation, rng)
        return np.asarray(preprocess(Image.fromarray(part), self.processor)[0])

    def fixed(self, pixels: Pixels) -> Batch:
        """`per_picture` views (n, 3, height, width), always the same; small pictures repeat."""
        views = preprocess(Image.fromarray(pixels), self.processor)
        spread = np.linspace(0, len(views) - 1, self.per_picture).round().astype(int)
        return np.asarray(views[spread])


def _random_part(pixels: Pixels, augmentation: Augmentation, rng: np.random.Generator) -> Pixels:
    """A square part of .6 to 1 of the shorter side, rescaled, re-encoded and flipped at random."""
    side = max(round(min(pixels.shape[:2]) * rng.uniform(0.6, 1)), 1)
    top, left = (int(rng.integers(0, length - side + 1)) for length in pixels.shape[:2])
    part = pixels[top : top + side, left : left + side]
    if side > LARGEST_PART:
        part = rescale(part, LARGEST_PART / side)
    return augmentation.random_whole(part, rng)
