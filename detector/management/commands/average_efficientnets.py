"""Averages several trainings of an EfficientNet of method 1."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from detector.management.training_command import TrainingCommand


class Command(TrainingCommand):
    help = (
        "Average the weights of several trainings of an EfficientNet of method 1. Afterwards run "
        "train_fusion to calibrate the result."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--look", choices=("tiles", "whole"), required=True)
        parser.add_argument(
            "--of",
            type=Path,
            nargs="+",
            required=True,
            help="Output folders of two or more trainings, which used the same --seed.",
        )

    def train(self, options: dict[str, Any]) -> str:
        from detector.lab.averaging import average_and_write, read_trainings
        from detector.training.pictures.regions import NATIVE, WHOLE

        name = f"efficientnet_{options['look']}"
        folder = options["output"] / name
        # Before the pictures are decoded, which takes long.
        trainings = read_trainings([path / name for path in options["of"]], options["seed"])
        preparation = self.decode_pictures(
            options, cut=WHOLE if options["look"] == "whole" else NATIVE
        )
        average_and_write(trainings, preparation, folder, progress=self.progress)
        return (
            f"Wrote {folder}, the average of {len(trainings)} trainings. Next: manage.py "
            "train_fusion; until then method 1 is unavailable."
        )
