"""Trains the DINOv2 detector, the bundled member of method 4."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from detector.inference.runtime import WEIGHTS_DIR
from detector.management.training_command import TrainingCommand


class Command(TrainingCommand):
    help = (
        "Fit the classifier of the DINOv2 detector (method 4); its encoder stays frozen. "
        "Resumable: what was computed stays in --cache. Afterwards run train_fusion; or train with "
        "--cross-fit, last of all."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--encoder",
            type=Path,
            default=WEIGHTS_DIR / "dinov2",
            help="DINOv2 ViT-S/14 as a transformers folder, or a folder of the detector, which "
            "holds its blocks (default: the one that ships).",
        )
        parser.add_argument(
            "--cross-fit",
            action="store_true",
            help="Learn from every source of train and val that method 1 has not learnt from, fit "
            "the last layers and the joint head of method 1 and the network of method 2 to them "
            "as well, and calibrate and fuse methods 1, 2 and 4 on the same sources, out of fold. "
            "What train_statistical and train_fusion have written before is replaced.",
        )

    def train(self, options: dict[str, Any]) -> str:
        from detector.training.fusion import dinov2_run as run
        from detector.training.pictures.preparation import calibration_pictures

        data, more, output = options["data_dir"], options["more"], options["output"]
        plan = run.Plan(options["encoder"], options["cache"], options["seed"])
        if options["cross_fit"]:
            pictures = run.unlearnt(run.pictures_of(data, more, ("train", "val")), output)
            report = run.train_and_calibrate(pictures, output, plan, self.progress)
            low, high = report["roc_auc_interval"]
            return (
                f"Fused AUROC {report['roc_auc']:.3f} (95 % interval {low:.3f} to {high:.3f}, n = "
                f"{report['n_ai'] + report['n_real']}) on {report['sources']} sources, out of fold."
            )
        calibration_pictures(data, options["seed"], more)  # refuses what val tests
        held = {picture.source for picture in calibration_pictures(data, options["seed"])}
        pictures = [p for p in run.pictures_of(data, more, ("train",)) if p.source not in held]
        run.train_and_write(pictures, output, plan, self.progress)
        return f"Wrote {output / run.FOLDER}. Next: manage.py train_fusion."
