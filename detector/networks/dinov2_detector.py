"""DINOv2 ViT-S/14 with a small head on the tokens of several layers: log-odds of AI.

Oquab et al. 2023, "DINOv2"; the encoder (Apache 2.0) stays as it was pre-trained. Of some layers
the class token, and mean and standard deviation of the patch tokens, go through a small hidden
layer: the middle layers tell more about how a picture was made than the last ones (Koutlis &
Papadopoulos 2024, "RINE"). Opened by `Dinov2Detector.from_pretrained(folder)`, or, once this module
is imported, by `AutoModelForImageClassification.from_pretrained(folder)`.

What it misses: generators unlike those in training; it sees 224 x 224 pixels, so most of a large
picture only scaled down.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoModelForImageClassification,
    Dinov2Config,
    Dinov2Model,
    PretrainedConfig,
    PreTrainedModel,
)
from transformers.modeling_outputs import ImageClassifierOutput

SIDE = 224
# Of pixel values 0..1, as the encoder was pre-trained with (those of ImageNet).
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
LAYERS = (3, 6, 8, 9, 10)
# Blocks of the encoder that are kept: the last ones tell nothing more.
DEPTH = LAYERS[-1]
# Class token, mean and standard deviation of the patch tokens.
PARTS = 3

# DINOv2 ViT-S/14 without its last blocks.
VIT_SMALL = {
    "hidden_size": 384,
    "num_hidden_layers": DEPTH,
    "num_attention_heads": 6,
    "image_size": 518,
    "patch_size": 14,
    "mlp_ratio": 4,
}


class Dinov2DetectorConfig(PretrainedConfig):
    """The encoder's configuration, and which `layers` (1 and up) the head reads.

    The head is `members` networks with `width` hidden units each.
    """

    model_type = "dinov2_detector"

    def __init__(
        self,
        encoder: dict[str, Any] | None = None,
        layers: tuple[int, ...] = LAYERS,
        width: int = 256,
        dropout: float = 0.3,
        members: int = 3,
        **others: Any,
    ) -> None:
        others.setdefault("id2label", {0: "real", 1: "ai"})
        others.setdefault("label2id", {"real": 0, "ai": 1})
        for name in ("image_size", "num_channels"):  # what the encoder sees, whatever a file says
            others.pop(name, None)
        super().__init__(**others)
        self.encoder = encoder or VIT_SMALL
        self.layers = list(layers)
        self.width = width
        self.dropout = dropout
        self.members = members
        self.image_size, self.num_channels = SIDE, 3


class PooledTokens(nn.Module):
    """Pixel values (n, 3, h, w), sides of a multiple of 14 -> features (n, 3 * layers, hidden).

    Tokens come as they leave each layer, without the norm that follows the encoder's last one.
    """

    def __init__(self, encoder: Dinov2Model, layers: tuple[int, ...] = LAYERS) -> None:
        super().__init__()
        self.encoder, self.layers = encoder, tuple(layers)

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        states = self.encoder(pixel_values, output_hidden_states=True).hidden_states
        return torch.cat([_pooled(states[i]) for i in self.layers], 1)


def _pooled(tokens: torch.Tensor) -> torch.Tensor:
    patches = tokens[:, 1:]
    return torch.stack([tokens[:, 0], patches.mean(1), patches.std(1)], 1)


class Head(nn.Module):
    """Features (n, 3 * layers, hidden) -> log-odds of AI (n,), the mean over `members` networks.

    `mean` and `std` of each feature are those of the pictures that it learnt from.
    """

    def __init__(self, features: int, width: int, dropout: float, members: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("std", torch.ones(features))
        self.members = nn.ModuleList(_perceptron(features, width, dropout) for _ in range(members))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        standard = (features.flatten(1) - self.mean) / self.std
        return torch.stack([member(standard).squeeze(1) for member in self.members]).mean(0)


def _perceptron(features: int, width: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(dropout),
        nn.Linear(features, width),
        nn.GELU(),
        nn.LayerNorm(width),
        nn.Dropout(dropout),
        nn.Linear(width, 1),
    )


class Dinov2Detector(PreTrainedModel):
    """Pixel values (n, 3, 224, 224), normalised by MEAN and STD -> logits (n, 2): real, AI.

    Their difference is the log-odds of AI. A large picture is looked at several times, scaled down
    and in native crops; the log-odds of all are averaged.
    """

    config_class = Dinov2DetectorConfig
    main_input_name = "pixel_values"

    def __init__(self, config: Dinov2DetectorConfig) -> None:
        super().__init__(config)
        encoder = Dinov2Model(Dinov2Config(**config.encoder))
        self.features = PooledTokens(encoder, tuple(config.layers))
        size = PARTS * len(config.layers) * encoder.config.hidden_size
        self.head = Head(size, config.width, config.dropout, config.members)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Layers of the head as torch starts them; the encoder has initialised its own."""

    def log_odds(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Log-odds of AI (n,)."""
        said: torch.Tensor = self.head(self.features(pixel_values))
        return said

    def forward(
        self, pixel_values: torch.Tensor, labels: torch.Tensor | None = None, **_: Any
    ) -> ImageClassifierOutput:
        half = self.log_odds(pixel_values) / 2
        logits = torch.stack([-half, half], 1)
        loss = None if labels is None else nn.functional.cross_entropy(logits, labels)
        return ImageClassifierOutput(loss=loss, logits=logits)


AutoConfig.register(Dinov2DetectorConfig.model_type, Dinov2DetectorConfig, exist_ok=True)
AutoModelForImageClassification.register(Dinov2DetectorConfig, Dinov2Detector, exist_ok=True)


class FromPixels(nn.Module):
    """RGB (n, h, w, 3), values 0..255 of any type, normalised for `network`: what OpenVINO runs."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", 255 * torch.tensor(MEAN).view(3, 1, 1))
        self.register_buffer("std", 255 * torch.tensor(STD).view(3, 1, 1))

    def forward(self, rgb: torch.Tensor) -> torch.Tensor:
        said: torch.Tensor = self.network((rgb.permute(0, 3, 1, 2).float() - self.mean) / self.std)
        return said
