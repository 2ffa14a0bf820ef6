"""Trains a network that maps each RGB crop, 0..255, to its log-odds. Resumable."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

logger = logging.getLogger(__name__)

# The loss: a number for a network, crops (n, 3, h, w), 0..255, and labels (n,).
Loss = Callable[[nn.Module, torch.Tensor, torch.Tensor], torch.Tensor]
SMOOTHING = 0.05


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: one-cycle learning rate (Smith & Topin 2018) over `steps` batches."""

    steps: int
    learning_rate: float
    weight_decay: float = 0.02
    save_every: int = 100


def smooth(labels: torch.Tensor) -> torch.Tensor:
    """Labels a little off 0 and 1 (Szegedy et al. 2016): some of the corpus are surely wrong."""
    return labels * (1 - SMOOTHING) + SMOOTHING / 2


def label_loss(network: nn.Module, crops: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the network's log-odds (n,) with the smoothed labels (n,)."""
    return functional.binary_cross_entropy_with_logits(network(crops).float(), smooth(labels))


class Training:
    """A network with its optimiser, and the running average of its weights that is shipped."""

    def __init__(
        self,
        network: nn.Module,
        schedule: Schedule,
        device: torch.device,
        loss: Loss = label_loss,
    ) -> None:
        self.device, self.schedule, self.loss, self.step = device, schedule, loss, 0
        # The type information of PyTorch leaves out the form with a memory format.
        self.network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
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
        with torch.autocast(self.device.type, torch.bfloat16, enabled=has_fast_bf16(self.device)):
            loss = self.loss(self.network, crops.float(), labels)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.rate.step()
        self.average.update_parameters(self.network)
        return float(loss.detach())

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


def has_fast_bf16(device: torch.device) -> bool:
    """Whether bf16 pays: on a GPU that has it, and on a CPU with AMX.

    AVX512-BF16 alone makes networks of this size slower (docs/lab.md).
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_amx_tile_supported())
