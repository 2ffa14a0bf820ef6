"""Trains ArtifactCNN, the teacher of the compact ViT, and writes its weights folder."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from detector.networks.artifact_cnn import ArtifactCNN
from detector.training.pictures.preparation import Preparation, Progress

from .export import describe, start_metrics, weights_of, write_folder, write_json
from .network import TrainingPlan, train_network

CROP = 96
LEARNING_RATE = 3e-3


def train_and_write(
    preparation: Preparation, folder: Path, plan: TrainingPlan, progress: Progress
) -> None:
    """Train as planned and write the weights folder."""
    torch.manual_seed(plan.seed)
    network = train_network(ArtifactCNN(), preparation, plan, progress=progress)

    def write(draft: Path) -> None:
        save_file(weights_of(network), draft / "model.safetensors")
        write_json(
            draft / "config.json",
            {
                "architecture": "ArtifactCNN",
                "width": network.width,
                "input": "RGB, 0..255",
                "output": "log-odds of AI",
            },
        )
        start_metrics(draft, folder.name, describe(preparation, plan.arguments()))

    write_folder(folder, write)


def load_cnn(folder: Path) -> ArtifactCNN:
    """The network of a weights folder, ready for inference. Raises `OSError`, `RuntimeError`."""
    network = ArtifactCNN()
    network.load_state_dict(load_file(folder / "model.safetensors"), strict=True)
    return network.eval()
