"""Fits the classifier of the DINOv2 detector on features that were computed once.

Every source has the same weight within its class, however many pictures it has: what is learnt of a
large source beyond that is the source.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image
from sklearn.linear_model import LogisticRegression
from transformers import Dinov2Model

from detector.checkpoints.preprocess import preprocess
from detector.checkpoints.processor import Processor
from detector.inference.pixels.tiles import Pixels
from detector.inference.runtime import get_core, import_openvino
from detector.inference.weights.ranges import Fields, read_fields
from detector.networks.dinov2_detector import (
    DEPTH,
    MEAN,
    SIDE,
    STD,
    VIT_SMALL,
    Dinov2Detector,
    Dinov2DetectorConfig,
    PooledTokens,
    WithEvidence,
)

from .export import save_openvino, start_metrics, write_folder, write_json

# The inverse of the penalty on the weights; features are many, pictures few.
INVERSE_PENALTY = 1e-3
MAX_ITERATIONS = 2000
# Added to the spread of a feature, so that one that hardly changes is not blown up.
LEAST_SPREAD = 1e-4

PROCESSOR: dict[str, Any] = {
    "image_processor_type": "BitImageProcessor",
    "do_resize": True,
    "size": {"shortest_edge": SIDE},
    "resample": int(Image.Resampling.HAMMING),
    "do_center_crop": True,
    "crop_size": {"height": SIDE, "width": SIDE},
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": list(MEAN),
    "image_std": list(STD),
}


@dataclass(frozen=True)
class Classifier:
    """Log-odds = `weight` (f,) * (features - `mean`) / `std` + `bias`."""

    mean: np.ndarray
    std: np.ndarray
    weight: np.ndarray
    bias: float

    def log_odds(self, features: np.ndarray) -> np.ndarray:
        """Raw log-odds (n,) of features (n, f)."""
        return np.asarray((features - self.mean) / self.std @ self.weight + self.bias)


class Fitted(Protocol):
    """What a fit gives."""

    def log_odds(self, features: np.ndarray) -> np.ndarray:
        """Raw log-odds (n,) of features (n, f)."""


# From features (n, f), labels (n,) and source names (n,).
Fit = Callable[[np.ndarray, np.ndarray, np.ndarray], Fitted]


def source_weights(labels: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """Weights (n,) whose mean is 1: classes alike, and sources of a class alike."""
    weights = np.zeros(len(labels))
    for label in np.unique(labels):
        mine = labels == label
        _, place, count = np.unique(sources[mine], return_inverse=True, return_counts=True)
        weights[mine] = 1 / count[place] / len(count)
    return np.asarray(weights * len(labels) / weights.sum())


def fit_classifier(features: np.ndarray, labels: np.ndarray, sources: np.ndarray) -> Classifier:
    """Ridge-penalised logistic regression on features (n, f), labels 0 or 1, and source names."""
    mean, std = features.mean(0), features.std(0) + LEAST_SPREAD
    fit = LogisticRegression(C=INVERSE_PENALTY, max_iter=MAX_ITERATIONS)
    fit.fit((features - mean) / std, labels, sample_weight=source_weights(labels, sources))
    return Classifier(mean, std, fit.coef_[0], float(fit.intercept_[0]))


def load_features(encoder: Path) -> Callable[[Pixels], np.ndarray]:
    """The frozen encoder in OpenVINO: pixels (h, w, 3) -> features (f,), as serving looks at them.

    `encoder` is DINOv2 ViT-S/14 as a transformers folder. Raises `OSError` without it.
    """
    openvino = import_openvino()
    network = PooledTokens(_frozen(encoder)).eval()
    with torch.inference_mode():
        example = torch.zeros(2, 3, SIDE, SIDE)
        model = openvino.convert_model(network, example_input=example, input=[-1, 3, SIDE, SIDE])
    compiled = get_core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    processor = Processor.of(Fields(PROCESSOR, "preprocessor_config.json"))

    def features(pixels: Pixels) -> np.ndarray:
        batch = preprocess(Image.fromarray(pixels), processor)
        return np.asarray(compiled(batch)[0], np.float16).reshape(-1)

    return features


def _frozen(encoder: Path) -> Dinov2Model:
    """The encoder of a folder of its own, or the one of a detector such as the bundled one."""
    config = read_fields(encoder / "config.json")
    if config.values.get("model_type") == Dinov2DetectorConfig.model_type:
        detector = Dinov2Detector.from_pretrained(encoder, dtype=torch.float32)
        return detector.features.encoder.eval()
    return Dinov2Model.from_pretrained(encoder, num_hidden_layers=DEPTH).eval()


def assemble(encoder: Path, classifier: Classifier) -> Dinov2Detector:
    """Encoder and classifier as one model. Half of the log-odds goes to either logit."""
    frozen = _frozen(encoder)
    model: Dinov2Detector = Dinov2Detector(
        Dinov2DetectorConfig({name: getattr(frozen.config, name) for name in VIT_SMALL})
    )
    model.features.encoder.load_state_dict(frozen.state_dict())
    weight = torch.tensor(classifier.weight / 2, dtype=torch.float32)
    with torch.no_grad():
        model.mean.copy_(torch.tensor(classifier.mean))
        model.std.copy_(torch.tensor(classifier.std))
        model.classifier.weight.copy_(torch.stack([-weight, weight]))
        model.classifier.bias.copy_(torch.tensor([-classifier.bias / 2, classifier.bias / 2]))
    model.eval()
    return model


def write_model(model: Dinov2Detector, folder: Path, training: dict[str, Any]) -> None:
    """A weights folder in Hugging Face format, with the OpenVINO network that serves."""

    def write(draft: Path) -> None:
        example = torch.rand(2, 3, SIDE, SIDE)
        save_openvino(WithEvidence(model), example, draft / "openvino_model.xml", side=SIDE)
        model.half().save_pretrained(draft)
        write_json(draft / "preprocessor_config.json", PROCESSOR)
        start_metrics(draft, folder.name, training)

    write_folder(folder, write)


def out_of_fold_log_odds(
    fit: Fit,
    features: np.ndarray,
    labels: np.ndarray,
    sources: np.ndarray,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    """Raw log-odds (n,) by fits that have not seen the picture's source."""
    log_odds = np.empty(len(labels))
    for seen, unseen in folds:
        fitted = fit(features[seen], labels[seen], sources[seen])
        log_odds[unseen] = fitted.log_odds(features[unseen])
    return log_odds
