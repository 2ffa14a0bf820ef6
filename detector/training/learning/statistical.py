"""Fits method 2: statistics of augmented crops into a small network."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from detector.inference.methods.neural_head import NeuralHead
from detector.inference.methods.statistical import MAX_CROPS
from detector.inference.methods.statistical.features import (
    CROP,
    N_FEATURES,
    extract_features,
    summarise,
)
from detector.inference.pixels.tiles import Pixels, cut_tiles
from detector.training.pictures.augment import Augmentation
from detector.training.pictures.preparation import Preparation, Progress
from detector.training.pictures.regions import JoinedRegions

from .export import describe
from .neural_head import fit_head, write_head


def fit_and_write(
    preparation: Preparation,
    folder: Path,
    *,
    crops: int,
    seed: int,
    workers: int,
    progress: Progress,
) -> None:
    """Extract features of `crops` crops a picture, fit, and write the weights folder."""
    regions, learn, pictures = preparation.regions, preparation.learn, preparation.learnt
    stream = build_features(regions, learn, crops=crops, seed=seed, workers=workers)
    bar = progress(stream, total=len(learn), desc="Features", unit="picture")
    features = np.stack([summarise(of_picture) for of_picture in bar])
    labels = np.array([picture.label for picture in pictures])
    sources = np.array([picture.source for picture in pictures])
    head = fit_statistics(features, labels, sources)
    write_head(head, folder, (), describe(preparation, {"crops": crops, "seed": seed}))


def fit_statistics(features: np.ndarray, labels: np.ndarray, sources: np.ndarray) -> NeuralHead:
    """The network for summaries (n, 885), labels 0 or 1 and sources, of which all count alike."""
    return fit_head(features, labels, sources, sizes=[N_FEATURES])


def measure(pixels: Pixels) -> np.ndarray:
    """The features (885,) of a picture as the method reads them."""
    crops = cut_tiles(pixels, CROP, MAX_CROPS)
    return summarise(np.stack([extract_features(crop) for crop in crops]))


def build_features(
    regions: JoinedRegions, indices: np.ndarray, *, crops: int, seed: int, workers: int
) -> Iterator[np.ndarray]:
    """Features of augmented crops, shape (crops, 885) for each picture of `indices` in turn."""
    with ProcessPoolExecutor(workers, initializer=_open, initargs=(regions,)) as pool:
        jobs = [(int(i), crops, seed) for i in indices]
        yield from pool.map(_features_of, jobs, chunksize=16)


_regions: JoinedRegions


def _open(regions: JoinedRegions) -> None:
    global _regions
    _regions = regions


def _features_of(job: tuple[int, int, int]) -> np.ndarray:
    index, crops, seed = job
    rng = np.random.default_rng((seed, index))
    augmentation = Augmentation()
    count = _regions.count(index)
    cut = (
        augmentation.random_crop(_regions.get(index, j % count), CROP, rng) for j in range(crops)
    )
    return np.stack([extract_features(crop) for crop in cut])
