"""Fits a head: small networks on features, of both EfficientNets or of hand-made statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from sklearn.decomposition import PCA
from torch import nn
from torch.nn import functional

from detector.inference.methods.neural_head import (
    CONFIG,
    HEAD,
    NeuralHead,
    find_other,
    read_head,
)
from detector.inference.pixels.kind import network_state
from detector.inference.weights.folder import write_digests

from .dinov2 import LEAST_SPREAD, source_weights
from .efficientnet import give_features
from .export import describe_pictures, start_metrics, write_folder, write_json

NETWORKS, NEURONS = 3, 256
# Principal components of each block of features; the other directions are mostly noise.
COMPONENTS = 256
EPOCHS, BATCH_SIZE, LEARNING_RATE, WEIGHT_DECAY = 40, 256, 1e-3, 0.05
# This share of the pictures, of which the head says least, counts as saying nothing.
SILENT_SHARE = 0.05
# Share of inputs and of neurons that are left out at random, and how far labels are from 0 and 1.
DROP_INPUTS, DROP_NEURONS, SMOOTHING = 0.2, 0.4, 0.02


class Basis:
    """Features (n, f) as principal components (n, c), in blocks of `sizes` features.

    The components of a block are scaled together to a mean deviation of 1.
    """

    def __init__(self, features: np.ndarray, sizes: Sequence[int]) -> None:
        self.mean, self.std = features.mean(0), features.std(0) + LEAST_SPREAD
        self.std[self.std < 2 * LEAST_SPREAD] = np.inf  # what is the same everywhere tells nothing
        scaled, blocks, start = (features - self.mean) / self.std, [], 0
        for size in sizes:
            part = scaled[:, start : start + size]
            pca = PCA(min(COMPONENTS, size, len(part)), svd_solver="randomized", random_state=0)
            spread = pca.fit_transform(part).std(0).mean() + LEAST_SPREAD
            block = np.zeros((len(pca.components_), features.shape[1]))
            block[:, start : start + size] = pca.components_ / spread
            blocks.append(block)
            start += size
        self.matrix = np.concatenate(blocks)

    def project(self, features: np.ndarray) -> np.ndarray:
        """The components (n, c) of features (n, f)."""
        return np.asarray((features - self.mean) / self.std @ self.matrix.T, np.float32)

    def fold(self, weight: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A layer over components, (h, c) and (h,), as one over features, (h, f) and (h,)."""
        own = weight @ self.matrix / self.std
        return own, bias - own @ self.mean


def fit_head(
    features: np.ndarray, labels: np.ndarray, sources: np.ndarray, *, sizes: Sequence[int]
) -> NeuralHead:
    """The head for features (n, f), labels 0 or 1 and source names, of which all count alike.

    `sizes` are the numbers of features of each block, for instance of a network, in their order.
    """
    basis = Basis(features, sizes)
    inputs = torch.from_numpy(basis.project(features))
    targets = torch.from_numpy(np.abs(labels - SMOOTHING).astype(np.float32))
    weights = torch.from_numpy(source_weights(labels, sources).astype(np.float32))
    trained = [_train(seed, inputs, targets, weights) for seed in range(NETWORKS)]
    parts = [_parts(network, basis) for network in trained]
    arrays = [*(np.stack(each) for each in zip(*parts, strict=True)), basis.mean]
    head = NeuralHead(*(array.astype(np.float32) for array in arrays))
    return replace(head, centre=find_centre(head, features, basis).astype(np.float32))


def find_centre(head: NeuralHead, features: np.ndarray, basis: Basis) -> np.ndarray:
    """Of the features (n, f) those next to their mean of which the head says least: (f,).

    Not the mean itself: no picture is as smooth, and the head takes it for the work of an AI.
    """
    order = np.argsort(np.abs(head.log_odds(features)), kind="stable")
    silent = order[: max(round(len(features) * SILENT_SHARE), 1)]
    away = np.linalg.norm((features[silent] - basis.mean) / basis.std, axis=1)
    return np.asarray(features[silent[away.argmin()]])


def _train(
    seed: int, inputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor
) -> nn.Sequential:
    """One network, by AdamW with a one-cycle rate; the seed decides its start and its batches."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Dropout(DROP_INPUTS),
        nn.Linear(inputs.shape[1], NEURONS),
        nn.GELU("tanh"),
        nn.LayerNorm(NEURONS),
        nn.Dropout(DROP_NEURONS),
        nn.Linear(NEURONS, 1),
    )
    optimiser = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    size = min(BATCH_SIZE, len(inputs))
    steps = EPOCHS * (len(inputs) // size)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, steps)
    for _ in range(EPOCHS):
        order = torch.randperm(len(inputs))
        for batch in order[: len(order) // size * size].split(size):
            losses = functional.binary_cross_entropy_with_logits(
                network(inputs[batch])[:, 0], targets[batch], reduction="none"
            )
            optimiser.zero_grad()
            torch.autograd.backward((losses * weights[batch]).mean())
            optimiser.step()
            rate.step()
    return network.eval()


def _parts(network: nn.Sequential, basis: Basis) -> tuple[np.ndarray, ...]:
    """What a `NeuralHead` keeps of one network, in the order of its fields but the last."""
    layer, normalisation, last = network[1], network[3], network[5]
    numbers = [
        values.detach().numpy().astype(np.float64)
        for part in (layer, normalisation, last)
        for values in part.parameters()
    ]
    weight, bias, scale, shift, out, out_bias = numbers
    return (*basis.fold(weight, bias), scale, shift, out[0], out_bias[0])


def ensure_head(folder: Path, networks: Sequence[str], seed: int) -> None:
    """Write a head that says nothing, unless one is there that fits the `networks` beside it.

    Networks that were trained anew have none until their sources teach one. Raises `OSError`, and
    `ValueError` for a head that is damaged: it is not to be lost unnoticed.
    """
    for name in networks:
        give_features(folder.parent / name)
    if folder.exists() and _fits(folder, networks):
        return
    features = sum(_count_features(folder.parent / name) for name in networks)
    shapes = ((1, 1, features), (1, 1), (1, 1), (1, 1), (1, 1), (1,), (features,))
    silent = NeuralHead(*(np.zeros(shape, np.float32) for shape in shapes))
    write_head(silent, folder, networks, describe_pictures([], {}, seed))


def _fits(folder: Path, networks: Sequence[str]) -> bool:
    try:
        if find_other(folder, networks):
            return False
        read_head(folder, networks)
        return True
    except ValueError as error:
        raise ValueError(f"{folder.name}: {error}; restore the folder, or delete it") from error


def _count_features(network: Path) -> int:
    weight = load_file(network / "model.safetensors")["classifier.weight"]
    return int(weight.numel())


def write_head(
    head: NeuralHead, folder: Path, networks: Sequence[str], learnt: dict[str, Any]
) -> None:
    """Write the weights folder of a head, beside those of the `networks` whose features it reads.

    A head that reads statistics has none. `learnt` describes what it learnt from. Raises `OSError`.
    """

    def write(draft: Path) -> None:
        np.savez(draft / HEAD, **asdict(head))
        states = {name: network_state(folder.parent / name) for name in networks}
        read = "features of the networks" if states else "statistics of the picture"
        write_json(draft / CONFIG, {"input": read, "networks": states})
        start_metrics(draft, folder.name, learnt)
        write_digests(draft)

    write_folder(folder, write)
