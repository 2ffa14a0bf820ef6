"""Calibrates the pixel methods and fits the fusion."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from detector.installation import get_runtime
from detector.management.training_command import TrainingCommand


class Command(TrainingCommand):
    help = (
        "Calibrate methods 1, 2 and 4 and fit their fusion, on training sources that they have not "
        "learnt from. Run it after every other train command."
    )
    more_help = "Further corpora, none of which was learnt from: no --more of another command."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(workers=4)

    def train(self, options: dict[str, Any]) -> str:
        from detector.training.fusion.calibration_run import calibrate_and_fuse

        report = calibrate_and_fuse(
            options["data_dir"],
            options["output"],
            get_runtime(),
            further_folders=options["more"],
            seed=options["seed"],
            workers=options["workers"],
            progress=self.progress,
        )
        return (
            f"Fused AUROC {report['roc_auc']:.3f} (95 % interval "
            f"{report['roc_auc_interval'][0]:.3f} to {report['roc_auc_interval'][1]:.3f}, n = "
            f"{report['n_ai'] + report['n_real']}) on sources kept from training, out of fold."
        )
