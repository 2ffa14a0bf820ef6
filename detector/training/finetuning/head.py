"""Fits the head alone, on features that are computed once: the encoder is not run again.

Logistic regression whose penalty is on the change of the head. Pictures of few sources tell much
about these sources and little about others, however many they are: so the penalty falls with the
number of sources, and a source weighs no more than MOST_OF_A_SOURCE pictures. Every source has the
same weight within its class.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.special import expit
from transformers import EvalPrediction, PreTrainedModel

from detector.checkpoints.preprocess import Batch
from detector.checkpoints.processor import Processor
from detector.inference.pixels.tiles import Pixels
from detector.training.corpus.labelled import Picture
from detector.training.learning.dinov2 import LEAST_SPREAD, MAX_ITERATIONS, source_weights
from detector.training.pictures.augment import Augmentation
from detector.training.pictures.preparation import Progress

from .arguments import Arguments
from .dataset import read_pixels
from .epoch_metrics import EpochMetrics
from .interrupted import FEATURES
from .model import head_of
from .training_run import FinishedTraining, Lessons
from .views import Views

# The inverse of the penalty on the change of a feature's weight, for each source. That of the
# bundled head, which has learnt from 889 sources, is 1e-3.
INVERSE_PENALTY = 3e-6
MOST_OF_A_SOURCE = 10

Reader = Callable[[Batch], np.ndarray]


@dataclass(frozen=True)
class Change:
    """What is added to the log-odds: `weight` (f,) * features + `bias`."""

    weight: np.ndarray
    bias: float


@dataclass(frozen=True)
class Sample:
    """Features (n, views, f) of pictures, and their labels and sources (n,)."""

    features: np.ndarray
    labels: np.ndarray
    sources: np.ndarray

    @property
    def rows(self) -> np.ndarray:
        """The features of all views, (n * views, f)."""
        return self.features.reshape(-1, self.features.shape[-1])

    def repeat(self, values: np.ndarray) -> np.ndarray:
        """A value of each picture for each of its views."""
        return values.repeat(self.features.shape[1])


def fit_head(
    model: PreTrainedModel,
    processor: Processor,
    lessons: Lessons,
    arguments: Arguments,
    folder: Path,
    progress: Progress,
) -> FinishedTraining:
    """Change the head of `model` in place. Features stay in `folder`, so that a run can go on."""
    views = Views(processor, Augmentation() if arguments.augment else None)
    read = reader_of(model.to(arguments.on_device()).eval())
    count = math.ceil(arguments.epochs) if arguments.augment else 1

    def drawn(pixels: Pixels, index: int) -> Batch:
        rng = np.random.default_rng((arguments.seed, index))
        return np.stack([views.random(pixels, rng) for _ in range(count)])

    def fixed(pixels: Pixels, index: int) -> Batch:
        return views.fixed(pixels)

    def look(split: str, pictures: Sequence[Picture], view: View) -> Sample:
        features = _computed(pictures, view, read, lessons, folder / FEATURES / split)
        bar = progress(features, total=len(pictures), desc=f"Looking at {split}", unit="picture")
        labels = np.array([picture.label for picture in pictures])
        return Sample(np.stack(list(bar)), labels, np.array([p.source for p in pictures]))

    train, val = look("train", lessons.train, drawn), look("val", lessons.val, fixed)
    apply_change(model, fit_change(train, _log_odds(model, train.rows)))
    epoch = {"epoch": 1.0, "train_loss": _loss(model, train), "loss": _loss(model, val)}
    logits = _logits(model, val.rows)
    figures = EpochMetrics(val.features.shape[1])(EvalPrediction(logits, val.repeat(val.labels)))
    epoch |= {name: round(value, 4) for name, value in figures.items()}
    device_arguments = arguments.for_trainer(str(folder), pictures=len(lessons.train), quiet=True)
    return FinishedTraining(model, [epoch], device_arguments)


View = Callable[[Pixels, int], Batch]


def _computed(
    pictures: Sequence[Picture], view: View, read: Reader, lessons: Lessons, folder: Path
) -> Iterator[np.ndarray]:
    """Features (views, f) of each picture, from `folder` where they are there already."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, picture in enumerate(pictures):
        file = folder / f"{index}.npy"
        if not file.exists():
            pixels = read_pixels(picture.path, picture.sha256, lessons.equalise)
            draft = file.with_suffix(".part")
            with draft.open("wb") as stream:
                np.save(stream, read(view(pixels, index)))
            draft.replace(file)
        yield np.load(file)


