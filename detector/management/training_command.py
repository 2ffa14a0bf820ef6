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
    """A command that learns from a corpus and writes the folder `weights` below --output."""

    weights: str
    requires_system_checks: list[str] = []  # the weights that the checks miss are made here

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="Corpus folder.")
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
            return self.train(**options)
        except (FileNotFoundError, ValueError) as error:
            raise CommandError(str(error)) from error

    def train(self, **options: Any) -> str:
        """Train and write; returns the closing sentence."""
        raise NotImplementedError

    def progress(self, items: Iterable, **options: Any) -> Iterable:
        """A progress bar on standard error, where that is a terminal."""
        return tqdm(items, file=self.stderr._out, disable=None, **options)
