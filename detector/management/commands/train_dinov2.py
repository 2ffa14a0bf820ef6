"""Trains the DINOv2 detector, the bundled member of method 4."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from detector.management.training_command import TrainingCommand


class Command(TrainingCommand):
    help = (
        "Train the head of the DINOv2 detector on a corpus; its encoder stays frozen. Resumable: "
        "features that were computed stay in --cache. Afterwards run train_fusion to calibrate it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--encoder",
            type=Path,
            required=True,
            help="DINOv2 ViT-S/14 as a transformers folder (docs/lab.md says where it is from).",
        )
        parser.add_argument(
            "--keep-back",
            type=Path,
            help="File with one source a line that is not learnt from, for calibration.",
        )
        parser.add_argument(
            "--most", type=int, default=40, help="Pictures of a source and class (%(default)s)."
        )
        parser.add_argument(
            "--pictures",
            type=int,
            default=10**6,
            help="Pictures in all, taken in turn from all sources (default: no limit).",
        )
        parser.add_argument("--epochs", type=float, default=8, help="Of the head (%(default)s).")

    def train(self, options: dict[str, Any]) -> str:
        from detector.training.dinov2 import Plan, pictures_to_learn, train_and_write
        from detector.training.dinov2_head import Recipe

        folder = options["output"] / "dinov2"
        kept = options["keep_back"].read_text().split() if options["keep_back"] else []
        plan = Plan(
            encoder=options["encoder"],
            cache=options["cache"],
            most=options["most"],
            pictures=options["pictures"],
            threads=options["workers"],
            recipe=Recipe(epochs=options["epochs"], seed=options["seed"]),
        )
        pictures = pictures_to_learn(options["data"], options["more"], set(kept), plan)
        train_and_write(pictures, folder, plan, self.progress)
        return f"Wrote {folder}. Next: manage.py train_fusion."
