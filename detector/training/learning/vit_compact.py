"""Trains the compact ViT of method 4 with ArtifactCNN as its teacher, in Hugging Face format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from transformers import ViTForImageClassification

from detector.inference.weights.folder import files_state
from detector.networks.compact_vit import CROP, create_compact_vit, processor_config, start_from_dct
from detector.training.corpus.learnt_sources import learnt_by
from detector.training.pictures.augment import Augmentation
from detector.training.pictures.preparation import Preparation, Progress

from .cnn import load_cnn
from .distillation import Distillation, Student
from .export import describe, save_openvino, start_metrics, write_folder, write_json
from .network import TrainingPlan, train_network

LEARNING_RATE = 1e-3
# Crops that tell the spread of each DCT coefficient.
SAMPLE = 400


def train_and_write(
    preparation: Preparation, folder: Path, teacher: Path, plan: TrainingPlan, progress: Progress
) -> None:
    """Train as planned and write the weights folder.

    Raises `OSError` without a teacher, `ValueError` for one that does not say what it learnt from.
    """
    teacher_sources = learnt_by(teacher)
    # The state of a student of this teacher is not that of another's.
    plan = replace(plan, name=f"{plan.name}-{files_state([teacher / 'model.safetensors'])[:12]}")
    torch.manual_seed(plan.seed)
    model, crops = create_compact_vit(), _sample(preparation, plan.seed)
    start_from_dct(model, crops)
    distillation = Distillation(load_cnn(teacher).to(plan.device), crops.to(plan.device))
    student = Student(model, distillation.channels)
    network = train_network(student, preparation, plan, progress=progress, loss=distillation)

    def write(draft: Path) -> None:
        _save(network.model, draft)
        training = describe(preparation, plan.arguments() | {"teacher": teacher.name})
        # What the teacher knows of a source the student may have from it.
        training["learnt_from"] = sorted({*training["learnt_from"], *teacher_sources})
        start_metrics(draft, folder.name, training)

    write_folder(folder, write)


def _sample(preparation: Preparation, seed: int) -> torch.Tensor:
    rng, augmentation = np.random.default_rng(seed), Augmentation()
    choice = rng.choice(preparation.learn, SAMPLE)
    regions = (preparation.regions.get(i, 0) for i in choice)
    crops = [augmentation.random_crop(region, CROP, rng) for region in regions]
    return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float()


def _save(model: ViTForImageClassification, draft: Path) -> None:
    save_openvino(_Logits(model), torch.rand(2, 3, CROP, CROP), draft / "openvino_model.xml")
    model.half().save_pretrained(draft)
    write_json(draft / "preprocessor_config.json", processor_config())


class _Logits(torch.nn.Module):
    """The model with a plain tensor as output, as the converter wants it."""

    def __init__(self, model: ViTForImageClassification) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(pixel_values=pixel_values).logits
        return logits
