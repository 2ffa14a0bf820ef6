"""Parts of every picture, decoded once, in one memory-mapped file.

Decoding 12-megapixel originals anew in every epoch would cost more than the training. Networks
that read traces get native-resolution regions, large enough to be halved and still hold a training
crop; the network that reads content gets the whole picture, scaled down. Resumable: what is decoded
stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detector.inference.images import ImageError, open_image
from detector.inference.pixels.abstention import MIN_PICTURE_SIDE
from detector.inference.pixels.tiles import Pixels, scale_to
from detector.training.corpus.labelled import Picture, fingerprint

from .augment import CACHED_SIDE

SIDE = 384


@dataclass(frozen=True)
class Cut:
    """What is kept of a picture: at most `most` arrays of at most SIDE x SIDE pixels."""

    name: str
    most: int
    of: Callable[[Path], list[Pixels]]


class Regions:
    """Up to `cut.most` parts of each picture, in the order of `pictures`.

    `sizes` has shape (n, cut.most, 2): rows and columns that hold picture, 0 where there is no
    part (unreadable picture, or no room for a second one).
    """

    def __init__(self, folder: Path, pictures: Sequence[Picture], cut: Cut) -> None:
        folder = folder / cut.name
        folder.mkdir(parents=True, exist_ok=True)
        key = fingerprint(pictures)
        n = len(pictures)
        self.pictures, self.cut = pictures, cut
        self.pixels = _memmap(folder / f"{key}.pixels", (n, cut.most, SIDE, SIDE, 3), np.uint8)
        self.sizes = _memmap(folder / f"{key}.sizes", (n, cut.most, 2), np.int16)
        self.done = _memmap(folder / f"{key}.done", (n,), np.bool_)

    def __len__(self) -> int:
        return len(self.pictures)

    def build(self, workers: int) -> Iterable[int]:
        """Decode what is missing; yields the index of each picture as it is done."""
        missing = np.flatnonzero(~self.done)
        with ProcessPoolExecutor(workers) as pool:
            paths = [self.pictures[int(i)].path for i in missing]
            for i, regions in zip(missing, pool.map(self.cut.of, paths, chunksize=8), strict=True):
                for j, region in enumerate(regions):
                    height, width = region.shape[:2]
                    self.pixels[i, j, :height, :width] = region
                    self.sizes[i, j] = height, width
                self.done[i] = True
                yield int(i)

    def get(self, index: int, region: int) -> Pixels:
        """Region `region` of a picture, shape (height, width, 3); empty if there is none."""
        height, width = self.sizes[index, region]
        return np.asarray(self.pixels[index, region, :height, :width])

    def count(self, index: int) -> int:
        """How many regions a picture has."""
        return int((self.sizes[index, :, 0] > 0).sum())

    def readable(self) -> np.ndarray:
        """Indices of the pictures that have at least one region."""
        return np.flatnonzero(self.sizes[:, 0, 0] > 0)


class JoinedRegions:
    """Parts of the pictures of several `Regions` of one kind, one after the other."""

    def __init__(self, parts: Sequence[Regions]) -> None:
        self.parts, self.cut = parts, parts[0].cut
        self.pictures = [picture for part in parts for picture in part.pictures]
        self.starts = np.cumsum([0, *(len(part) for part in parts)])

    def _find(self, index: int) -> tuple[Regions, int]:
        corpus = int(np.searchsorted(self.starts, index, side="right")) - 1
        return self.parts[corpus], index - int(self.starts[corpus])

    def get(self, index: int, region: int) -> Pixels:
        """Part `region` of a picture, shape (height, width, 3); empty if there is none."""
        part, own = self._find(index)
        return part.get(own, region)

    def count(self, index: int) -> int:
        """How many parts a picture has."""
        part, own = self._find(index)
        return part.count(own)

    def readable(self) -> np.ndarray:
        """Indices of the pictures that have at least one part."""
        pairs = zip(self.parts, self.starts, strict=False)
        return np.concatenate([part.readable() + start for part, start in pairs])


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
    count = 2 if pixels.shape[0] * pixels.shape[1] >= 2 * SIDE * SIDE else 1
    return [_random_region(pixels, rng) for _ in range(count)]


def _random_region(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    top, left = (int(rng.integers(0, max(side - SIDE, 0) + 1)) for side in pixels.shape[:2])
    return pixels[top : top + SIDE, left : left + SIDE]


def cut_view(path: Path) -> list[Pixels]:
    """The whole picture with a short side of CACHED_SIDE pixels at most, the middle of a long one.

    Empty if it is unreadable, or so small that serving abstains.
    """
    try:
        pixels = open_image(path).pixels
    except ImageError:
        return []
    if min(pixels.shape[:2]) < MIN_PICTURE_SIDE:
        return []
    if min(pixels.shape[:2]) > CACHED_SIDE:
        pixels = scale_to(pixels, CACHED_SIDE)
    top, left = (max(side - SIDE, 0) // 2 for side in pixels.shape[:2])
    return [pixels[top : top + SIDE, left : left + SIDE]]


NATIVE = Cut("regions", 2, cut_regions)
WHOLE = Cut("views", 1, cut_view)
