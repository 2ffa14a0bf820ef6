"""Writes a fine-tuned model: weights, processor, calibration, test figures, plots and card."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from transformers.trainer import TRAINING_ARGS_NAME

from detector.accuracy.conditions import CLEAN, JPEG_90
from detector.checkpoints import sources
from detector.checkpoints.convert import make_network
from detector.checkpoints.networks import BESIDE
from detector.checkpoints.sources import Source
from detector.inference.methods.huggingface import Checkpoint
from detector.inference.runtime import Runtime
from detector.inference.verdict.calibration import FILENAME as CALIBRATION
from detector.inference.weights.folder import folder_state
from detector.training.corpus.labelled import Picture
from detector.training.genimage.equalise import Equalise
from detector.training.learning.export import write_json
from detector.training.pictures.preparation import Progress

from .arguments import Arguments
from .base import Base
from .calibrate import calibrate
from .card import model_card
from .plots import write_plots
from .testing import (
    BASE,
    FINE_TUNED,
    OTHER_SOURCES,
    OTHERS_TESTED,
    TESTED,
    Scores,
    by_condition,
    by_held_out_generator,
    roc_auc_change,
    score_models,
)
from .training_run import FinishedTraining

TRAINING_ARGS_JSON = "training_args.json"
LIBRARIES = ("torch", "transformers", "datasets", "evaluate", "accelerate", "openvino")
AUGMENTED = (
    "Each picture was seen as a random part, rescaled, re-encoded as JPEG or WebP and mirrored by "
    "the same draws for both classes."
)
PLAIN = "Without augmentation (--no-augment)."


@dataclass(frozen=True)
class Run:
    """A finished run of training, with its pictures and settings.

    `digest` is that of the splits; `seconds` is None where the run was resumed.
    """

    digest: str
    name: str
    base: Base
    base_knows: bool
    trained: FinishedTraining
    pictures: dict[str, list[Picture]]
    equalise: Equalise | None
    arguments: Arguments
    runtime: Runtime
    seconds: float | None
    workers: int
    progress: Progress

    @property
    def headline(self) -> str:
        """The condition that the model is known by. "clean" flatters where formats tell classes."""
        return CLEAN if self.equalise is None else JPEG_90


def write_model(draft: Path, run: Run) -> dict[str, Any]:
    """Fill the folder `draft`; returns the contents of metrics.json."""
    run.trained.model.save_pretrained(draft)
    shutil.copyfile(
        run.base.source.folder / "preprocessor_config.json", draft / "preprocessor_config.json"
    )
    _write_arguments(draft, run)
    make_network(draft, draft / BESIDE)  # here is torch, which the server may lack
    about_calibration = _calibrate(draft, run)
    fine_tuned = {FINE_TUNED: _load(draft, run)}  # once more: it is calibrated now
    base = {BASE: Checkpoint(run.base.source, run.runtime)} if run.base_knows else {}
    val = _score(fine_tuned, run, "val", (run.headline,))
    test = _score(fine_tuned | base, run, "test", TESTED)
    metrics = _metrics(run, val, test) | {"about_calibration": about_calibration}
    if OTHER_SOURCES in run.pictures:
        others = _score(fine_tuned | base, run, OTHER_SOURCES, OTHERS_TESTED)
        metrics |= {
            "other_sources": by_condition(others),
            "change_on_other_sources": roc_auc_change(others),
        }
    write_plots(draft, run.trained.epochs, test, run.headline)
    write_json(draft / "metrics.json", metrics)
    (draft / "README.md").write_text(model_card(metrics))
    return metrics


def _write_arguments(draft: Path, run: Run) -> None:
    """The Trainer's arguments as JSON, and as the pickle that some tools expect beside a model.

    Nothing here reads the pickle: a pickle may run any code when it is loaded.
    """
    arguments = copy(run.trained.arguments)
    arguments.output_dir = run.name  # no folder of this machine
    (draft / TRAINING_ARGS_JSON).write_text(arguments.to_json_string() + "\n", encoding="utf-8")
    torch.save(arguments, draft / TRAINING_ARGS_NAME)


def _load(folder: Path, run: Run) -> Checkpoint:
    """The fine-tuned model as the server will load it."""
    source = Source(sources.FINE_TUNED, run.name, folder, folder_state(folder), None)
    return Checkpoint(source, run.runtime)


def _calibrate(draft: Path, run: Run) -> str:
    """Write calibration.json; where there are too few pictures, that of the start stays.

    A model that knew AI from real before is close enough to its start for that.
    """
    model, before = _load(draft, run), run.base.source.folder / CALIBRATION
    kept = run.base_knows and before.exists()
    if kept:
        shutil.copyfile(before, draft / CALIBRATION)
    return calibrate(
        model,
        draft,
        run.pictures["val"],
        run.equalise,
        kept=kept,
        seed=run.arguments.seed,
        workers=run.workers,
        progress=run.progress,
    )


def _score(
    models: dict[str, Checkpoint], run: Run, split: str, conditions: Sequence[str]
) -> Scores:
    return score_models(
        models,
        run.pictures[split],
        run.equalise,
        conditions=conditions,
        workers=run.workers,
        progress=run.progress,
    )


def _metrics(run: Run, val: Scores, test: Scores) -> dict[str, Any]:
    figures_by_model = by_condition(test)
    train_generators = {
        picture.generator for split in ("train", "val") for picture in run.pictures[split]
    }
    new_generators = {picture.generator for picture in run.pictures["test"]} - train_generators
    return {
        "model": run.name,
        "base": {"name": run.base.source.name, "state": run.base.source.state, "why": run.base.why},
        "data": {
            "counts": _counts(run.pictures),
            "equalised": run.equalise is not None,
            "digest": run.digest,
        },
        "training": _training(run),
        "epochs": run.trained.epochs,
        "headline": run.headline,
        "val": by_condition(val)[run.headline][FINE_TUNED],
        "test": figures_by_model[run.headline][FINE_TUNED],
        "conditions": figures_by_model,
        "change": roc_auc_change(test),
        "held_out": by_held_out_generator(test, sorted(new_generators)),
        "about_test": _about_test(run),
    }


def _counts(pictures: dict[str, list[Picture]]) -> dict[str, dict[str, Any]]:
    return {
        split: {
            "ai": sum(picture.label for picture in of_split),
            "real": sum(1 - picture.label for picture in of_split),
            "generators": dict(sorted(Counter(p.generator for p in of_split if p.label).items())),
        }
        for split, of_split in pictures.items()
    }


def _training(run: Run) -> dict[str, Any]:
    return {
        "seconds": run.seconds and round(run.seconds, 1),
        "device": str(run.trained.arguments.device),
        "processes": run.trained.arguments.world_size,
        "arguments": run.arguments.learnt(),
        "about_augmentation": AUGMENTED if run.arguments.augment else PLAIN,
        "parameters": run.trained.model.num_parameters(),
        "versions": {name: version(name) for name in LIBRARIES},
    }


def _about_test(run: Run) -> str:
    about = (
        "Through the serving code; clean: the files as they are, otherwise both classes re-encoded "
        "alike. Intervals: Wilson for accuracy; for AUROC bootstrap, or Newcombe (2006) with fewer "
        "than 50 pictures of a class."
    )
    if not run.base_knows:
        about += " The base model does not tell AI from real, so it has no figures."
    return about
