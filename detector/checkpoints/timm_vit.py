"""Translates a ViT that timm has saved into a checkpoint as transformers holds it.

Some detectors are a timm network behind `PyTorchModelHubMixin`: one file of weights, all names of
which begin with `vit.`, no configuration that transformers could read and no processor. Names and
sizes follow from the weights; how pictures are prepared is what the code of the Community Forensics
detector does (Park & Owens 2025), from which all known ones descend. Nothing of a repository's
code is run, and torch is not needed.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from detector.inference.weights.ranges import check_size

from .facts import CONFIG, MAX_WEIGHTS_BYTES, WEIGHTS
from .processor import FILENAME as PROCESSOR

Weights = dict[str, npt.NDArray[Any]]

PREFIX = "vit."
# Every ViT of timm up to ViT-L has attention heads of this width.
HEAD_WIDTH = 64
NORM_EPSILON = 1e-6
# The shorter side that a picture is resized to before the square is cut out, by the square's side.
RESIZED = {224: 256, 384: 440}
# Bilinear, as torchvision resizes.
RESAMPLE = 2
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

# timm's name -> that of transformers: of the whole network, and of each block.
WHOLE = {
    "cls_token": "vit.embeddings.cls_token",
    "pos_embed": "vit.embeddings.position_embeddings",
    "patch_embed.proj.weight": "vit.embeddings.patch_embeddings.projection.weight",
    "patch_embed.proj.bias": "vit.embeddings.patch_embeddings.projection.bias",
    "norm.weight": "vit.layernorm.weight",
    "norm.bias": "vit.layernorm.bias",
    "head.weight": "classifier.weight",
    "head.bias": "classifier.bias",
}
BLOCK = {
    "norm1": "layernorm_before",
    "attn.proj": "attention.output.dense",
    "norm2": "layernorm_after",
    "mlp.fc1": "intermediate.dense",
    "mlp.fc2": "output.dense",
}
# timm keeps queries, keys and values in one matrix, in this order.
JOINT = "attn.qkv"
PARTS = ("query", "key", "value")


def translate(folder: Path, place: Path) -> None:
    """Write the checkpoint of `folder` to the folder `place`, never half of it.

    Raises `OSError`, or `ValueError` for weights that are no such network, with what is wrong.
    """
    weights = _read(folder / WEIGHTS)
    renamed = _rename(weights)  # refuses what is missing, before sizes are read from it
    config = _config(weights)
    place.parent.mkdir(parents=True, exist_ok=True)
    # Named before it is made: an end by signal between the two would leave a folder without a name.
    draft = place.with_name(f".{place.name}-{uuid4().hex}")
    try:
        draft.mkdir()
        draft.chmod(0o755)  # the server may be another user
        save_file(renamed, draft / WEIGHTS, metadata={"format": "pt"})
        (draft / WEIGHTS).chmod(0o644)
        for name, content in ((CONFIG, config), (PROCESSOR, _processor(config["image_size"]))):
            (draft / name).write_text(json.dumps(content, indent=2) + "\n")
        shutil.rmtree(place, ignore_errors=True)
        draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _read(file: Path) -> Weights:
    """The weights by timm's names. Raises `OSError` or `ValueError`."""
    check_size(file, MAX_WEIGHTS_BYTES)
    try:
        weights = load_file(file)
    except (SafetensorError, KeyError, TypeError) as error:  # damaged, or numbers unknown to NumPy
        raise ValueError(f"{file.name} cannot be read as fp32 or fp16 weights: {error}") from error
    return {name.removeprefix(PREFIX): value for name, value in weights.items()}


def _rename(weights: Weights) -> Weights:
    """The weights by the names of transformers. Raises `ValueError` unless it is all and only."""
    blocks = [name.split(".")[1] for name in weights if name.startswith("blocks.")]
    depth = 1 + max((int(number) for number in blocks if number.isdecimal()), default=0)
    names = dict(_names(depth))
    for problem, keys in (
        ("missing_keys", names.keys() - weights.keys()),
        ("unexpected_keys", weights.keys() - names.keys()),
    ):
        if keys:
            shown = ", ".join(sorted(keys)[:3])
            raise ValueError(f"weights do not fit a ViT of timm ({problem}: {shown}, ...)")
    return {
        name: np.ascontiguousarray(part)
        for own, targets in names.items()
        for name, part in zip(targets, np.split(weights[own], len(targets)), strict=True)
    }


def _names(depth: int) -> Iterator[tuple[str, list[str]]]:
    """Each name of timm with the names of the parts that it is split into along its first side."""
    for name, target in WHOLE.items():
        yield name, [target]
    for index in range(depth):
        for kind in ("weight", "bias"):
            ours, theirs = f"blocks.{index}", f"vit.encoder.layer.{index}"
            yield (
                f"{ours}.{JOINT}.{kind}",
                [f"{theirs}.attention.attention.{part}.{kind}" for part in PARTS],
            )
            for name, target in BLOCK.items():
                yield f"{ours}.{name}.{kind}", [f"{theirs}.{target}.{kind}"]


def _config(weights: Weights) -> dict[str, Any]:
    """The configuration that the shapes tell. Raises `ValueError` for another kind of network."""
    outputs, hidden = weights["head.weight"].shape
    patch = weights["patch_embed.proj.weight"].shape[-1]
    side = math.isqrt(weights["pos_embed"].shape[1] - 1) * patch
    if outputs != 1:
        raise ValueError(f"it has {outputs} outputs without names; accepted is one, log-odds of AI")
    if side not in RESIZED or hidden % HEAD_WIDTH:
        raise ValueError(
            f"it sees {side} pixels with {hidden} values for each patch; accepted are "
            f"{' and '.join(map(str, RESIZED))} pixels and multiples of {HEAD_WIDTH}"
        )
    return {
        "architectures": ["ViTForImageClassification"],
        "model_type": "vit",
        "hidden_size": hidden,
        "intermediate_size": weights["blocks.0.mlp.fc1.weight"].shape[0],
        "num_hidden_layers": sum(name.endswith(f"{JOINT}.weight") for name in weights),
        "num_attention_heads": hidden // HEAD_WIDTH,
        "image_size": side,
        "patch_size": patch,
        "num_channels": weights["patch_embed.proj.weight"].shape[1],
        "layer_norm_eps": NORM_EPSILON,
        "qkv_bias": True,
        "id2label": {"0": "ai"},
        "label2id": {"ai": 0},
    }


def _processor(side: int) -> dict[str, Any]:
    return {
        "image_processor_type": "BitImageProcessor",
        "do_resize": True,
        "size": {"shortest_edge": RESIZED[side]},
        "resample": RESAMPLE,
        "do_center_crop": True,
        "crop_size": {"height": side, "width": side},
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": list(IMAGENET_MEAN),
        "image_std": list(IMAGENET_STD),
    }
