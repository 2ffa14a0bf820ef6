"""The compact ViT learns from ArtifactCNN: from its answers and from its inner maps.

The maps of the CNN's last block are one vector for each 8 x 8 pixels, just as the transformer has
one token for each. A token that must foretell its vector gets 192 numbers to learn from where a
label is one bit (Romero et al. 2015, FitNets).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional
from transformers import ViTForImageClassification

from detector.networks.artifact_cnn import ArtifactCNN, pool
from detector.networks.compact_vit import log_odds, normalise

from .loop import smooth


class Answer(NamedTuple):
    """Log-odds of AI (n,); what is foretold of the maps, (n, tokens, c), and their pool, (n, d)."""

    logits: torch.Tensor
    tokens: torch.Tensor
    pooled: torch.Tensor


class Student(nn.Module):
    """The model with two linear layers that foretell the teacher's maps; they do not ship."""

    def __init__(self, model: ViTForImageClassification, channels: int) -> None:
        super().__init__()
        self.model = model
        self.tokens = nn.Linear(model.config.hidden_size, channels)
        self.pooled = nn.Linear(model.config.hidden_size, 2 * channels)

    def forward(self, rgb: torch.Tensor) -> Answer:
        states = self.model.vit(pixel_values=normalise(rgb)).last_hidden_state
        logits = log_odds(self.model.classifier(states[:, 0]))
        return Answer(logits, self.tokens(states[:, 1:]), self.pooled(states[:, 0]))


class Distillation:
    """The loss of a `Student`: labels and the teacher's answers by halves, maps and their pool.

    `crops` (n, 3, h, w), 0..255, tell the mean and the spread of the teacher's maps, so that each
    channel counts alike.
    """

    def __init__(self, teacher: ArtifactCNN, crops: torch.Tensor) -> None:
        self.teacher = teacher.eval()
        with torch.inference_mode():
            maps = teacher.maps(crops)
            pooled_maps = pool(maps)
        self.channels = maps.shape[1]
        self.tokens = _Scale(maps.mean((0, 2, 3)), maps.std((0, 2, 3)))
        self.pooled = _Scale(pooled_maps.mean(0), pooled_maps.std(0))

    def __call__(
        self, student: nn.Module, crops: torch.Tensor, labels: torch.Tensor
    ) -> torch.Tensor:
        with torch.no_grad():
            maps = self.teacher.maps(crops)
            pooled_maps = pool(maps)
            targets = (smooth(labels) + self.teacher.head(pooled_maps).squeeze(1).sigmoid()) / 2
        answer: Answer = student(crops)
        tokens = maps.flatten(2).transpose(1, 2)
        return (
            functional.binary_cross_entropy_with_logits(answer.logits.float(), targets.float())
            + functional.smooth_l1_loss(answer.tokens.float(), self.tokens(tokens))
            + functional.smooth_l1_loss(answer.pooled.float(), self.pooled(pooled_maps))
        )


class _Scale:
    """Values in units of their spread around their mean; both of shape (channels,)."""

    def __init__(self, mean: torch.Tensor, spread: torch.Tensor) -> None:
        self.mean, self.spread = mean, spread.clamp_min(1e-3)

    def __call__(self, values: torch.Tensor) -> torch.Tensor:
        return (values - self.mean) / self.spread
