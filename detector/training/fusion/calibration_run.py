"""Scores the calibration pictures with the serving methods, then calibrates and fuses them.

All of it on sources that no method learnt from. Each picture is seen under one re-encoding, drawn
at random, from which the scores are calibrated and fused; and as it is, for the thresholds alone.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from scipy.special import expit

from detector.accuracy.conditions import CLEAN
from detector.inference.methods import METHODS
from detector.inference.methods.deep_learning import JOINT, LOOKS
from detector.inference.numbers import log_odds
from detector.inference.pipeline import Detector
from detector.inference.results import MethodResult
from detector.inference.runtime import Runtime
from detector.inference.verdict.calibration import Calibration
from detector.inference.weights.folder import write_digests
from detector.training.corpus.labelled import Picture, balanced_weights, cap_sources
from detector.training.corpus.learnt_sources import refuse_learnt
from detector.training.figures.metrics import expected_calibration_error, roc_auc, summarise
from detector.training.learning.cards import write_card
from detector.training.learning.export import write_json
from detector.training.learning.neural_head import ensure_head
from detector.training.measuring.scoring import PIXEL_METHODS, score_pictures
from detector.training.pictures.augment import ALIKE
from detector.training.pictures.preparation import Progress, calibration_pictures

from .fit import (
    THRESHOLDS_CHOSEN_FOR,
    Logits,
    RawLogits,
    Truth,
    fit_fusion,
    out_of_fold_calibrated,
    out_of_fold_scores,
    take,
    useful_methods,
)

# More pictures of one source add little accuracy and take long.
MAX_PER_SOURCE = 120
# Method 4 is calibrated in its bundled member; the others bring a calibration or go uncalibrated.
FOLDERS = {key: METHODS[key].weights for key in PIXEL_METHODS}


def calibrate_and_fuse(
    data: Path,
    output: Path,
    runtime: Runtime,
    *,
    seed: int,
    workers: int,
    progress: Progress,
    further_folders: Sequence[Path] = (),
) -> dict[str, Any]:
    """Write calibration.json of each method and fusion/; returns the fusion's metrics.

    Networks of method 1 that were trained anew get a joint head that says nothing.

    `further_folders` are corpora that no method has learnt from. Raises `FileNotFoundError` if
    there are no pictures, `ValueError` if a method gives no scores or knows one of the sources, or
    if the joint head is damaged.
    """
    pictures = cap_sources(calibration_pictures(data, seed, further_folders), MAX_PER_SOURCE, seed)
    folders = [folder for folder in chain.from_iterable(FOLDERS.values()) if folder != JOINT]
    refuse_learnt(pictures, [output / folder for folder in folders])
    ensure_head(output / JOINT, list(LOOKS), seed)
    refuse_learnt(pictures, [output / JOINT])
    with TemporaryDirectory() as scratch:
        detector = _uncalibrated(output, Path(scratch), runtime)
        usable_pictures, alike, clean = _raw_scores(detector, pictures, seed, workers, progress)
    return fuse_scores(usable_pictures, alike, clean, output)


def _uncalibrated(output: Path, scratch: Path, runtime: Runtime) -> Detector:
    """The pixel methods on copies of their weights whose calibration changes nothing.

    Copies, so that a run that fails leaves the shipped calibrations as they were.
    """
    for folder in chain.from_iterable(FOLDERS.values()):
        shutil.copytree(output / folder, scratch / folder)
        Calibration().write(scratch / folder)
        write_digests(scratch / folder)
    nowhere = scratch / "none"  # neither fine-tuned nor public checkpoints: the bundled one alone
    runtime = replace(runtime, weights_dir=scratch, finetuned_dir=nowhere, hub_cache=nowhere)
    return Detector(runtime, only=PIXEL_METHODS)


def _raw_scores(
    detector: Detector, pictures: Sequence[Picture], seed: int, workers: int, progress: Progress
) -> tuple[list[Picture], RawLogits, RawLogits]:
    """The pictures that every method could score; raw log-odds re-encoded, and as they are."""
    names = np.random.default_rng(seed).choice(list(ALIKE), len(pictures))
    stream = score_pictures(
        detector.run_methods, pictures, lambda index: [str(names[index]), CLEAN], workers
    )
    bar = progress(stream, total=len(pictures), desc="Scoring", unit="picture")
    answers = {index: answer for index, answer in bar if answer}
    alike = _raw_logits([answer[str(names[index])] for index, answer in answers.items()])
    clean = _raw_logits([answer[CLEAN] for answer in answers.values()])
    every = [values for raw in (*alike.values(), *clean.values()) for values in raw.values()]
    usable = ~np.isnan(np.stack(every)).any(0)
    if not usable.any():
        raise ValueError(f"Not every one of {', '.join(PIXEL_METHODS)} gives scores; train them.")
    usable_pictures = [pictures[index] for index, ok in zip(answers, usable, strict=True) if ok]
    alike, clean = (
        {key: take(folders, usable) for key, folders in raw.items()} for raw in (alike, clean)
    )
    return usable_pictures, alike, clean


def _raw_logits(results: list[Sequence[MethodResult]]) -> RawLogits:
    """Raw log-odds of each weights folder of each method, NaN where it gave no score."""
    rows = [{result.key: _raw(result) for result in of_picture} for of_picture in results]
    return {
        key: {
            folder: np.array([of_picture[key].get(folder, np.nan) for of_picture in rows])
            for folder in folders
        }
        for key, folders in FOLDERS.items()
    }


def _raw(result: MethodResult) -> dict[str, float]:
    """By weights folder; a method that does not tell has one, whose calibration changes nothing."""
    if result.score is None:
        return {}
    return dict(result.raw_log_odds) or {FOLDERS[result.key][0]: log_odds(result.score)}


def fuse_scores(
    pictures: Sequence[Picture], alike: RawLogits, clean: RawLogits, output: Path
) -> dict[str, Any]:
    """Fit and write calibrations and fusion from raw log-odds; returns the fusion's metrics."""
    labels = np.array([picture.label for picture in pictures])
    sources = np.array([picture.source for picture in pictures])
    truth = Truth(labels, balanced_weights(pictures), sources)
    fitted, subsets = fit_fusion(alike, clean, truth)
    useful = {key: alike[key] for key in useful_methods(alike, truth)}
    report = summarise(labels, out_of_fold_scores(useful, truth)) | {"sources": len(set(sources))}
    methods = {key: _of_method(raw, truth) for key, raw in alike.items()}
    # All is fitted before anything is written.
    for key, calibrations in fitted.items():
        for folder, calibration in calibrations.items():
            calibration.write(output / folder)
            alone = round(roc_auc(labels, alike[key][folder]), 4)
            _add_metrics(output / folder, methods[key] | {"roc_auc_alone": alone})
    _write_fusion(output / "fusion", subsets, report, methods)
    return report


def _of_method(raw: Logits, truth: Truth) -> dict[str, Any]:
    """Figures of a method out of fold, and its calibration error had it not been calibrated."""
    plain = expit(np.sum(list(raw.values()), 0))
    error = round(expected_calibration_error(truth.labels, plain), 4)
    calibrated = out_of_fold_calibrated(raw, truth)
    return summarise(truth.labels, calibrated) | {"uncalibrated_ece": error}


def _write_fusion(
    folder: Path, subsets: dict[str, Any], report: dict[str, Any], methods: dict[str, Any]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    config = {"subsets": subsets, "thresholds": subsets["+".join(sorted(FOLDERS))]["thresholds"]}
    write_json(folder / "config.json", config | {"file_method": "forensics", "file_weight": 1.0})
    metrics = {"calibration": report, "methods": methods}
    metrics["thresholds_chosen_for"] = THRESHOLDS_CHOSEN_FOR
    write_json(folder / "metrics.json", metrics)
    write_digests(folder)


def _add_metrics(folder: Path, metrics: dict[str, Any]) -> None:
    path = folder / "metrics.json"
    write_json(path, json.loads(path.read_text()) | {"calibration": metrics})
    write_card(folder)
    write_digests(folder)
