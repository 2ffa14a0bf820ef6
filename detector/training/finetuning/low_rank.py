"""Low-rank adaptation (LoRA, Hu et al. 2021): the encoder's matrices learn within few directions.

What is learnt is small, a pair of thin matrices beside each large one, and is added to the large
one at the end: the written model has the same layers as the one that it started from.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils import parametrize
from transformers import PreTrainedModel

from .model import layers_of

RANK = 8


class LowRank(nn.Module):
    """A matrix (out, in) plus a product of rank `rank`, which is 0 before it has learnt."""

    def __init__(self, weight: torch.Tensor, rank: int) -> None:
        super().__init__()
        rows, columns = weight.shape
        self.down = nn.Parameter(torch.randn(rank, columns) / columns**0.5)
        self.up = nn.Parameter(torch.zeros(rows, rank))

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        return weight + self.up @ self.down


def add_low_rank(model: PreTrainedModel, rank: int, *, with_head: bool) -> None:
    """Let every linear layer of the encoder learn a change of `rank`, and nothing else but a new
    head: `with_head` tells that the head has learnt nothing yet.

    Raises `ValueError` if `rank` is larger than the smallest of these layers.
    """
    model.requires_grad_(False)
    model.classifier.requires_grad_(with_head)
    linear = [m for layer in layers_of(model) for m in layer.modules() if isinstance(m, nn.Linear)]
    largest = min(min(module.weight.shape) for module in linear)
    if not 1 <= rank <= largest:
        raise ValueError(f"--lora {rank}: accepted are ranks from 1 to {largest} for this model")
    for module in linear:
        change = LowRank(module.weight, rank)
        parametrize.register_parametrization(module, "weight", change)


def merge_low_rank(model: PreTrainedModel) -> None:
    """Add what was learnt to the layers, which are plain layers again afterwards."""
    for module in list(model.modules()):
        if parametrize.is_parametrized(module):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)
