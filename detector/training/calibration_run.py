"""Scores the calibration pictures with the serving methods, then calibrates and fuses them.

All of it on sources that no method learnt from. Each picture is seen under one re-encoding, drawn
at random, from which the scores are calibrated and fused; and as it is, for the thresholds alone.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from scipy.special import expit

from detector.inference.calibration import Calibration
from detector.inference.methods import METHODS
from detector.inference.pipeline import Detector
from detector.inference.results import MethodResult
from detector.inference.runtime import Runtime

from .augment import ALIKE, CLEAN
from .cards import write_card
from .corpus import Picture, balanced_weights, cap_sources
from .export import write_json
from .fusion import (
    MAX_FALSE_AI,
    MAX_FALSE_REAL,
    Logits,
    fit_calibration,
    fit_fusion,
    out_of_fold_scores,
    to_log_odds,
)
from .metrics import summarise
from .preparation import Progress, calibration_pictures
from .scoring import PIXEL_METHODS, method_scores, score_pictures

# Pictures of one source beyond this add little and cost much.
MAX_PER_SOURCE = 120
# Method 4 is calibrated in its bundled member; the others bring a calibration or go uncalibrated.
FOLDERS = {key: str(METHODS[key].weights) for key in PIXEL_METHODS}


def calibrate_and_fuse(
    data: Path, output: Path, runtime: Runtime, *, seed: int, workers: int, progress: Progress
) -> dict[str, Any]:
    """Write calibration.json of each method and fusion/; returns the fusion's metrics.

    Raises `FileNotFoundError` without pictures, `ValueError` if a method gives no scores.
    """
    pictures = cap_sources(calibration_pictures(data, seed), MAX_PER_SOURCE, seed)
    with TemporaryDirectory() as scratch:
        detector = _uncalibrated(output, Path(scratch), runtime)
        scored, alike, clean = _raw_scores(detector, pictures, seed, workers, progress)
    return fuse_scores(scored, alike, clean, output)


def _uncalibrated(output: Path, scratch: Path, runtime: Runtime) -> Detector:
    """The pixel methods on copies of their weights whose calibration changes nothing.

    Copies, so that a run that fails leaves the shipped calibrations as they were.
    """
    for folder in FOLDERS.values():
        shutil.copytree(output / folder, scratch / folder)
        Calibration().write(scratch / folder)
    nowhere = scratch / "none"  # neither fine-tuned nor public checkpoints: the bundled one alone
    runtime = replace(runtime, weights_dir=scratch, finetuned_dir=nowhere, hub_cache=nowhere)
    return Detector(runtime, only=PIXEL_METHODS)


def _raw_scores(
    detector: Detector, pictures: Sequence[Picture], seed: int, workers: int, progress: Progress
) -> tuple[list[Picture], Logits, Logits]:
    """The pictures that every method could score; raw log-odds re-encoded, and as they are."""
    names = np.random.default_rng(seed).choice(list(ALIKE), len(pictures))
    stream = score_pictures(
        detector.run_methods, pictures, lambda index: [str(names[index]), CLEAN], workers
    )
    bar = progress(stream, total=len(pictures), desc="Scoring", unit="picture")
    found = {index: said for index, said in bar if said}
    alike = _scores([said[str(names[index])] for index, said in found.items()])
    clean = _scores([said[CLEAN] for said in found.values()])
    usable = ~np.isnan(np.stack([*alike.values(), *clean.values()])).any(0)
    if not usable.any():
        raise ValueError(f"Not every one of {', '.join(PIXEL_METHODS)} gives scores; train them.")
    kept = [pictures[index] for index, ok in zip(found, usable, strict=True) if ok]
    return kept, _to_logits(alike, usable), _to_logits(clean, usable)


def _scores(results: list[Sequence[MethodResult]]) -> dict[str, np.ndarray]:
    return {key: method_scores(results, key) for key in PIXEL_METHODS}


def _to_logits(scores: dict[str, np.ndarray], usable: np.ndarray) -> Logits:
    return {key: to_log_odds(values[usable]) for key, values in scores.items()}


def fuse_scores(
    pictures: Sequence[Picture], alike: Logits, clean: Logits, output: Path
) -> dict[str, Any]:
    """Fit and write calibrations and fusion from raw log-odds; returns the fusion's metrics."""
    labels = np.array([picture.label for picture in pictures])
    sources = np.array([picture.source for picture in pictures])
    weights = balanced_weights(pictures)
    fits = {key: fit_calibration(logits, labels, weights) for key, logits in alike.items()}
    alike, clean = _calibrate(alike, fits), _calibrate(clean, fits)
    subsets = fit_fusion(alike, clean, labels, weights, sources)
    fused = out_of_fold_scores(alike, labels, weights, sources)
    report = summarise(labels, fused) | {"sources": len(set(sources))}
    # All is fitted before anything is written.
    for key, calibration in fits.items():
        calibration.write(output / FOLDERS[key])
        _add_metrics(output / FOLDERS[key], summarise(labels, expit(alike[key])))
    _write_fusion(output / "fusion", subsets, report)
    return report


def _calibrate(raw: Logits, fits: dict[str, Calibration]) -> Logits:
    return {key: fits[key].slope * logits + fits[key].intercept for key, logits in raw.items()}


def _write_fusion(folder: Path, subsets: dict[str, Any], report: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    config = {"subsets": subsets, "thresholds": subsets["+".join(sorted(FOLDERS))]["thresholds"]}
    write_json(folder / "config.json", config | {"file_method": "forensics", "file_weight": 1.0})
    limits = {"real_called_ai": MAX_FALSE_AI, "ai_called_real": MAX_FALSE_REAL}
    write_json(folder / "metrics.json", {"calibration": report, "thresholds_chosen_for": limits})


def _add_metrics(folder: Path, measured: dict[str, Any]) -> None:
    path = folder / "metrics.json"
    write_json(path, json.loads(path.read_text()) | {"calibration": measured})
    write_card(folder)
