"""DINOv2 ViT-S/14 with one linear layer on the tokens of several of its blocks: log-odds of AI.

Oquab et al. 2023, "DINOv2"; the encoder (Apache 2.0) stays as it was pre-trained. Of some blocks
the class token, and mean and standard deviation of the patch tokens, are standardised and weighed:
the middle blocks tell more about how a picture was made than the last ones (Koutlis & Papadopoulos
2024, "RINE"), so those are left out. It looks at the middle square of the picture, scaled down:
native crops of large pictures added nothing to what the EfficientNets see (docs/lab.md). Opened by
`Dinov2Detector.from_pretrained(folder)`, or, once this module is imported, by
`AutoModelForImageClassification.from_pretrained(folder)`.

What it misses: generators unlike those in training; fine structure, which 224 x 224 pixels of a
large picture do not have; what lies outside the middle square.
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
LAYERS = (3, 6, 8, 9)
# Blocks of the encoder that are kept.
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


class Dinov2DetectorConfig(PretrainedConfig):  # type: ignore[misc]
    """The encoder's configuration, and which `layers` (1 and up) the classifier reads."""

    model_type = "dinov2_detector"

    def __init__(
        self,
        encoder: dict[str, Any] | None = None,
        layers: tuple[int, ...] = LAYERS,
        **others: Any,
    ) -> None:
        others.setdefault("id2label", {0: "real", 1: "ai"})
        others.setdefault("label2id", {"real": 0, "ai": 1})
        for name in ("image_size", "num_channels"):  # what the encoder sees, whatever a file says
            others.pop(name, None)
        super().__init__(**others)
        self.encoder = encoder or VIT_SMALL
        self.layers = list(layers)
        self.image_size, self.num_channels = SIDE, 3


class PooledTokens(nn.Module):
    """Pixel values (n, 3, h, w), sides of a multiple of 14 -> features (n, 3 * layers, hidden).

    Tokens come as they leave each block, without the norm that follows the encoder's last one.
    """

    def __init__(self, encoder: Dinov2Model, layers: tuple[int, ...] = LAYERS) -> None:
        super().__init__()
        self.encoder, self.layers = encoder, tuple(layers)

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        return pool(self.tokens(pixel_values))

    def tokens(self, pixel_values: torch.Tensor) -> list[torch.Tensor]:
        """The tokens (n, 1 + patches, hidden) of each layer that is read, the class token first."""
        states = self.encoder(pixel_values, output_hidden_states=True).hidden_states
        return [states[i] for i in self.layers]


def pool(layers: list[torch.Tensor]) -> torch.Tensor:
    """Tokens of each layer (n, 1 + patches, hidden) -> features (n, 3 * layers, hidden)."""
    return torch.cat([_pooled(tokens) for tokens in layers], 1)


def _pooled(tokens: torch.Tensor) -> torch.Tensor:
    patches = tokens[:, 1:]
    return torch.stack([tokens[:, 0], patches.mean(1), patches.std(1)], 1)


def pool_without_each(layers: list[torch.Tensor]) -> torch.Tensor:
    """As `pool` without one patch, for every patch: (n, patches, 3 * layers, hidden)."""
    return torch.cat([_pooled_without_each(tokens) for tokens in layers], 2)


def _pooled_without_each(tokens: torch.Tensor) -> torch.Tensor:
    """Mean and standard deviation of all patches but one follow from those of all."""
    patches = tokens[:, 1:]
    count = patches.shape[1]
    mean = patches.mean(1, keepdim=True)
    apart = patches - mean
    squares = apart.square()
    # Without a patch the mean moves away from it, and the sum of squares loses this much.
    left = squares.sum(1, keepdim=True) - squares * (count / (count - 1))
    std = (left.clamp(min=0) / (count - 2)).sqrt()
    return torch.stack([tokens[:, :1].expand_as(patches), mean - apart / (count - 1), std], 2)


class Dinov2Detector(PreTrainedModel):  # type: ignore[misc]
    """Pixel values (n, 3, 224, 224), normalised by MEAN and STD -> logits (n, 2): real, AI.

    Their difference is the log-odds of AI. `mean` and `std` of each feature are those of the
    pictures that the classifier learnt from.
    """

    config_class = Dinov2DetectorConfig
    main_input_name = "pixel_values"
    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, config: Dinov2DetectorConfig) -> None:
        super().__init__(config)
        encoder = Dinov2Model(Dinov2Config(**config.encoder))
        self.features = PooledTokens(encoder, tuple(config.layers))
        size = PARTS * len(config.layers) * encoder.config.hidden_size
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("std", torch.ones(size))
        self.classifier = nn.Linear(size, 2)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """The classifier as torch starts it; the encoder has initialised its own layers."""

    def forward(
        self, pixel_values: torch.Tensor, labels: torch.Tensor | None = None, **_: Any
    ) -> ImageClassifierOutput:
        logits = self.judge(self.features(pixel_values))
        loss = None if labels is None else nn.functional.cross_entropy(logits, labels)
        return ImageClassifierOutput(loss=loss, logits=logits)

    def judge(self, features: torch.Tensor) -> torch.Tensor:
        """Features (..., 3 * layers, hidden) -> logits (..., 2)."""
        logits: torch.Tensor = self.classifier((features.flatten(-2) - self.mean) / self.std)
        return logits


class WithEvidence(nn.Module):
    """Pixel values (n, 3, h, w) -> logits (n, 2), and a map of log-odds (n, h / 14, w / 14).

    A cell says what the log-odds would lose without the tokens of its patch, times the number of
    patches; the mean of the map is the log-odds of the picture. The tokens have seen one another in
    the encoder: the map shows where the classifier reads its evidence, which need not be all that
    the evidence rests on. What the class tokens say has no place, and is in every cell alike.
    """

    def __init__(self, model: Dinov2Detector) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixel_values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        layers = self.model.features.tokens(pixel_values)
        logits = self.model.judge(pool(layers))
        whole = logits[:, 1:] - logits[:, :1]
        without = self.model.judge(pool_without_each(layers))
        lost = (whole - (without[..., 1] - without[..., 0])) * without.shape[1]
        evidence = lost - lost.mean(1, keepdim=True) + whole
        patch = self.model.features.encoder.config.patch_size
        rows, columns = (side // patch for side in pixel_values.shape[2:])
        return logits, evidence.unflatten(1, (rows, columns))


AutoConfig.register(Dinov2DetectorConfig.model_type, Dinov2DetectorConfig, exist_ok=True)
AutoModelForImageClassification.register(Dinov2DetectorConfig, Dinov2Detector, exist_ok=True)
