"""Small real checkpoints, made with transformers and saved as the hub would hold them."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from timm.models import VisionTransformer
from transformers import ViTConfig, ViTForImageClassification

PROCESSOR = {
    "image_processor_type": "ViTImageProcessor",
    "do_resize": True,
    "size": {"height": 32, "width": 32},
    "resample": 2,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
}


def save_tiny_vit(folder: Path, labels: list[str], *, seed: int = 0, scale: float = 10.0) -> Path:
    """A random one-layer ViT of 32 pixels; `scale` makes its answers differ from one half."""
    torch.manual_seed(seed)
    config = ViTConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        image_size=32,
        patch_size=16,
        id2label=dict(enumerate(labels)),
        label2id={name: index for index, name in enumerate(labels)},
    )
    model = ViTForImageClassification(config)
    with torch.no_grad():
        model.classifier.weight.mul_(scale)
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(PROCESSOR))
    return folder


def rename_labels(folder: Path, labels: list[str]) -> None:
    """Give the same weights other class names."""
    path = folder / "config.json"
    names = {"id2label": dict(enumerate(labels)), "label2id": {n: i for i, n in enumerate(labels)}}
    path.write_text(json.dumps(json.loads(path.read_text()) | names))


def remove_head(folder: Path) -> None:
    """Take the classifier's weights out, as in checkpoints that answer with a random head."""
    weights = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in weights.items() if not name.startswith("classifier")}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})


def put_in_cache(cache: Path, hub_id: str, folder: Path, commit: str = "c0ffee" + "0" * 34) -> Path:
    """Lay a folder into a Hugging Face cache as a download of `hub_id` would."""
    root = cache / f"models--{hub_id.replace('/', '--')}"
    snapshot = root / "snapshots" / commit
    snapshot.parent.mkdir(parents=True)
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text(commit)
    folder.rename(snapshot)
    return snapshot


def save_tiny_timm(folder: Path, *, outputs: int = 1, side: int = 224) -> VisionTransformer:
    """A random one-block ViT of timm, saved as `PyTorchModelHubMixin` saves a module `vit`."""
    torch.manual_seed(3)
    network = VisionTransformer(
        img_size=side, patch_size=32, embed_dim=128, depth=2, num_heads=2, num_classes=outputs
    )
    with torch.no_grad():
        for value in network.parameters():  # timm starts many at zero, which would hide a mix-up
            value.add_(torch.randn_like(value), alpha=0.1)
    folder.mkdir(parents=True)
    weights = {f"vit.{name}": value for name, value in network.state_dict().items()}
    save_file(weights, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"input_size": side, "model_size": "small"}))
    return network.eval()
