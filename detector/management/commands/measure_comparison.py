"""Measures how well the comparison of copies works."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from detector.management.base import DetectorCommand, add_seed, positive


class Command(DetectorCommand):
    help = (
        "Make copies of pictures (cropped, scaled, turned, mirrored, with other tones, as JPEG; "
        "every second one retouched) and compare them with their originals; compare unrelated "
        "pictures, and different photographs of one scene. The pictures are those of a folder, or "
        "drawn ones. To resume, run it again."
    )
    expected = (OSError, ValueError)
    stopped = "Stopped. The measurements are kept: the same command continues from here."

    def add_arguments(self, parser: ArgumentParser) -> None:
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument(
            "--data-dir",
            "--data",
            type=Path,
            help="Folder of pictures, of which none shows the scene of another.",
        )
        source.add_argument(
            "--drawn", type=positive, metavar="COUNT", help="Draw so many pictures instead."
        )
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
        from detector.lab.comparison.scenes import draw_scenes

        cv2.setNumThreads(1)
        seed, drawn = options["seed"], options["drawn"]
        with TemporaryDirectory() as name:
            folder = draw_scenes(Path(name), drawn, seed) if drawn else options["data_dir"]
            originals = find_originals(folder, drawn or options["count"], seed)
            tasks = self.progress(plan(originals, options["scenes"], seed), desc="comparing")
            return to_markdown(measure(tasks, seed, options["outcomes"]))
