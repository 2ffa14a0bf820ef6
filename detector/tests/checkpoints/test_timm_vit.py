"""What timm has saved, translated: the same answers, and refusals that name what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from timm.models import VisionTransformer
from torchvision import transforms  # type: ignore[import-untyped]

from detector.checkpoints.convert import load_strictly
from detector.checkpoints.facts import read_facts
from detector.checkpoints.preprocess import preprocess
from detector.checkpoints.processor import Processor
from detector.checkpoints.timm_vit import IMAGENET_MEAN, IMAGENET_STD, translate
from detector.tests.factories.checkpoints import save_tiny_timm
from detector.tests.factories.pictures import scene

Weights = dict[str, torch.Tensor]


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Path, VisionTransformer]:
    return tmp_path / "timm", save_tiny_timm(tmp_path / "timm")


def test_the_translated_network_answers_as_that_of_timm(
    saved: tuple[Path, VisionTransformer], tmp_path: Path
) -> None:
    folder, network = saved
    translate(folder, tmp_path / "translated")
    views = torch.randn(3, 3, 224, 224)
    with torch.inference_mode():
        theirs, ours = network(views), load_strictly(tmp_path / "translated")(views).logits
    assert theirs.shape == (3, 1) and theirs.std() > 0.01
    assert torch.allclose(theirs, ours, atol=1e-4)


def test_pictures_are_prepared_as_the_detector_was_trained(
    saved: tuple[Path, VisionTransformer], tmp_path: Path
) -> None:
    """Resize the shorter side to 256, cut 224 out of the middle, mean and spread of ImageNet."""
    translate(saved[0], tmp_path / "translated")
    picture: Image.Image = scene(5, 700, 500)
    reference = transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
        ]
    )
    ours = preprocess(picture, Processor.read(tmp_path / "translated"))
    theirs = reference(picture).numpy()[None]
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).mean() < 0.03  # a pixel of the cut more or less, rounded


def test_the_one_output_means_ai(saved: tuple[Path, VisionTransformer], tmp_path: Path) -> None:
    translate(saved[0], tmp_path / "translated")
    facts = read_facts(tmp_path / "translated")
    assert (facts.outputs, facts.ai) == (1, [0])
    assert facts.processor.crop == (224, 224) and facts.processor.shortest_edge == 256


def test_the_large_square_is_cut_from_440_pixels(tmp_path: Path) -> None:
    save_tiny_timm(tmp_path / "timm", side=384)
    translate(tmp_path / "timm", tmp_path / "translated")
    processor = read_facts(tmp_path / "translated").processor
    assert (processor.shortest_edge, processor.crop) == (440, (384, 384))
    assert json.loads((tmp_path / "translated" / "config.json").read_text())["image_size"] == 384


def without_last_bias(weights: Weights) -> None:
    del weights["vit.blocks.1.mlp.fc2.bias"]


def without_head(weights: Weights) -> None:
    del weights["vit.head.weight"], weights["vit.head.bias"]


def with_surplus(weights: Weights) -> None:
    weights["vit.reg_token"] = torch.zeros(1, 4, 128)


def of_another_size(weights: Weights) -> None:
    weights["vit.pos_embed"] = torch.zeros(1, 17, 128)


def in_bfloat16(weights: Weights) -> None:
    weights["vit.norm.weight"] = weights["vit.norm.weight"].bfloat16()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without_last_bias, r"missing_keys: blocks\.1\.mlp\.fc2\.bias"),
        (without_head, r"missing_keys: head\.bias, head\.weight"),
        (with_surplus, "unexpected_keys: reg_token"),
        (of_another_size, "sees 128 pixels .* accepted are 224 and 384 pixels"),
        (in_bfloat16, "cannot be read as fp32 or fp16"),
    ],
)
def test_other_weights_are_refused_and_nothing_is_written(
    saved: tuple[Path, VisionTransformer],
    tmp_path: Path,
    change: Callable[[Weights], None],
    told: str,
) -> None:
    file = saved[0] / "model.safetensors"
    weights = load_file(file)
    change(weights)
    save_file(weights, file)
    with pytest.raises(ValueError, match=told):
        translate(saved[0], tmp_path / "translated")
    assert [path.name for path in tmp_path.iterdir()] == ["timm"]


@pytest.mark.parametrize("content", [b"", b"no weights", b"\x08" + b"\0" * 7 + b"{}      "])
def test_a_file_that_holds_no_network_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "timm").mkdir()
    (tmp_path / "timm" / "model.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.safetensors|missing_keys"):
        translate(tmp_path / "timm", tmp_path / "translated")
