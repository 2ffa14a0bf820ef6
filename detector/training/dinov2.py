"""Trains the DINOv2 detector: features of every picture once, then the head, then the folder.

The encoder stays frozen. Whole pictures and native crops go through one head: it sees each training
picture as both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from transformers import Dinov2Model

from detector.networks.dinov2_detector import (
    DEPTH,
    LAYERS,
    MEAN,
    PARTS,
    SIDE,
    STD,
    VIT_SMALL,
    Dinov2Detector,
    Dinov2DetectorConfig,
    Head,
)

from .corpus import Picture, read_corpus
from .dinov2_head import Progress, Recipe, fit_head, read_features, source_weights
from .dinov2_views import CROPS, extract, in_turn, load_network, random_views
from .export import describe_pictures, save_openvino, start_metrics, write_folder, write_json


@dataclass(frozen=True)
class Plan:
    """How to learn: `most` pictures of a source and class, `pictures` in all; 0 `threads`: any."""

    encoder: Path
    cache: Path
    most: int
    pictures: int
    threads: int
    recipe: Recipe


def pictures_to_learn(
    data: Path, more: Sequence[Path], kept_back: set[str], plan: Plan
) -> list[Picture]:
    """Training pictures of the corpora, in turn from all sources but those `kept_back`."""
    found = [picture for folder in (data, *more) for picture in read_corpus(folder)]
    learn = [p for p in found if p.split == "train" and p.source not in kept_back]
    return in_turn(learn, plan.most)[: plan.pictures]


def train_and_write(
    pictures: Sequence[Picture], folder: Path, plan: Plan, progress: Progress
) -> None:
    """Compute what features are missing, learn the head, and write the weights folder.

    Raises `OSError` without an encoder, and `ValueError` without pictures of both classes.
    """
    features = plan.cache / "dinov2_features"
    network = load_network(plan.encoder, plan.threads)
    done = extract(pictures, features, random_views, network)
    for _ in progress(done, total=len(pictures), desc="Looking", unit="picture"):
        pass
    rows, x = read_features(pictures, features, PARTS * len(LAYERS))
    labels = np.array([picture.label for picture in rows])
    if {*labels} != {0, 1}:
        raise ValueError("Learning needs readable pictures of both classes, ai and real.")
    head = fit_head(x, labels, source_weights(rows), plan.recipe, progress)
    model = assemble(Dinov2Model.from_pretrained(plan.encoder, num_hidden_layers=DEPTH), head)
    write_model(model, folder, list({p.path: p for p in rows}.values()), plan.recipe)


def assemble(encoder: Dinov2Model, head: Head) -> Dinov2Detector:
    """Encoder and head as one model."""
    dropout, hidden = head.members[0][:2]
    config = Dinov2DetectorConfig(
        {name: getattr(encoder.config, name) for name in VIT_SMALL},
        width=hidden.out_features,
        dropout=dropout.p,
        members=len(head.members),
    )
    model = Dinov2Detector(config)
    model.features.encoder.load_state_dict(encoder.state_dict())
    model.head.load_state_dict(head.state_dict())
    return model.eval()


def write_model(
    model: Dinov2Detector, folder: Path, pictures: Sequence[Picture], recipe: Recipe
) -> None:
    """A weights folder in Hugging Face format, with the OpenVINO network that serves."""

    def write(draft: Path) -> None:
        example = torch.rand(2, 3, SIDE, SIDE)
        save_openvino(_Logits(model), example, draft / "openvino_model.xml", side=SIDE)
        model.half().save_pretrained(draft)
        write_json(draft / "preprocessor_config.json", processor_config())
        training = describe_pictures(pictures, asdict(recipe), recipe.seed)
        start_metrics(draft, folder.name, training)

    write_folder(folder, write)


class _Logits(torch.nn.Module):
    """The model with a plain tensor as output, as the converter wants it."""

    def __init__(self, model: Dinov2Detector) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(pixel_values=pixel_values).logits
        return logits


def processor_config() -> dict[str, object]:
    """preprocessor_config.json: the middle square at 224 pixels, and `native_crops` beside it."""
    return {
        "image_processor_type": "BitImageProcessor",
        "do_resize": True,
        "size": {"shortest_edge": SIDE},
        "resample": 2,
        "do_center_crop": True,
        "crop_size": {"height": SIDE, "width": SIDE},
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": list(MEAN),
        "image_std": list(STD),
        "native_crops": CROPS,
    }
