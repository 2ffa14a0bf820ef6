"""How far more worker processes help, and how many machines a number of pictures needs.

Rates of the clock say little on a machine that others use too. The model rests on the time of
processors: what the analysis processes take for a picture is divided among cores, what the process
that feeds them takes is not.
"""

from __future__ import annotations

import math
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import NamedTuple

from django.conf import settings

from detector.analysis.answers import Job, Setup
from detector.analysis.deadline import read_work
from detector.analysis.pool import Pool
from detector.inference.runtime import count_cores
from detector.installation import get_limits, get_runtime

from .lines import Line
from .pictures import make_jpeg, vary

COUNTS = (1, 2, 4)
DAY = 24 * 3600
# Pictures a day, and the cores of a machine, that the table is about.
DAILY, CORES = (1_000_000, 100_000_000), (8, 16)
# What is kept free for the hours in which more comes than on average.
BUSY = 0.5


class Spent(NamedTuple):
    """Seconds for one picture: on the clock, and of processors in feeding and in analysing."""

    clock: float
    feeding: float
    analysing: float

    def per_picture(self, cores: int) -> float:
        """Seconds of the clock on so many cores that nobody else uses."""
        return self.feeding + self.analysing / cores


class Amdahl(NamedTuple):
    """`alone` pictures a second of one process, and the share of the work that runs in parallel."""

    alone: float
    parallel: float

    def rate(self, cores: float) -> float:
        """Pictures a second on so many cores with a process for each."""
        return self.alone / (1 - self.parallel + self.parallel / cores)


def fit_amdahl(rates: dict[int, float], cores: int) -> Amdahl:
    """Least squares of the model over the rates of 1 and more processes on so many cores.

    More processes than cores count as one for each core. Raises `ValueError` without several.
    """
    alone = rates[1]
    steps = [(1 - 1 / min(count, cores), 1 - alone / rate) for count, rate in rates.items()]
    square = sum(x * x for x, _ in steps)
    if not square:
        raise ValueError(f"The model needs several processes and cores, not {rates} on {cores}.")
    parallel = sum(x * y for x, y in steps) / square
    return Amdahl(alone, min(max(parallel, 0.0), 1.0))


def count_machines(daily: int, per_second: float) -> int:
    """Machines of this speed for so many pictures a day, at most BUSY of the time at work."""
    return math.ceil(daily / DAY / (BUSY * per_second))


def measure_workers(
    *, runs: int = 3, pictures: int = 24, megapixels: float = 1.0
) -> Iterator[Line]:
    """Pictures a second of 1, 2 and 4 analysis processes by turns; machines by Amdahl's model."""
    base, cores = make_jpeg(megapixels), count_cores()
    times: dict[int, list[Spent]] = {count: [] for count in COUNTS}
    pools = {count: _start_pool(count) for count in COUNTS}
    try:
        for run in range(runs):
            for count in COUNTS:
                times[count].append(_time(pools[count], count, base, pictures, run))
    finally:
        for pool in pools.values():
            pool.end()
    spent = {
        count: Spent(*map(statistics.median, zip(*each, strict=True)))
        for count, each in times.items()
    }
    for count, one in spent.items():
        rate, work = 1 / one.clock, (one.feeding + one.analysing) * 1000
        value = f"{rate:.2f} pictures a second; a picture takes {work:,.0f} ms of processors"
        yield Line(f"Processes: {count}", value)
    rates = {count: 1 / one.per_picture(min(count, cores)) for count, one in spent.items()}
    yield Line("One quiet core, by the time of processors", f"{rates[1]:.2f} pictures a second")
    if cores > 1:
        yield from describe_model(fit_amdahl(rates, cores), cores)


def describe_model(model: Amdahl, cores: int) -> Iterator[Line]:
    """The fit, and what follows from it for larger machines and numbers of pictures."""
    yield Line(
        f"Share of the work that runs in parallel (fit, {cores} cores)", f"{model.parallel:.0%}"
    )
    for size in CORES:
        rate = model.rate(size)
        yield Line(f"A machine of {size} cores by the model", f"{rate:.1f} pictures a second")
        for daily in DAILY:
            machines = count_machines(daily, rate)
            name = f"{daily / 1e6:,.0f} million a day on machines of {size} cores"
            yield Line(name, f"{machines:,} ({daily / DAY:,.0f} pictures a second)")


def _start_pool(processes: int) -> Pool:
    runtime = replace(get_runtime(), threads=1)
    setup = Setup(runtime, settings.ANALYSIS_MEMORY_MB * 2**20, settings.LOGGING)
    pool = Pool(setup, processes=processes)
    _send(pool, processes, [make_jpeg(0.1)] * processes)  # until all models are loaded
    return pool


def _time(pool: Pool, count: int, base: bytes, pictures: int, run: int) -> Spent:
    files = [vary(base, run * pictures + number) for number in range(pictures)]
    start, fed, analysed = time.perf_counter(), time.process_time(), _work(pool)
    _send(pool, count, files)
    return Spent(
        (time.perf_counter() - start) / pictures,
        (time.process_time() - fed) / pictures,
        (_work(pool) - analysed) / pictures,
    )


def _work(pool: Pool) -> float:
    """Seconds of processors that the processes of a pool have used."""
    return sum(map(read_work, pool.pids))


def _send(pool: Pool, count: int, files: Sequence[bytes]) -> list[float]:
    """Analyse all files, `count` at once; the seconds of each."""
    spent: list[float] = []
    lock = threading.Lock()

    def analyse(data: bytes) -> None:
        start = time.perf_counter()
        pool.analyse(Job(data, get_limits(), 10 * settings.ANALYSIS_TIMEOUT, with_pictures=False))
        with lock:
            spent.append(time.perf_counter() - start)

    with ThreadPoolExecutor(count) as threads:
        list(threads.map(analyse, files))
    return spent
