"""A tiny random DINOv2, with more blocks than the detector keeps."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import Dinov2Config, Dinov2Model

from detector.networks.dinov2_detector import DEPTH

HIDDEN = 64


def save_tiny_encoder(folder: Path) -> Path:
    """Write the encoder as a transformers folder; its blocks matter, as trained ones do."""
    config = Dinov2Config(
        hidden_size=HIDDEN,
        num_hidden_layers=DEPTH + 2,
        num_attention_heads=2,
        image_size=28,
        patch_size=14,
        mlp_ratio=1,
    )
    torch.manual_seed(0)
    model = Dinov2Model(config)
    for block in model.encoder.layer:
        for scale in (block.layer_scale1, block.layer_scale2):
            torch.nn.init.normal_(scale.lambda1)
    model.save_pretrained(folder)
    return folder
