"""A compact vision transformer in Hugging Face format that looks at native-resolution crops.

The patch embedding starts as the 8 x 8 DCT of luma and chroma, each coefficient in units of its own
spread: 3 x 64 coefficients are just the 192 channels, nothing is lost, and the faint high
frequencies, where generators differ, count as much as the picture itself. From a random start a
transformer of this size does not find them on fifteen thousand pictures.

What it misses: what lies between its crops; generators unlike those in training.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from transformers import ViTConfig, ViTForImageClassification

PATCH, CROP, WIDTH, DEPTH = 8, 96, 192, 4
MEAN, STD = 0.5, 0.5
# Rows: luma, blue and red difference (BT.601).
YCBCR = ((0.299, 0.587, 0.114), (-0.169, -0.331, 0.5), (0.5, -0.419, -0.081))


def create_compact_vit() -> ViTForImageClassification:
    """The untrained model: 1.9 M parameters, labels 0 = real and 1 = ai."""
    config = ViTConfig(
        hidden_size=WIDTH,
        num_hidden_layers=DEPTH,
        num_attention_heads=3,
        intermediate_size=4 * WIDTH,
        image_size=CROP,
        patch_size=PATCH,
        hidden_dropout_prob=0.0,
        id2label={0: "real", 1: "ai"},
        label2id={"real": 0, "ai": 1},
    )
    return ViTForImageClassification(config)


def processor_config() -> dict[str, object]:
    """preprocessor_config.json: crops at native resolution, values in -1..1."""
    return {
        "image_processor_type": "ViTImageProcessor",
        "do_resize": False,
        "do_center_crop": True,
        "crop_size": {"height": CROP, "width": CROP},
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": [MEAN] * 3,
        "image_std": [STD] * 3,
    }


def dct_filters() -> torch.Tensor:
    """The 8 x 8 DCT of Y, Cb and Cr as filters of shape (192, 3, 8, 8) over RGB."""
    n = torch.arange(PATCH)
    basis = torch.cos((2 * n[None] + 1) * n[:, None] * math.pi / (2 * PATCH)) / 2
    basis[0] /= math.sqrt(2)
    planes = torch.einsum("uy,vx->uvyx", basis, basis).reshape(-1, PATCH, PATCH)
    return torch.einsum("cr,kyx->ckryx", torch.tensor(YCBCR), planes).reshape(-1, 3, PATCH, PATCH)


def start_from_dct(model: ViTForImageClassification, crops: torch.Tensor) -> None:
    """Set the patch embedding to whitened DCT; `crops` (n, 3, h, w), 0..255, give the spreads."""
    projection = model.vit.embeddings.patch_embeddings.projection
    filters = dct_filters()
    with torch.no_grad():
        coefficients = nn.functional.conv2d(normalise(crops), filters, stride=PATCH)
        mean, spread = coefficients.mean((0, 2, 3)), coefficients.std((0, 2, 3)).clamp_min(1e-3)
        projection.weight.copy_(filters / spread[:, None, None, None])
        projection.bias.copy_(-mean / spread)


def normalise(rgb: torch.Tensor) -> torch.Tensor:
    """RGB 0..255 as the processor hands it to the model."""
    return (rgb / 255 - MEAN) / STD


def log_odds(logits: torch.Tensor) -> torch.Tensor:
    """Logits of real and ai (n, 2) -> log-odds of AI (n,)."""
    return logits[:, 1] - logits[:, 0]
