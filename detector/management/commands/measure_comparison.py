"""Measures how well the comparison of copies works."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from detector.management.base import DetectorCommand, add_data, add_seed, positive


class Command(DetectorCommand):
    help = (
        "Make copies of pictures (cropped, scaled, turned, mirrored, with other tones, as JPEG; "
        "every second one retouched) and compare them with their originals; compare unrelated "
        "pictures, and different photographs of one scene. To resume, run it again."
    )
    expected = (OSError, ValueError)
    stopped = "Stopped. The measurements are kept: the same command continues from here."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_data(parser, help="Folder of pictures, of which none shows the scene of another.")
        parser.add_argument("--count", type=positive, default=100, help="Pictures to copy.")
        parser.add_argument(
            "--scenes",
            type=Path,
            help="Folder of folders, each with different photographs of one scene.",
        )
        add_seed(parser, 0)
        parser.add_argument(
            "--outcomes", type=Path, help="JSON lines to write; those of before are taken over."
        )

    def handle(self, **options: Any) -> str:
        import cv2

        from detector.lab.comparison.figures import to_markdown
        from detector.lab.comparison.measuring import find_originals, plan
        from detector.lab.comparison.outcomes import measure

        cv2.setNumThreads(1)
        seed = options["seed"]
        tasks = plan(
            find_originals(options["data_dir"], options["count"], seed), options["scenes"], seed
        )
        return to_markdown(
            measure(self.progress(tasks, desc="comparing"), seed, options["outcomes"])
        )
