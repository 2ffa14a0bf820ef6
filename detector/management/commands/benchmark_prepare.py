"""How fast prepare_genimage reads on this machine, and how much memory it needs."""

from __future__ import annotations

import resource
import time
from argparse import ArgumentParser
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management import call_command
from django.core.management.base import CommandError
from PIL import Image

from detector.management.base import DetectorCommand, add_workers, positive

KINDS = (("ai_images", "jpg"), ("real_images", "jpg"), ("ai_images", "png"), ("real_images", "png"))


class Command(DetectorCommand):
    help = "Make small pictures in a folder, JPEG and PNG of both classes, and time their scan."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--folder", type=Path, required=True, help="A new folder; it is kept.")
        parser.add_argument("--files", type=positive, default=100_000)
        add_workers(parser)

    def handle(self, *, folder: Path, files: int, workers: int, **options: Any) -> str:
        if folder.exists():
            raise CommandError(f"{folder} is there already; needed is the name of a new folder.")
        for name, _ in KINDS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        with ProcessPoolExecutor(workers) as pool:
            results = pool.map(partial(make_file, folder), range(files), chunksize=64)
            list(self.progress(results, total=files, desc="Making"))
        for title in ("First run", "Second run, nothing to read"):
            start = time.perf_counter()
            call_command("prepare_genimage", data_dir=folder, workers=workers)
            seconds = time.perf_counter() - start
            self.stdout.write(f"{title}: {seconds:.1f} s, {files / seconds:.0f} files/s")
        # Of one worker; what workers share with the main process counts in both.
        main, worker = (
            resource.getrusage(processes).ru_maxrss / 1024
            for processes in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        return f"Peak memory: {main:.0f} MB, and {worker:.0f} MB in each of {workers} workers"


def make_file(folder: Path, index: int) -> None:
    """Coloured clouds with noise, 128 to 256 pixels a side; `index` decides what they are."""
    rng = np.random.default_rng(index)
    clouds = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    width, height = rng.integers(128, 257, 2).tolist()
    pixels = np.asarray(clouds.resize((width, height), Image.Resampling.BICUBIC))
    noisy = pixels + rng.normal(0, 6, pixels.shape)
    name, suffix = KINDS[index % len(KINDS)]
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(folder / name / f"{index}.{suffix}")
