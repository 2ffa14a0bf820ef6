"""The accuracy of the fine-tuned model on the test split, beside that of its base model.

Both answer through the serving code, on the same pictures, as they are and re-encoded alike.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from detector.accuracy.conditions import CLEAN, HALF_SIZE, JPEG_50, JPEG_70, JPEG_90, WEBP_50
from detector.inference.images import SourceImage
from detector.inference.methods.huggingface import Checkpoint
from detector.inference.names import printable
from detector.training.corpus.labelled import Picture
from detector.training.figures.intervals import wilson_interval
from detector.training.figures.metrics import FEW, summarise
from detector.training.figures.metrics import roc_auc_change as change
from detector.training.genimage.equalise import Equalise
from detector.training.measuring.scoring import score_pictures
from detector.training.pictures.preparation import Progress

logger = logging.getLogger(__name__)

# A set of pictures beside the splits: of other sources, re-encoded alike as the headline of most.
OTHER_SOURCES, OTHERS_TESTED = "other sources", (JPEG_90,)
TESTED = (CLEAN, JPEG_90, JPEG_70, JPEG_50, WEBP_50, HALF_SIZE)
FINE_TUNED, BASE = "fine-tuned", "base"

Figures = dict[str, Any]


@dataclass(frozen=True)
class Scores:
    """P(AI) of the pictures (n,) that could be read, by condition and model."""

    pictures: list[Picture]
    by_condition: dict[str, dict[str, np.ndarray]]

    @property
    def labels(self) -> np.ndarray:
        """0 = real or 1 = AI, shape (n,)."""
        return np.array([picture.label for picture in self.pictures])


def score_models(
    models: dict[str, Checkpoint],
    pictures: Sequence[Picture],
    equalise: Equalise | None,
    *,
    conditions: Sequence[str],
    workers: int,
    progress: Progress,
) -> Scores:
    """Score `pictures` by every model under every condition."""

    def say(image: SourceImage) -> dict[str, float]:
        return {name: model.score(image) for name, model in models.items()}

    def refused(index: int, reason: str) -> None:
        logger.warning("Left out of the test: %s: %s", printable(pictures[index].path), reason)

    stream = score_pictures(say, pictures, lambda _: conditions, workers, equalise, refused)
    bar = progress(stream, total=len(pictures), desc="Testing", unit="picture")
    rows = {index: answers for index, answers in bar if answers}
    table = {
        condition: {
            name: np.array([answers[condition][name] for answers in rows.values()])
            for name in models
        }
        for condition in conditions
    }
    return Scores([pictures[index] for index in rows], table)


def figures(labels: np.ndarray, scores: np.ndarray) -> Figures:
    """Accuracy and its interval, n, precision, recall, F1, confusion, AUROC, AP, ECE.

    `labels` (n,) 0 or 1 = AI with both classes, `scores` (n,) in [0, 1].
    """
    calls = (scores >= 0.5).astype(int)
    hits, n = int((calls == labels).sum()), len(labels)
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels, calls, average="binary", zero_division=0
    )
    return {
        "n": n,
        "accuracy": round(hits / n, 4),
        "accuracy_interval": [round(bound, 4) for bound in wilson_interval(hits, n)],
        "precision": round(float(precision), 4),
        "recall": round(float(recall), 4),
        "f1": round(float(f1), 4),
        "confusion": confusion_matrix(labels, calls, labels=[0, 1]).tolist(),
        **summarise(labels, scores),
    }


def by_condition(scores: Scores) -> dict[str, dict[str, Figures]]:
    """Condition -> model -> figures over all test pictures."""
    return {
        condition: {model: figures(scores.labels, values) for model, values in models.items()}
        for condition, models in scores.by_condition.items()
    }


def roc_auc_change(scores: Scores) -> dict[str, tuple[float, float, float]]:
    """Condition -> how much the AUROC of the fine-tuned model is above that of its base.

    With the 95 % interval of the difference. Empty where the base tells nothing, and with fewer
    than FEW pictures of a class: resampling would be too sure of itself.
    """
    if min(np.bincount(scores.labels, minlength=2)) < FEW:
        return {}
    return {
        condition: change(scores.labels, models[BASE], models[FINE_TUNED])
        for condition, models in scores.by_condition.items()
        if BASE in models
    }


def by_held_out_generator(
    scores: Scores, generators: Sequence[str]
) -> dict[str, dict[str, dict[str, Figures]]]:
    """Generator -> condition -> model -> figures of its pictures against all real ones."""
    of = np.array([picture.generator for picture in scores.pictures])
    masks = {g: (of == g) | (scores.labels == 0) for g in generators if (of == g).any()}
    return {
        generator: {
            condition: {
                model: figures(scores.labels[mask], values[mask])
                for model, values in models.items()
            }
            for condition, models in scores.by_condition.items()
        }
        for generator, mask in masks.items()
    }
