"""Scores of the serving methods on pictures that were re-encoded, both classes alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from PIL import Image

from detector.inference.images import ImageError, SourceImage, open_image
from detector.inference.results import MethodResult
from detector.inference.tiles import Pixels

from .augment import CONDITIONS
from .corpus import Picture

# The file itself is no matter here: it was re-encoded, and its metadata is gone.
PIXEL_METHODS = ("deep_learning", "statistical", "huggingface")


Said = TypeVar("Said")


def score_pictures(
    say: Callable[[SourceImage], Said],
    pictures: Sequence[Picture],
    conditions: Callable[[int], Sequence[str]],
    workers: int,
) -> Iterator[tuple[int, dict[str, Said]]]:
    """What `say` says about each picture under each condition that `conditions(index)` names.

    Yields (index, {condition: said}) in order, an empty dict for a picture that cannot be read.
    """

    def score(index: int) -> dict[str, Said]:
        try:
            pixels = open_image(pictures[index].path).pixels
        except ImageError:
            return {}
        named = conditions(index)
        return {name: say(_image(CONDITIONS[name](pixels))) for name in named}

    with ThreadPoolExecutor(workers) as pool:
        yield from enumerate(pool.map(score, range(len(pictures))))


def _image(pixels: Pixels) -> SourceImage:
    return SourceImage(b"", "JPEG", Image.fromarray(pixels), sha256="")


def method_scores(results: Sequence[Sequence[MethodResult]], key: str) -> np.ndarray:
    """P(AI) of one method for each picture's results, NaN where it gave none."""
    found = [{r.key: r.score for r in of_picture}.get(key) for of_picture in results]
    return np.array([np.nan if score is None else score for score in found], np.float64)
