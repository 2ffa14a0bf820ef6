"""What the training commands share: their arguments and how they show progress."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from detector.inference.runtime import WEIGHTS_DIR


class TrainingCommand(BaseCommand):
    """A command that learns from a corpus and writes a folder below --output."""

    requires_system_checks: list[str] = []  # the weights that the checks miss are made here
    more_help = "Further corpora, of which nothing is kept back for calibration."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="Corpus folder.")
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
        parser.add_argument("--seed", type=int, default=4, help="Of the split and all draws.")
        parser.add_argument("--workers", type=int, default=os.cpu_count(), help="Processes.")

    def handle(self, **options: Any) -> str:
        try:
            return self.train(options)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error

    def train(self, options: dict[str, Any]) -> str:
        """Train and write; returns the closing sentence."""
        raise NotImplementedError

    def prepare(self, options: dict[str, Any], **how: Any) -> Any:
        """Decode the pictures of the corpus that are not in the cache yet, cut `how` it says."""
        from detector.training.pictures.preparation import prepare

        return prepare(
            options["data"],
            options["cache"],
            seed=options["seed"],
            workers=options["workers"],
            progress=self.progress,
            more=options["more"],
            **how,
        )

    def progress(self, items: Iterable[Any], **options: Any) -> Iterable[Any]:
        """A progress bar on standard error, where that is a terminal."""
        bar: Iterable[Any] = tqdm(items, file=self.stderr._out, disable=None, **options)
        return bar


class NetworkCommand(TrainingCommand):
    """A command that trains a network batch by batch. Resumable: run it again."""

    steps: int
    batch_size = 64

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--steps", type=int, default=self.steps, help="Batches to learn from.")
        parser.add_argument("--batch-size", type=int, default=self.batch_size)
        parser.add_argument(
            "--draw-seed",
            type=int,
            help="Of the draws alone, for trainings to be averaged (default: that of --seed).",
        )

    def plan(self, options: dict[str, Any], *, name: str, crop: int, learning_rate: float) -> Any:
        """How to train, from the options; checkpoints are kept in the cache."""
        from detector.training.learning.loop import Schedule, choose_device
        from detector.training.learning.network import Plan

        return Plan(
            name=name,
            crop=crop,
            batch_size=options["batch_size"],
            seed=options["seed"] if options["draw_seed"] is None else options["draw_seed"],
            schedule=Schedule(options["steps"], learning_rate),
            checkpoints=options["cache"],
            device=choose_device(settings.FORCE_CPU),
        )
