"""Trains the two EfficientNets of method 1: one on native tiles, one on whole pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from detector.inference.weights.folder import write_digests
from detector.networks.efficientnet import BACKBONE, EvidenceMap, LogOdds, start_from_imagenet
from detector.training.pictures.preparation import Preparation, Progress

from .export import (
    add_features,
    describe,
    save_openvino,
    start_metrics,
    weights_of,
    write_folder,
    write_json,
)
from .network import TrainingPlan, train_network

CROP = 160
LEARNING_RATE = 1e-3


def train_and_write(
    preparation: Preparation, folder: Path, plan: TrainingPlan, progress: Progress
) -> None:
    """Train as planned and write the weights folder.

    `preparation` decides what it looks at: native regions or whole views.
    """
    torch.manual_seed(plan.seed)
    network = EvidenceMap()
    start_from_imagenet(network)
    network_trained = train_network(LogOdds(network), preparation, plan, progress=progress)
    assert isinstance(network_trained.network, EvidenceMap)
    write_evidence_map(network_trained.network, folder, describe(preparation, plan.arguments()))


def write_evidence_map(network: EvidenceMap, folder: Path, training: dict[str, Any]) -> None:
    """Write the weights folder of a network; `training` says what it learnt from and how."""

    def write(draft: Path) -> None:
        # Half the size; what is served is fp16, too.
        weights = weights_of(network)
        halves = {k: v.half() if v.is_floating_point() else v for k, v in weights.items()}
        save_file(halves, draft / "model.safetensors")
        save_openvino(network, torch.rand(2, 3, 256, 256) * 255, draft / "openvino_model.xml")
        _describe_outputs(draft)
        start_metrics(draft, folder.name, training)

    write_folder(folder, write)


def give_features(folder: Path) -> None:
    """Let the network of a weights folder give its features, too, if it does not yet.

    The evidence that it gives stays bit for bit the same. Raises `OSError`, `RuntimeError`,
    `ValueError`.
    """
    if _describe_outputs(folder):
        write_digests(folder)


def _describe_outputs(folder: Path) -> bool:
    """Add the output of features to a network, and say in config.json what it gives."""
    outputs = add_features(folder / "openvino_model.xml")
    if outputs:
        write_json(
            folder / "config.json",
            {
                "architecture": "EfficientNet-Lite0",
                "timm": BACKBONE,
                "input": "RGB, 0..255",
                "output": "map of log-odds of AI, whose mean is the picture's",
                "second_output": "map of the features that the log-odds are made from",
            },
        )
    return outputs


def load_evidence_map(folder: Path) -> EvidenceMap:
    """The network of a weights folder, ready for inference. Raises `OSError`, `RuntimeError`."""
    network = EvidenceMap()
    network.load_state_dict(load_file(folder / "model.safetensors"), strict=True)
    return network.eval()
