"""One picture, warm: all methods, a large photograph, and the same bytes once more."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from django.conf import settings

from detector.analysis.answers import Job, Setup
from detector.analysis.pool import AnalysisProcess
from detector.inference.images import SourceImage
from detector.inference.pipeline import Detector
from detector.installation import get_limits, get_runtime, read_image

from .clock import repeat, watch_networks
from .lines import Line, milliseconds
from .memory import forget_peak, megabytes, read_memory, read_peak
from .pictures import make_jpeg, vary
from .site import open_site


def measure_methods(
    *, runs: int = 20, megapixels: float = 1.0, picture: Path | None = None
) -> Iterator[Line]:
    """Each method on one picture that is decoded already, and the time outside the networks."""
    image = read_image(picture or make_jpeg(megapixels))
    detector = Detector(get_runtime())
    detector.run_methods(image)
    times = [_time_methods(detector, image) for _ in range(runs)]
    for key, spec in detector.specs.items():
        yield Line(spec.title, milliseconds([run[key] for run in times]))
    name = f"All methods, {image.format} of {image.width * image.height / 1e6:.1f} megapixels"
    yield Line(name, milliseconds([run["all"] for run in times]), "<= 300 ms")
    yield Line("of that, time of processors", milliseconds([run["work"] for run in times]))
    outside = statistics.median(run["outside"] / run["all"] for run in times)
    yield Line("Share of time outside the networks", f"{outside:.0%}", "<= 20 %")
    source = picture or make_jpeg(megapixels)
    opening = repeat(lambda: read_image(source), runs)
    yield Line("Opening and decoding", milliseconds(opening))


def _time_methods(detector: Detector, image: SourceImage) -> dict[str, float]:
    """Seconds by the keys of the methods, of "all" together, of that "outside" the networks, and
    the "work" of all processors.
    """
    start, work = time.perf_counter(), time.process_time()
    with watch_networks() as inside:
        results = detector.run_methods(image)
    whole, work = time.perf_counter() - start, time.process_time() - work
    each = {result.key: result.elapsed_ms / 1000 for result in results}
    return each | {"all": whole, "work": work, "outside": whole - inside.seconds}


@contextmanager
def analysis_process() -> Iterator[tuple[AnalysisProcess, int]]:
    """A process as a worker has them, and its number; its models are loaded."""
    memory = settings.ANALYSIS_MEMORY_MB * 2**20
    process = AnalysisProcess(Setup(get_runtime(), memory, settings.LOGGING))
    try:
        process.analyse(_job(make_jpeg(0.1)))
        yield process, process.pid
    finally:
        process.end()


def _job(data: bytes) -> Job:
    return Job(data, replace(get_limits(), max_bytes=2**30), 10 * settings.ANALYSIS_TIMEOUT)


def measure_large(*, runs: int = 10, megapixels: float = 24.0) -> Iterator[Line]:
    """A large photograph in an analysis process, with decoding and preview, and its memory."""
    data = make_jpeg(megapixels)
    with analysis_process() as (process, pid):
        loaded = read_memory(pid)
        forget_peak(pid)
        times = repeat(lambda: process.analyse(_job(data)), runs)
        peak = read_peak(pid)
    named = f"JPEG of {megapixels:g} megapixels"
    yield Line(f"{named}, with decoding and preview", milliseconds(times), "<= 500 ms")
    yield Line("Memory of the analysis process at most", megabytes(peak), "<= 500 MB")
    yield Line("before, with all models loaded", megabytes(loaded))


def measure_again(*, runs: int = 30, megapixels: float = 1.0) -> Iterator[Line]:
    """The same bytes from the same sender: answered from the database."""
    with open_site() as site:
        base = make_jpeg(megapixels)
        first = [site.send(vary(base, n), wait=60).seconds for n in range(min(runs, 5))]
        again = [site.send(vary(base, 0), wait=60).seconds for _ in range(runs)]
    yield Line("New bytes, by HTTP, from sending to verdict", milliseconds(first))
    yield Line("The same bytes again", milliseconds(again), "<= 20 ms")