def reader_of(model: PreTrainedModel) -> Reader:
    """A function from views (n, 3, h, w) to what the head reads of them, (n, f)."""
    head = head_of(model)

    def read(batch: Batch) -> np.ndarray:
        seen: list[torch.Tensor] = []
        hook = head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
        with hook, torch.inference_mode():
            model(pixel_values=torch.from_numpy(batch).to(model.device))
        return seen[0].float().cpu().numpy()

    return read


def _weights(sample: Sample) -> np.ndarray:
    """Weights (n,) of the pictures: one picture in all its views counts once."""
    most = MOST_OF_A_SOURCE * len({*sample.sources})
    share = min(most / len(sample.labels), 1) / sample.features.shape[1]
    return np.asarray(source_weights(sample.labels, sample.sources) * share)


def _losses(sample: Sample, log_odds: np.ndarray) -> np.ndarray:
    """The cross-entropy of each view in nats, (n * views,)."""
    return np.asarray(np.logaddexp(0, -sample.repeat(2 * sample.labels - 1) * log_odds))


def fit_change(sample: Sample, before: np.ndarray) -> Change:
    """The change of the head that fits best; `before` (n * views,) are its log-odds as they are."""
    rows = sample.rows.astype(np.float64)
    mean, std = rows.mean(0), rows.std(0) + LEAST_SPREAD
    inputs, signs = (rows - mean) / std, sample.repeat(2 * sample.labels - 1)
    weights = sample.repeat(_weights(sample))
    inverse_penalty = INVERSE_PENALTY * len({*sample.sources})

    def cost(change: np.ndarray) -> tuple[float, np.ndarray]:
        margins = signs * (before + inputs @ change[:-1] + change[-1])
        penalty = change[:-1] / inverse_penalty
        pull = -signs * weights * expit(-margins)
        value = weights @ np.logaddexp(0, -margins) + change[:-1] @ penalty / 2
        return float(value), np.append(inputs.T @ pull + penalty, pull.sum())

    start = np.zeros(inputs.shape[1] + 1)
    options = {"maxiter": MAX_ITERATIONS}
    found = minimize(cost, start, jac=True, method="L-BFGS-B", options=options).x
    weight = found[:-1] / std
    return Change(weight, float(found[-1] - weight @ mean))


@torch.no_grad()
def apply_change(model: PreTrainedModel, change: Change) -> None:
    """Add the change to the head. Half of it goes to either logit."""
    head = head_of(model)
    weight = torch.tensor(change.weight / 2, dtype=head.weight.dtype, device=head.weight.device)
    head.weight.add_(torch.stack([-weight, weight]))
    head.bias.add_(torch.tensor([-change.bias / 2, change.bias / 2], device=head.bias.device))


@torch.inference_mode()
def _logits(model: PreTrainedModel, rows: np.ndarray) -> np.ndarray:
    head = head_of(model)
    return np.asarray(head(torch.from_numpy(rows).to(head.weight.device)).cpu())


def _log_odds(model: PreTrainedModel, rows: np.ndarray) -> np.ndarray:
    logits = _logits(model, rows).astype(np.float64)
    return np.asarray(logits[:, 1] - logits[:, 0])


def _loss(model: PreTrainedModel, sample: Sample) -> float:
    """Mean cross-entropy of all views, in nats."""
    return round(float(_losses(sample, _log_odds(model, sample.rows)).mean()), 4)
