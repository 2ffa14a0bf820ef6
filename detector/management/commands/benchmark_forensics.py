"""How long method 3 takes for the pictures of a corpus, and what it finds in either class."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import CommandError

from detector.inference.images import ImageError, SourceImage
from detector.inference.methods.forensics import Forensics
from detector.inference.methods.forensics.watermarks.dwt_dct import read_watermarks
from detector.inference.verdict.grounds import weigh
from detector.installation import get_runtime, read_image
from detector.management.base import DetectorCommand, add_data, add_seed, positive

STARTS = 15


class Command(DetectorCommand):
    help = "Time method 3 on pictures of a corpus, drawn at random, and count what it claims."
    expected = (OSError,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_data(parser, help="Corpus folder.")
        parser.add_argument(
            "--count", type=positive, default=500, help="Number of pictures (default: 500)."
        )
        add_seed(parser, 4)

    def handle(self, *, data_dir: Path, count: int, seed: int, **options: Any) -> str:
        from detector.training.corpus.labelled import read_corpus

        pictures = read_corpus(data_dir)
        sample = np.random.default_rng(seed).permutation(len(pictures))[:count]
        method = Forensics(get_runtime())
        bar = self.progress(sample, unit="picture")
        answers = [(pictures[index], _ask(method, pictures[index].path)) for index in bar]
        read = [(picture, *answer) for picture, answer in answers if answer]
        if not read:
            raise CommandError(f"None of {len(sample)} pictures in {data_dir} can be read.")
        self.stdout.write(f"{len(read)} pictures, one after another")
        self._write_times(np.array([times for _, times, _ in read]))
        start = _time_start(read[0][0].path)
        self.stdout.write(f"{'start to answer':<20} median {start:6.1f} ms, {STARTS} processes")
        return _count([(picture.label, claim) for picture, _, claim in read])

    def _write_times(self, times: np.ndarray) -> None:
        whole, marks = times.T
        rows = {"without watermarks": whole - marks, "watermarks": marks, "all together": whole}
        for name, values in rows.items():
            middle, slowest = np.percentile(values, (50, 95))
            self.stdout.write(f"{name:<20} median {middle:6.1f} ms, 95 % {slowest:6.1f} ms")
        self.stdout.write(f"{'slowest':<20} {whole.max():13.1f} ms")


def _ask(method: Forensics, path: Path) -> tuple[tuple[float, float], str] | None:
    """Milliseconds of the method, and of the watermarks in it; the strongest claim of AI.

    None for an unreadable picture.
    """
    try:
        image = read_image(path)
    except ImageError:
        return None
    assert image.pixels.size  # the other methods need the array too: it is not this one's cost
    start = time.perf_counter()
    findings = method.predict(image).findings
    whole = time.perf_counter() - start
    strengths = [finding.strength for finding in findings if finding.claim == "ai"]
    claim = "contradicted" if weigh(findings).conflict else next(iter(strengths), "none")
    return (whole * 1000, _time_watermarks(image) * 1000), claim


def _time_start(path: Path) -> float:
    """Milliseconds from a Python that is up to the printed answer of `detect --only forensics`."""
    manage = str(settings.BASE_DIR / "manage.py")
    answer = [sys.executable, manage, "detect", "--only", "forensics", str(path)]
    times = [
        _time_process(answer) - _time_process([sys.executable, "-c", ""]) for _ in range(STARTS)
    ]
    return statistics.median(times) * 1000


def _time_process(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - start


def _count(claims: list[tuple[int, str]]) -> str:
    """How often each class has which strongest claim of AI."""
    lines = []
    for label, name in ((1, "AI"), (0, "real")):
        counts = Counter(claim for of, claim in claims if of == label)
        sentence = ", ".join(f"{claim} {count}" for claim, count in counts.most_common())
        lines.append(f"claims of AI on {counts.total()} {name} pictures: {sentence or '-'}")
    return "\n".join(lines)


def _time_watermarks(image: SourceImage) -> float:
    start = time.perf_counter()
    list(read_watermarks(image))
    return time.perf_counter() - start
