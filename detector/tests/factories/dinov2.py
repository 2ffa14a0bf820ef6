"""A tiny random DINOv2, with more blocks than the detector keeps."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from transformers import Dinov2Config, Dinov2Model

from detector.inference.runtime import WEIGHTS_DIR
from detector.inference.weights.folder import write_digests
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


def copy_method_1(output: Path) -> None:
    """The shipped networks of method 1, their fusion and the probe that reads one of them.

    As if their last layers had been left as their training made them.
    """
    for name in ("efficientnet_tiles", "efficientnet_whole", "fusion", "kind"):
        shutil.copytree(WEIGHTS_DIR / name, output / name)
    for name in ("efficientnet_tiles", "efficientnet_whole"):
        path = output / name / "metrics.json"
        metrics = json.loads(path.read_text())
        metrics["training"].pop("last_layer", None)
        path.write_text(json.dumps(metrics))
        write_digests(output / name)
