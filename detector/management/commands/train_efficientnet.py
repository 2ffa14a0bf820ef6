"""Trains the EfficientNets of method 1 on a corpus."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from detector.management.training_command import NetworkCommand


class Command(NetworkCommand):
    help = (
        "Train an EfficientNet of method 1, from its ImageNet weights, on tiles or whole pictures. "
        "Resumable. Afterwards run train_fusion to calibrate it."
    )
    steps = 3000
    batch_size = 32

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--look",
            choices=("tiles", "whole"),
            required=True,
            help="Crops at native resolution, or the whole picture scaled down.",
        )

    def train(self, options: dict[str, Any]) -> str:
        from detector.training.learning.efficientnet import CROP, LEARNING_RATE, train_and_write
        from detector.training.pictures.regions import NATIVE, WHOLE

        name = f"efficientnet_{options['look']}"
        folder = options["output"] / name
        plan = self.plan(options, name=name, crop=CROP, learning_rate=LEARNING_RATE)
        preparation = self.decode_pictures(
            options, cut=WHOLE if options["look"] == "whole" else NATIVE
        )
        train_and_write(preparation, folder, plan, self.progress)
        return f"Wrote {folder}. Next: manage.py train_fusion; until then method 1 is unavailable."
