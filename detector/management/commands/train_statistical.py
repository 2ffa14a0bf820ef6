"""Fits the model of method 2 on a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from detector.management.training_command import TrainingCommand


class Command(TrainingCommand):
    help = "Fit the statistical model (method 2). Afterwards run train_fusion to calibrate it."

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--crops", type=int, default=4, help="Augmented crops a picture.")

    def train(
        self,
        *,
        data: Path,
        cache: Path,
        output: Path,
        seed: int,
        workers: int,
        crops: int,
        **_: Any,
    ) -> str:
        from detector.training.preparation import prepare
        from detector.training.statistical import fit_and_write

        prepared = prepare(data, cache, seed=seed, workers=workers, progress=self.progress)
        folder = output / "statistical"
        fit_and_write(
            prepared, folder, crops=crops, seed=seed, workers=workers, progress=self.progress
        )
        return f"Wrote {folder}. Next: manage.py train_fusion."
