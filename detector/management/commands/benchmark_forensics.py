"""How long method 3 takes for the pictures of a corpus, with and without the watermarks."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from detector.inference.images import ImageError, SourceImage
from detector.inference.methods.forensics import Forensics
from detector.inference.methods.forensics.watermarks import read_watermarks
from detector.services import get_runtime, read_image


class Command(BaseCommand):
    help = "Time method 3 on pictures of a corpus, drawn at random."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="Corpus folder.")
        parser.add_argument("--count", type=int, default=500, help="Pictures (default: 500).")
        parser.add_argument("--seed", type=int, default=4, help="Of the draw.")

    def handle(self, *, data: Path, count: int, seed: int, **options: Any) -> str:
        from detector.training.corpus import read_corpus

        if count < 1:
            raise CommandError(f"--count is {count}; accepted are whole numbers from 1 up.")
        try:
            pictures = read_corpus(data)
        except OSError as error:
            raise CommandError(str(error)) from error
        drawn = np.random.default_rng(seed).permutation(len(pictures))[:count]
        method = Forensics(get_runtime())
        bar = tqdm(drawn, file=self.stderr._out, disable=None, unit="picture")
        timed = [t for index in bar if (t := _time(method, pictures[index].path))]
        if not timed:
            raise CommandError(f"None of {len(drawn)} pictures in {data} can be read.")
        whole, marks = np.array(timed).T
        rows = {"without watermarks": whole - marks, "watermarks": marks, "all together": whole}
        self.stdout.write(f"{len(timed)} pictures, one after another")
        for name, values in rows.items():
            middle, most = np.percentile(values, (50, 95))
            self.stdout.write(f"{name:<20} median {middle:6.1f} ms, 95 % {most:6.1f} ms")
        return f"{'slowest':<20} {whole.max():13.1f} ms"


def _time(method: Forensics, path: Path) -> tuple[float, float] | None:
    """Milliseconds of the method, and of the watermarks in it; None for an unreadable picture."""
    try:
        image = read_image(path)
    except ImageError:
        return None
    assert image.pixels.size  # the other methods need the array too: it is not this one's cost
    started = time.perf_counter()
    method.predict(image)
    whole = time.perf_counter() - started
    return whole * 1000, _time_watermarks(image) * 1000


def _time_watermarks(image: SourceImage) -> float:
    started = time.perf_counter()
    list(read_watermarks(image))
    return time.perf_counter() - started
