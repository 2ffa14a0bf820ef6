"""Scores of the serving methods on pictures that were re-encoded, both classes alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from detector.inference.images import ImageError, SourceImage, open_image
from detector.inference.pipeline import Detector
from detector.inference.results import Verdict
from detector.inference.tiles import Pixels

from .augment import CONDITIONS
from .corpus import Picture

# The file itself is no matter here: it was re-encoded, and its metadata is gone.
PIXEL_METHODS = ("deep_learning", "statistical", "huggingface")


def score_pictures(
    detector: Detector,
    pictures: Sequence[Picture],
    conditions: Callable[[int], Sequence[str]],
    workers: int,
) -> Iterator[tuple[int, dict[str, Verdict]]]:
    """The verdict about each picture under each condition that `conditions(index)` names.

    Yields (index, {condition: verdict}) in order; nothing for a picture that cannot be read.
    """

    def score(index: int) -> dict[str, Verdict]:
        try:
            pixels = open_image(pictures[index].path).pixels
        except ImageError:
            return {}
        named = conditions(index)
        return {name: detector.detect(_image(CONDITIONS[name](pixels))) for name in named}

    with ThreadPoolExecutor(workers) as pool:
        yield from enumerate(pool.map(score, range(len(pictures))))


def _image(pixels: Pixels) -> SourceImage:
    return SourceImage(b"", "JPEG", Image.fromarray(pixels), sha256="")


def method_scores(verdicts: Sequence[Verdict], key: str) -> np.ndarray:
    """P(AI) of one method for each verdict, NaN where it gave none."""
    found = [{r.key: r.score for r in verdict.methods}.get(key) for verdict in verdicts]
    return np.array([np.nan if score is None else score for score in found], np.float64)
