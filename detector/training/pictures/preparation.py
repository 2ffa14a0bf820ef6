"""What every training starts with: the corpus, its regions, and which sources are kept back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from detector.training.corpus.labelled import Picture, hold_out_sources, read_corpus

from .regions import NATIVE, Cut, JoinedRegions, Regions

# Of the weight of either class: sources that calibration and fusion see for the first time.
CALIBRATION_SHARE = 0.16

Progress = Callable[..., Iterable[Any]]


@dataclass(frozen=True)
class Preparation:
    """Regions of the training pictures, and the indices that may be learnt from.

    `seed` is that of the split: it says which sources are kept back.
    """

    regions: JoinedRegions
    learn: np.ndarray
    seed: int

    @property
    def learnt(self) -> list[Picture]:
        """The pictures that may be learnt from."""
        return [self.regions.pictures[i] for i in self.learn]


def calibration_pictures(
    data: Path, seed: int, further_folders: Sequence[Path] = ()
) -> list[Picture]:
    """Pictures of the train split whose sources are kept back, and all of `further_folders`.

    Raises `ValueError` if `further_folders` has a source of the split that tests.
    """
    pictures, held_out, further = _train_splits(data, seed, further_folders)
    return [p for p in pictures if p.source in held_out] + list(chain.from_iterable(further))


def _train_splits(
    data: Path, seed: int, further_folders: Sequence[Path]
) -> tuple[list[Picture], set[str], list[list[Picture]]]:
    """The train split of `data`, its sources that are kept back, and the further train splits.

    Raises `ValueError` if one of `further_folders` has a source of `data`'s val split, which tests.
    """
    whole = read_corpus(data)
    pictures = [picture for picture in whole if picture.split == "train"]
    further = [[p for p in read_corpus(folder) if p.split == "train"] for folder in further_folders]
    test_sources = {picture.source for picture in whole if picture.split == "val"}
    if shared_sources := sorted(test_sources & {p.source for p in chain.from_iterable(further)}):
        raise ValueError(f"{', '.join(shared_sources)}: of the val split, so kept from training.")
    return pictures, hold_out_sources(pictures, CALIBRATION_SHARE, seed), further


def decode_corpora(
    data: Path,
    cache: Path,
    *,
    seed: int,
    workers: int,
    progress: Progress,
    cut: Cut = NATIVE,
    further_folders: Sequence[Path] = (),
) -> Preparation:
    """Decode what is not in `cache` yet. Raises `FileNotFoundError`, `ValueError`.

    All pictures of `further_folders` are used for training: sources can be added there without
    changing which sources are kept back.
    """
    pictures, held_out, further = _train_splits(data, seed, further_folders)
    corpora = [pictures, *([p for p in corpus if p.source not in held_out] for corpus in further)]
    regions = JoinedRegions([Regions(cache, corpus, cut) for corpus in corpora])
    for part in regions.parts:
        missing = int((~part.done).sum())
        for _ in progress(part.build(workers), total=missing, desc="Decoding", unit="picture"):
            pass
    learn = [int(i) for i in regions.readable() if regions.pictures[i].source not in held_out]
    if {regions.pictures[i].label for i in learn} != {0, 1}:
        raise ValueError(f"{data} needs readable training pictures of both classes, ai and real.")
    return Preparation(regions, np.array(learn), seed)
