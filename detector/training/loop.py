"""Trains a network that maps RGB crops, 0..255, to one log-odds each. Resumable."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: one-cycle learning rate (Smith & Topin 2018) over `steps` batches."""

    steps: int
    learning_rate: float
    weight_decay: float = 0.02
    save_every: int = 100
    smoothing: float = 0.05


class Training:
    """A network with its optimiser, and the running average of its weights that is shipped."""

    def __init__(
        self,
        network: nn.Module,
        schedule: Schedule,
        device: torch.device,
        teacher: nn.Module | None = None,
    ) -> None:
        self.device, self.schedule, self.step = device, schedule, 0
        self.network = network.to(device, memory_format=torch.channels_last)
        self.teacher = teacher.to(device).eval() if teacher else None
        self.average = AveragedModel(
            self.network, multi_avg_fn=get_ema_multi_avg_fn(0.998), use_buffers=True
        )
        parameters = [p for p in self.network.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            parameters, lr=schedule.learning_rate, weight_decay=schedule.weight_decay
        )
        self.rate = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, schedule.learning_rate, schedule.steps, pct_start=0.1
        )

    def run(
        self, batches: Iterator[list[torch.Tensor]], checkpoint: Path
    ) -> Iterator[tuple[int, float]]:
        """Train to the last step, saving to `checkpoint` as it goes; yields (step, loss)."""
        self.network.train()
        while self.step < self.schedule.steps:
            crops, labels = next(batches)
            loss = self._learn(crops.to(self.device), labels.to(self.device))
            self.step += 1
            if self.step % self.schedule.save_every == 0 or self.step == self.schedule.steps:
                self.save(checkpoint)
            yield self.step, loss

    def _learn(self, crops: torch.Tensor, labels: torch.Tensor) -> float:
        with torch.autocast(self.device.type, torch.bfloat16):
            logits = self.network(crops.float()).float()
        targets = self._targets(crops.float(), labels)
        loss = functional.binary_cross_entropy_with_logits(logits, targets)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.rate.step()
        self.average.update_parameters(self.network)
        return float(loss.detach())

    def _targets(self, crops: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Smoothed labels; with a teacher, the middle between them and its answers."""
        smoothed = labels * (1 - self.schedule.smoothing) + self.schedule.smoothing / 2
        if self.teacher is None:
            return smoothed
        with torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16):
            answers = self.teacher(crops).float().sigmoid()
        return (smoothed + answers) / 2

    def save(self, checkpoint: Path) -> None:
        """Write everything that `resume` needs, in one move."""
        parts = ("network", "average", "optimizer", "rate")
        state: dict[str, Any] = {name: getattr(self, name).state_dict() for name in parts}
        draft = checkpoint.with_suffix(".draft")
        torch.save(state | {"step": self.step}, draft)
        draft.replace(checkpoint)

    def resume(self, checkpoint: Path) -> None:
        """Go on from a checkpoint that `save` wrote."""
        state = torch.load(checkpoint, map_location=self.device, weights_only=True)
        for name in ("network", "average", "optimizer", "rate"):
            getattr(self, name).load_state_dict(state[name])
        self.step = state["step"]


def choose_device(force_cpu: bool) -> torch.device:
    """CUDA where there is one, unless `force_cpu`."""
    return torch.device("cuda" if torch.cuda.is_available() and not force_cpu else "cpu")
