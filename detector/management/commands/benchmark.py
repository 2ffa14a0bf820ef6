"""How long each method takes on this machine, warm."""

from __future__ import annotations

import io
import os
import statistics
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from detector.inference.images import ImageError, SourceImage
from detector.inference.pipeline import Detector
from detector.installation import get_runtime, read_image
from detector.management.base import DetectorCommand, positive


class Command(DetectorCommand):
    help = "Time every method on one picture (default: a made JPEG of one megapixel)."
    expected = (ImageError,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("picture", nargs="?", type=Path)
        parser.add_argument("--runs", type=positive, default=20)

    def handle(self, *, picture: Path | None, runs: int, **options: Any) -> str:
        image = read_image(picture or make_jpeg())
        detector = Detector(get_runtime())
        self.stdout.write(
            f"{image.format} {image.width} x {image.height}, {os.cpu_count()} cores, {runs} runs"
        )
        self.stdout.write(f"first picture, with loading: {_run(detector, image)[''] / 1000:.2f} s")
        times = [_run(detector, image) for _ in range(runs)]
        for key in (*detector.specs, ""):
            name = detector.specs[key].title if key else "All four, one after another"
            values = sorted(run[key] for run in times)
            worst = values[min(round(0.95 * runs), runs - 1)]
            self.stdout.write(
                f"{name:<45} median {statistics.median(values):6.1f} ms, 95 % {worst:6.1f} ms"
            )
        opening = _time_opening(picture, runs)
        return f"{'Opening and decoding':<45} median {opening:6.1f} ms"


def make_jpeg() -> bytes:
    """A JPEG of 1152 x 864 pixels: gradient, shapes and noise."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:864, :1152]
    pixels = (
        90
        + 60 * np.sin(x / 40)[..., None] * np.cos(y / 55)[..., None]
        + rng.normal(0, 8, (864, 1152, 3))
    )
    buffer = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def _run(detector: Detector, image: SourceImage) -> dict[str, float]:
    """Milliseconds of each method; under "" of all together."""
    start = time.perf_counter()
    results = detector.run_methods(image)
    total = (time.perf_counter() - start) * 1000
    return {result.key: result.elapsed_ms for result in results} | {"": total}


def _time_opening(picture: Path | None, runs: int) -> float:
    source, times = picture or make_jpeg(), []
    for _ in range(runs):
        start = time.perf_counter()
        read_image(source)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)
