"""Native-resolution regions of every picture, decoded once, in one memory-mapped file.

Decoding 12-megapixel originals anew in every epoch would cost more than the training. A region is
large enough to be halved and still hold a training crop. Resumable: what is decoded stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from detector.inference.images import ImageError, open_image
from detector.inference.tiles import Pixels

from .corpus import Picture

SIDE = 384
PER_PICTURE = 2


class Regions:
    """Up to PER_PICTURE square regions of each picture, in the order of `pictures`.

    `sizes` has shape (n, PER_PICTURE, 2): rows and columns that hold picture, 0 where there is
    no region (unreadable picture, or no room for a second one).
    """

    def __init__(self, folder: Path, pictures: Sequence[Picture]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        names = "\n".join(str(p.path) for p in pictures)
        key = hashlib.sha256(names.encode()).hexdigest()[:12]
        n = len(pictures)
        self.pictures = pictures
        self.pixels = _memmap(folder / f"{key}.pixels", (n, PER_PICTURE, SIDE, SIDE, 3), np.uint8)
        self.sizes = _memmap(folder / f"{key}.sizes", (n, PER_PICTURE, 2), np.int16)
        self.done = _memmap(folder / f"{key}.done", (n,), np.bool_)

    def __len__(self) -> int:
        return len(self.pictures)

    def build(self, workers: int) -> Iterable[int]:
        """Decode what is missing; yields the index of each picture as it is done."""
        missing = np.flatnonzero(~self.done)
        with ProcessPoolExecutor(workers) as pool:
            paths = [self.pictures[i].path for i in missing]
            for i, regions in zip(missing, pool.map(cut_regions, paths, chunksize=8), strict=True):
                for j, region in enumerate(regions):
                    height, width = region.shape[:2]
                    self.pixels[i, j, :height, :width] = region
                    self.sizes[i, j] = height, width
                self.done[i] = True
                yield int(i)

    def get(self, index: int, which: int) -> Pixels:
        """Region `which` of a picture, shape (height, width, 3); empty if there is none."""
        height, width = self.sizes[index, which]
        return np.asarray(self.pixels[index, which, :height, :width])

    def count(self, index: int) -> int:
        """How many regions a picture has."""
        return int((self.sizes[index, :, 0] > 0).sum())

    def readable(self) -> np.ndarray:
        """Indices of the pictures that have at least one region."""
        return np.flatnonzero(self.sizes[:, 0, 0] > 0)


def _memmap(path: Path, shape: tuple[int, ...], dtype: type) -> np.ndarray:
    return np.memmap(path, dtype, "r+" if path.exists() else "w+", shape=shape)


def cut_regions(path: Path) -> list[Pixels]:
    """Regions of one picture at places that depend on its bytes alone; none if it is unreadable."""
    try:
        image = open_image(path)
    except ImageError:
        return []
    pixels = image.pixels
    rng = np.random.default_rng(int(image.sha256[:8], 16))
    count = PER_PICTURE if pixels.shape[0] * pixels.shape[1] >= 2 * SIDE * SIDE else 1
    return [_random_region(pixels, rng) for _ in range(count)]


def _random_region(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    top, left = (int(rng.integers(0, max(side - SIDE, 0) + 1)) for side in pixels.shape[:2])
    return pixels[top : top + SIDE, left : left + SIDE]
