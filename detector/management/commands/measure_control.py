"""Measures how well size, format and compression alone tell the classes of a corpus apart."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from detector.accuracy.conditions import CLEAN, HALF_SIZE_JPEG_70, JPEG_95, SAME_SIZE
from detector.management.base import DetectorCommand, add_corpus, add_workers, positive

CONDITIONS = (CLEAN, JPEG_95, HALF_SIZE_JPEG_70, SAME_SIZE)


class Command(DetectorCommand):
    help = (
        "The control of manage.py evaluate: how well width, height, format, bytes per pixel and "
        "JPEG quality alone tell AI pictures from real ones, on sources not learnt from. 0.5 means "
        "that the classes are alike."
    )
    expected = (OSError, ValueError)

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_corpus(parser)
        parser.add_argument(
            "--per-source", type=positive, default=12, help="Most pictures of a source and class."
        )
        add_workers(parser)

    def handle(self, **options: Any) -> str:
        from detector.lab.control import measure_control, to_dict, to_markdown
        from detector.training.measuring.data import find_labelled

        split, seed, per_source = options["split"], options["seed"], options["per_source"]
        pictures = find_labelled(split, options["data_dir"]).capped(per_source, seed).pictures
        control = measure_control(pictures, CONDITIONS, seed, options["workers"], self.progress)
        if options["report"]:
            about = {"split": split, "per_source": per_source, "seed": seed}
            text = json.dumps(about | {"conditions": to_dict(control)}, indent=2)
            options["report"].write_text(text + "\n")
        return to_markdown(control)
