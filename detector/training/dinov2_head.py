"""Learns the head of the DINOv2 detector from features that were computed once.

Every source has the same weight within its class, however many pictures it has: what a head learns
of a large source beyond that is the source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from detector.networks.dinov2_detector import Head

from .corpus import Picture

Progress = Callable[..., Iterable]


@dataclass(frozen=True)
class Recipe:
    """How a head is learnt; each of its `members` starts from its own seed."""

    width: int = 256
    dropout: float = 0.3
    members: int = 3
    epochs: float = 8
    batch_size: int = 64
    learning_rate: float = 3e-4
    weight_decay: float = 0.1
    seed: int = 4


def source_weights(pictures: Sequence[Picture]) -> np.ndarray:
    """Sampling weights (n,) that sum to 1: classes alike, and sources of a class alike."""
    sizes = Counter((picture.source, picture.label) for picture in pictures)
    weights = np.array([1 / sizes[picture.source, picture.label] for picture in pictures])
    labels = np.array([picture.label for picture in pictures])
    for label in (0, 1):
        weights[labels == label] /= 2 * max(weights[labels == label].sum(), 1e-12)
    return weights


def read_features(
    pictures: Sequence[Picture], folder: Path, parts: int
) -> tuple[list[Picture], np.ndarray]:
    """The pictures that have features, and those, (rows, parts, hidden), one row a view.

    A picture stands as often as it has views. Reads the first `parts` of each view.
    """
    kept: list[Picture] = []
    views = []
    for picture in pictures:
        path = folder / f"{picture.path.stem}.npy"
        found = np.load(path) if path.exists() else np.empty((0,), np.float16)
        if found.ndim == 3:
            kept += [picture] * len(found)
            views.append(found[:, :parts])
    return kept, np.concatenate(views) if views else np.empty((0, parts, 0), np.float16)


def fit_head(
    features: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    recipe: Recipe,
    progress: Progress = lambda items, **_: items,
) -> Head:
    """A head learnt from features (rows, parts, hidden), labels 0 or 1, and sampling weights."""
    x = torch.from_numpy(features).flatten(1)
    torch.manual_seed(recipe.seed)
    head = Head(x.shape[1], recipe.width, recipe.dropout, recipe.members)
    head.mean.copy_(x.float().mean(0))
    head.std.copy_(x.float().std(0) + 1e-4)
    target, chance = torch.from_numpy(labels).float(), torch.from_numpy(weights)
    for number in progress(range(recipe.members), desc="Learning", unit="head"):
        _fit_member(head, number, x, target, chance, recipe)
    return head.eval()


def _fit_member(
    head: Head,
    number: int,
    x: torch.Tensor,
    target: torch.Tensor,
    chance: torch.Tensor,
    recipe: Recipe,
) -> None:
    """Cross-entropy by AdamW and one cycle of the learning rate, pictures drawn by their weight."""
    member, draw = head.members[number].train(), torch.Generator().manual_seed(recipe.seed + number)
    steps = max(int(recipe.epochs * len(x) / recipe.batch_size), 1)
    optimizer = torch.optim.AdamW(
        member.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.learning_rate, total_steps=steps + 1, pct_start=0.1
    )
    for _ in range(steps):
        rows = torch.multinomial(chance, recipe.batch_size, replacement=True, generator=draw)
        said = member((x[rows].float() - head.mean) / head.std).squeeze(1)
        loss = nn.functional.binary_cross_entropy_with_logits(said, target[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
