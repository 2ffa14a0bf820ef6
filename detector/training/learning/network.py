"""The common part of all network trainings: crops in, averaged weights out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from detector.training.corpus.labelled import fingerprint
from detector.training.pictures.preparation import Preparation, Progress
from detector.training.pictures.sampling import BalancedCrops, batches

from .loop import Loss, Schedule, Training, label_loss

# Batches before the full augmentation sets in.
GENTLE_STEPS = 600


@dataclass(frozen=True)
class TrainingPlan:
    """How a network is trained: crops of `crop` pixels; `checkpoints` is where states are kept."""

    name: str
    crop: int
    batch_size: int
    seed: int
    schedule: Schedule
    checkpoints: Path
    device: torch.device

    def checkpoint_of(self, preparation: Preparation) -> Path:
        """Where the state is kept; of other pictures, draws or steps it is another training."""
        facts = json.dumps([fingerprint(preparation.learnt), self.arguments()]).encode()
        return self.checkpoints / f"{self.name}-{hashlib.sha256(facts).hexdigest()[:12]}.pt"

    def arguments(self) -> dict[str, int | float]:
        """The arguments of the training for metrics.json."""
        return {
            "steps": self.schedule.steps,
            "learning_rate": self.schedule.learning_rate,
            "batch_size": self.batch_size,
            "crop": self.crop,
            "seed": self.seed,
        }


def train_network(
    network: nn.Module,
    preparation: Preparation,
    plan: TrainingPlan,
    *,
    progress: Progress,
    loss: Loss = label_loss,
) -> nn.Module:
    """Train, going on from the checkpoint if there is one; returns the averaged network.

    `network` takes RGB crops (n, 3, h, w), 0..255, and gives what `loss` expects of it.
    """
    training = Training(network, plan.schedule, plan.device, loss)
    checkpoint = plan.checkpoint_of(preparation)
    if checkpoint.exists():
        training.resume(checkpoint)
    gentle = max(GENTLE_STEPS - training.step, 0) * plan.batch_size
    crops = BalancedCrops(
        preparation.regions,
        preparation.learn,
        size=plan.crop,
        seed=plan.seed + training.step,
        gentle=gentle,
    )
    # One loader process: cutting and encoding crops is a tenth of the work.
    run = training.run(batches(crops, plan.batch_size, workers=1), checkpoint)
    steps = plan.schedule.steps
    for _ in progress(run, initial=training.step, total=steps, desc="Training", unit="batch"):
        pass
    averaged: nn.Module = training.average.module
    return averaged.cpu().eval()
