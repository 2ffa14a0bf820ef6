"""Scores pictures with the serving methods, unchanged or re-encoded, both classes alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import cv2

from detector.accuracy.conditions import CLEAN
from detector.inference.images import ImageError, SourceImage, open_image
from detector.inference.pixels.conditions import as_picture
from detector.inference.pixels.tiles import Pixels
from detector.training.corpus.labelled import Picture
from detector.training.genimage.equalise import Equalise
from detector.training.pictures.augment import CONDITIONS

# Those that a re-encoded picture still tells something: its metadata is gone.
PIXEL_METHODS = ("deep_learning", "statistical", "huggingface")

Said = TypeVar("Said")


def score_pictures(
    say: Callable[[SourceImage], Said],
    pictures: Sequence[Picture],
    conditions: Callable[[int], Sequence[str]],
    workers: int,
    equalise: Equalise | None = None,
    refused: Callable[[int, str], None] = lambda index, reason: None,
) -> Iterator[tuple[int, dict[str, Said]]]:
    """What `say` says about each picture under each condition that `conditions(index)` names.

    Under "clean" it is given the file as it is; under the others the pixels go through `equalise`
    first. Yields (index, {condition: said}) in order, an empty dict for a picture that cannot be
    read, of which `refused` is told index and reason.
    """

    def score(index: int) -> dict[str, Said]:
        try:
            image = open_image(pictures[index].path)
            pixels = equalise(image.pixels, image.sha256) if equalise else image.pixels
            return {
                name: say(image if name == CLEAN else _reshipped(name, pixels))
                for name in conditions(index)
            }
        except (ImageError, cv2.error) as error:  # cv2: more columns than JPEG or WebP can hold
            refused(index, " ".join(str(error).split()))
            return {}

    pool = ThreadPoolExecutor(workers)
    try:
        yield from enumerate(pool.map(score, range(len(pictures))))
    finally:  # who stops half-way does not wait for all that is left
        pool.shutdown(cancel_futures=True)


def _reshipped(condition: str, pixels: Pixels) -> SourceImage:
    return as_picture(CONDITIONS[condition](pixels))
