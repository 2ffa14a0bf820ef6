"""The common parts of the training commands: their arguments and their training pictures."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from detector.inference.runtime import WEIGHTS_DIR
from detector.management.base import (
    DetectorCommand,
    add_data,
    add_seed,
    add_workers,
    positive,
    seed,
)


class TrainingCommand(DetectorCommand):
    """A command that learns from a corpus and writes a folder below --output."""

    requires_system_checks: list[str] = []  # the weights that the checks miss are made here
    expected = (OSError, ValueError)
    more_help = "Further corpora, all of whose pictures are used for training."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_data(parser, help="Corpus folder.")
        parser.add_argument(
            "--more",
            type=Path,
            nargs="+",
            default=[],
            help=self.more_help,
        )
        parser.add_argument(
            "--cache",
            type=Path,
            default=settings.DATA_DIR / "training",
            help="Where decoded pictures and checkpoints are kept (default: %(default)s).",
        )
        parser.add_argument("--output", type=Path, default=WEIGHTS_DIR, help="Weights folder.")
        add_seed(parser, 4, "Seed of the split and of all draws.")
        add_workers(parser)

    def handle(self, **options: Any) -> str:
        return self.train(options)

    def train(self, options: dict[str, Any]) -> str:
        """Train and write; returns the closing sentence."""
        raise NotImplementedError

    def decode_pictures(self, options: dict[str, Any], **how: Any) -> Any:
        """Decode the pictures of the corpus that are not in the cache yet; `how` says the cut."""
        from detector.training.pictures.preparation import decode_corpora

        return decode_corpora(
            options["data_dir"],
            options["cache"],
            seed=options["seed"],
            workers=options["workers"],
            progress=self.progress,
            further_folders=options["more"],
            **how,
        )


class NetworkCommand(TrainingCommand):
    """A command that trains a network batch by batch. Resumable: run it again."""

    steps: int
    batch_size = 64

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--steps", type=positive, default=self.steps, help="Number of batches to learn from."
        )
        parser.add_argument("--batch-size", type=positive, default=self.batch_size)
        parser.add_argument(
            "--draw-seed",
            type=seed,
            help="Seed of the draws only, for trainings that are averaged (default: --seed).",
        )

    def plan(self, options: dict[str, Any], *, name: str, crop: int, learning_rate: float) -> Any:
        """The settings of the training, from the options; checkpoints are kept in the cache."""
        from detector.training.learning.loop import Schedule, choose_device
        from detector.training.learning.network import TrainingPlan

        return TrainingPlan(
            name=name,
            crop=crop,
            batch_size=options["batch_size"],
            seed=options["seed"] if options["draw_seed"] is None else options["draw_seed"],
            schedule=Schedule(options["steps"], learning_rate),
            checkpoints=options["cache"],
            device=choose_device(settings.FORCE_CPU),
        )
