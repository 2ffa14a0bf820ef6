"""Fits the model of method 2 on a corpus."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from detector.management.base import positive
from detector.management.training_command import TrainingCommand


class Command(TrainingCommand):
    help = "Fit the statistical model (method 2). Afterwards run train_fusion to calibrate it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--crops", type=positive, default=4, help="Augmented crops a picture.")

    def train(self, options: dict[str, Any]) -> str:
        from detector.training.learning.statistical import fit_and_write

        folder = options["output"] / "statistical"
        fit_and_write(
            self.decode_pictures(options),
            folder,
            crops=options["crops"],
            seed=options["seed"],
            workers=options["workers"],
            progress=self.progress,
        )
        return f"Wrote {folder}. Next: manage.py train_fusion."
