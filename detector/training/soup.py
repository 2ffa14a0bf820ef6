"""Averages several trainings of one network: as fast as one, and better on other sources.

Wortsman et al. 2022, "Model soups". All trainings start from the same ImageNet weights, which keeps
them close enough to be averaged.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch.optim.swa_utils import update_bn

from detector.networks.efficientnet import EvidenceMap

from .efficientnet import CROP, write_evidence_map
from .preparation import Preparation, Progress
from .sampling import BalancedCrops, batches

# Enough to know the mean and spread of every channel.
BATCHES, BATCH_SIZE = 60, 32


def average_and_write(
    folders: Sequence[Path], prepared: Preparation, folder: Path, *, seed: int, progress: Progress
) -> None:
    """Write the average of the networks in `folders`. Raises `OSError`, `ValueError`.

    Batch normalisation is measured anew on crops of `prepared`: the average of what the networks
    measured is not what their average sees.
    """
    if len(folders) < 2:
        raise ValueError(f"{len(folders)} folder given; an average needs two or more.")
    network = average([load_file(path / "model.safetensors") for path in folders])
    crops = BalancedCrops(prepared.regions, prepared.learn, size=CROP, seed=seed, gentle=0)
    seen = (crop.float() for crop, _ in islice(batches(crops, BATCH_SIZE, workers=1), BATCHES))
    update_bn(progress(seen, total=BATCHES, desc="Averaging", unit="batch"), network)
    arguments = {"average_of": len(folders), "crop": CROP, "seed": seed}
    write_evidence_map(network.eval(), folder, prepared, arguments)


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
