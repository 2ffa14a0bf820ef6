"""What every training starts with: the corpus, its regions, and which sources are kept back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .corpus import Picture, hold_out_sources, read_corpus
from .regions import Regions

# Of the weight of either class: sources that calibration and fusion see for the first time.
CALIBRATION_SHARE = 0.16

Progress = Callable[..., Iterable]


@dataclass(frozen=True)
class Preparation:
    """Regions of the training pictures, and the indices that may be learnt from."""

    regions: Regions
    learn: np.ndarray


def split_sources(data: Path, seed: int) -> tuple[list[Picture], list[Picture]]:
    """Pictures of the train split: those to learn from, and those kept for calibration."""
    pictures = [picture for picture in read_corpus(data) if picture.split == "train"]
    held = hold_out_sources(pictures, CALIBRATION_SHARE, seed)
    learn = [picture for picture in pictures if picture.source not in held]
    return learn, [picture for picture in pictures if picture.source in held]


def prepare(data: Path, cache: Path, *, seed: int, workers: int, progress: Progress) -> Preparation:
    """Decode what is not in `cache` yet. Raises `FileNotFoundError`, `ValueError`."""
    learn, _ = split_sources(data, seed)
    regions = Regions(cache / "regions", learn)
    missing = int((~regions.done).sum())
    for _ in progress(regions.build(workers), total=missing, desc="Decoding", unit="picture"):
        pass
    usable = regions.readable()
    labels = {learn[i].label for i in usable}
    if labels != {0, 1}:
        raise ValueError(
            f"{data} has readable pictures of {len(labels)} class; needed are ai, real."
        )
    return Preparation(regions, usable)
