"""Programs from start to end: the first verdict, and a folder by `detect` and `scan`."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from .clock import Ended, run_program
from .lines import Line, milliseconds
from .memory import megabytes
from .pictures import make_jpeg, save_jpegs
from .site import ROOT, own_environment


def _run(folder: Path, *arguments: str) -> Ended:
    return run_program([sys.executable, "manage.py", *arguments], ROOT, own_environment(folder))


def measure_start(*, runs: int = 5, megapixels: float = 1.0) -> Iterator[Line]:
    """`manage.py detect` of one picture, a new process each time."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.jpg").write_bytes(make_jpeg(megapixels))
        _run(folder, "detect", name)  # Python compiles what it imports, once
        ends = [_run(folder, "detect", name) for _ in range(runs)]
    yield Line("Start to first verdict", milliseconds([one.seconds for one in ends]), "<= 1,500 ms")
    work = milliseconds([one.processor_seconds for one in ends])
    yield Line("of that, time of processors", work)
    yield Line("Memory at most", megabytes(max(one.peak_bytes for one in ends)))


def measure_scan(*, runs: int = 3, pictures: int = 100, megapixels: float = 1.0) -> Iterator[Line]:
    """`scan` of a folder on all cores beside `detect` of the same one, by turns."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        photos = str(save_jpegs(folder / "photos", pictures, megapixels))
        detected, scanned = [], []
        for number in range(runs):
            detected.append(_run(folder, "detect", photos, "--format", "jsonl"))
            output = str(folder / f"{number}.jsonl")
            scanned.append(_run(folder, "scan", photos, "--output", output))
    slow, fast = (_rates(ends, pictures) for ends in (detected, scanned))
    ratios = [a.seconds / b.seconds for a, b in zip(detected, scanned, strict=True)]
    yield Line(f"detect of {pictures} pictures", f"{slow:.1f} a second")
    yield Line(f"scan of {pictures} pictures", f"{fast:.1f} a second", ">= 6 a second")
    ratio = f"{statistics.median(ratios):.2f} times ({min(ratios):.2f} to {max(ratios):.2f})"
    yield Line("scan beside detect", ratio, ">= 1.6 times")


def _rates(ends: list[Ended], pictures: int) -> float:
    """Pictures a second, the median."""
    return statistics.median(pictures / one.seconds for one in ends)
