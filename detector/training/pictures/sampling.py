"""Batches of augmented crops, balanced by class and source, for a network to learn from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from detector.training.corpus.labelled import balanced_weights

from .augment import GENTLE, TRACES, VIEWS, Draw
from .regions import WHOLE, JoinedRegions


class BalancedCrops(IterableDataset[Any]):
    """An endless stream of (crop, label): uint8 (3, size, size) and 0.0 or 1.0.

    Every second crop is AI. Of native regions, `gentle` crops come first without rescaling and at
    high JPEG quality: a network from scratch that starts with the full augmentation learns nothing
    for a long time.
    """

    def __init__(
        self, regions: JoinedRegions, indices: np.ndarray, *, size: int, seed: int, gentle: int
    ) -> None:
        self.regions, self.size, self.seed, self.gentle = regions, size, seed, gentle
        pictures = [regions.pictures[i] for i in indices]
        labels = np.array([p.label for p in pictures])
        weights = balanced_weights(pictures)
        self.by_class = [indices[labels == label] for label in (0, 1)]
        self.weights = [weights[labels == label] / 0.5 for label in (0, 1)]

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        worker = get_worker_info()
        share, first = (worker.num_workers, worker.id) if worker else (1, 0)
        rng = np.random.default_rng((self.seed, first))
        total = first
        while True:
            yield self._draw(total // share % 2, self._augmentation(total), rng)
            total += share

    def _augmentation(self, total: int) -> Draw:
        if self.regions.cut == WHOLE:
            return VIEWS
        return GENTLE if total < self.gentle else TRACES

    def _draw(
        self, label: int, augmentation: Draw, rng: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        index = rng.choice(self.by_class[label], p=self.weights[label])
        region = self.regions.get(index, int(rng.integers(self.regions.count(index))))
        crop = augmentation.random_crop(region, self.size, rng)
        return torch.from_numpy(crop).permute(2, 0, 1), torch.tensor(float(label))


def batches(crops: BalancedCrops, batch_size: int, workers: int) -> Iterator[list[torch.Tensor]]:
    """Endless batches: crops (batch_size, 3, size, size) uint8 and labels (batch_size,)."""
    return iter(DataLoader(crops, batch_size=batch_size, num_workers=workers))
