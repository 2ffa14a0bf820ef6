"""Averages several trainings of one network: as fast as one, and better on other sources.

Wortsman et al. 2022, "Model soups". All trainings start from the same ImageNet weights, which keeps
them close enough to be averaged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch.optim.swa_utils import update_bn

from detector.networks.efficientnet import EvidenceMap
from detector.training.corpus.learnt_sources import read_metrics
from detector.training.learning.efficientnet import CROP, write_evidence_map
from detector.training.learning.export import describe
from detector.training.pictures.preparation import Preparation, Progress
from detector.training.pictures.sampling import BalancedCrops, batches

# Enough to know the mean and spread of every channel.
BATCHES, BATCH_SIZE = 60, 32


@dataclass(frozen=True)
class Training:
    """One of the trainings: its weights, and its description in metrics.json."""

    weights: dict[str, torch.Tensor]
    training: dict[str, Any]


def read_trainings(folders: Sequence[Path], split_seed: int) -> list[Training]:
    """The trainings to be averaged. Raises `OSError`, `ValueError`.

    All must be of the split of `split_seed`: else the average would have learnt from sources that
    this split keeps back to calibrate it.
    """
    different = {folder.resolve() for folder in folders}
    if len(different) < 2:
        raise ValueError(f"{len(different)} folder given; an average needs two or more.")
    if len(different) < len(folders):
        raise ValueError("A folder is given twice; each training may count once.")
    trainings = [_read(folder) for folder in folders]
    for folder, training in zip(folders, trainings, strict=True):
        if (seed := training.training.get("split_seed")) != split_seed:
            raise ValueError(f"{folder} was trained with --seed {seed}, not {split_seed}.")
    return trainings


def _read(folder: Path) -> Training:
    try:
        weights = load_file(folder / "model.safetensors")
        metrics = read_metrics(folder)
        if (model := metrics.get("model")) != folder.name:
            raise ValueError(f"it holds {model}")
        return Training(weights, metrics["training"])
    except (SafetensorError, ValueError) as error:
        raise ValueError(f"{folder} is no folder of a training: {error}.") from error


def average_and_write(
    trainings: Sequence[Training], preparation: Preparation, folder: Path, *, progress: Progress
) -> None:
    """Write the average of the networks. Raises `OSError`, `ValueError`.

    Batch normalisation is measured again on crops of `preparation`: the mean of what the networks
    measured is not what their average sees.
    """
    network = average([training.weights for training in trainings])
    crops = BalancedCrops(
        preparation.regions, preparation.learn, size=CROP, seed=preparation.seed, gentle=0
    )
    crop_batches = (
        crop.float() for crop, _ in islice(batches(crops, BATCH_SIZE, workers=1), BATCHES)
    )
    update_bn(progress(crop_batches, total=BATCHES, desc="Averaging", unit="batch"), network)
    write_evidence_map(network.eval(), folder, _describe(trainings, preparation))


def _describe(trainings: Sequence[Training], preparation: Preparation) -> dict[str, Any]:
    """The contents of metrics.json: the crops for normalisation, each training, and all sources."""
    own = describe(preparation, {"crop": CROP, "batches": BATCHES})
    parts = [own, *(training.training for training in trainings)]
    digests = sorted({digest for part in parts for digest in part["learnt_from"]})
    each = [
        {k: v for k, v in training.training.items() if k != "learnt_from"} for training in trainings
    ]
    return own | {"learnt_from": digests, "average_of": each}


def average(weights: Sequence[dict[str, torch.Tensor]]) -> EvidenceMap:
    """A network with the mean of these weights. Raises `ValueError` if they are of others."""
    network = EvidenceMap(dropout=0, drop_path=0)  # so that measuring drops nothing
    mean = {
        name: torch.stack([each[name].float() for each in weights]).mean(0).to(value.dtype)
        for name, value in network.state_dict().items()
        if all(name in each and each[name].shape == value.shape for each in weights)
    }
    if missing := network.state_dict().keys() - mean.keys():
        raise ValueError(f"Not every folder holds an EvidenceMap: no {min(missing)} in common.")
    network.load_state_dict(mean)
    return network
