"""Calibrates a fine-tuned model on the validation split, if that is large enough."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from detector.inference.images import SourceImage
from detector.inference.methods.huggingface import Checkpoint
from detector.inference.verdict.calibration import MAX_INTERCEPT, MAX_SLOPE, Calibration
from detector.training.corpus.labelled import Picture, balanced_weights
from detector.training.fusion.stacking import fit_stack
from detector.training.genimage.equalise import Equalise
from detector.training.measuring.scoring import score_pictures
from detector.training.pictures.augment import ALIKE
from detector.training.pictures.preparation import Progress

# Of either class. Two numbers fitted to fewer pictures would be noise.
FEWEST = 50
_KEPT = "The calibration of the model that it started from stays."
_HELD = "Scores are held between .05 and .95."


def calibrate(
    model: Checkpoint,
    folder: Path,
    pictures: Sequence[Picture],
    equalise: Equalise | None,
    *,
    kept: bool,
    seed: int,
    workers: int,
    progress: Progress,
) -> str:
    """Write calibration.json to `folder`, or return a sentence with the reason why not.

    `kept` tells that the one of the start stays in that case. Each picture is seen under one
    re-encoding, drawn at random, as in the shipped calibrations.
    """
    fewest = min(sum(picture.label == label for picture in pictures) for label in (0, 1))
    if fewest < FEWEST:
        return (
            f"Not calibrated: that needs {FEWEST} validation pictures of each class, there are "
            f"{fewest}. {_KEPT if kept else _HELD}"
        )
    names = np.random.default_rng(seed).choice(list(ALIKE), len(pictures))

    def say(image: SourceImage) -> float:
        return model.logit(image)

    stream = score_pictures(say, pictures, lambda i: [str(names[i])], workers, equalise)
    bar = progress(stream, total=len(pictures), desc="Calibrating", unit="picture")
    answers = {index: answer[str(names[index])] for index, answer in bar if answer}
    readable = [pictures[index] for index in answers]
    labels = np.array([picture.label for picture in readable])
    stack = fit_stack(np.array(list(answers.values()))[:, None], labels, balanced_weights(readable))
    slope = float(stack.weights[0])
    if slope <= 0:
        return "Not calibrated: the model does not tell the validation pictures apart."
    if slope > MAX_SLOPE or abs(stack.intercept) > MAX_INTERCEPT:
        return "Not calibrated: the model gives all validation pictures nearly the same answer."
    Calibration(slope, stack.intercept).write(folder)
    return f"Calibrated on {len(readable)} validation pictures (Platt scaling)."
