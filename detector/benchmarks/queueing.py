"""How long pictures wait: bursts at a real site, and a simulation of a queue with any load."""

from __future__ import annotations

import heapq
import statistics
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from .lines import Line
from .pictures import make_jpeg, vary
from .site import Site, open_site

BURSTS = (1, 4, 16)
# Shares of the time in which workers are busy, and numbers of workers, that are simulated.
LOADS, WORKERS = (0.5, 0.7, 0.8, 0.9, 0.95), (1, 4)
ARRIVALS = 20_000


class Waits(NamedTuple):
    """Of many pictures: the mean number that wait, and the times from sending to verdict."""

    depth: float
    median: float
    slow: float


def simulate(
    services: Sequence[float], *, load: float, workers: int, arrivals: int = ARRIVALS, seed: int = 0
) -> Waits:
    """A queue in which pictures come at random, first come, first served.

    `services` are measured seconds of single pictures, of which each takes one at random; `load`
    is the share of the time in which the workers are busy.
    """
    rng = np.random.default_rng(seed)
    spent = rng.choice(np.asarray(services), arrivals)
    gap = float(np.mean(services)) / (load * workers)
    moments = np.cumsum(rng.exponential(gap, arrivals))
    free = [0.0] * workers
    latencies, waited = np.empty(arrivals), 0.0
    for number, (moment, seconds) in enumerate(zip(moments, spent, strict=True)):
        begin = max(heapq.heappop(free), moment)
        heapq.heappush(free, begin + seconds)
        latencies[number] = begin + seconds - moment
        waited += begin - moment
    median, slow = np.percentile(latencies, (50, 95))
    return Waits(waited / float(moments[-1]), float(median), float(slow))  # Little's law


def simulate_burst(services: Sequence[float], size: int) -> float:
    """Seconds until the last of so many pictures is done that come at once, by one worker."""
    return size * statistics.fmean(services)


def measure_queue(*, runs: int = 2, pictures: int = 16, megapixels: float = 1.0) -> Iterator[Line]:
    """Bursts of uploads at a site with one worker, beside what the model says; queues by load."""
    base = make_jpeg(megapixels)
    with open_site(ANALYSIS_QUEUE="1000") as site:
        single = [_time_burst(site, base, 1, -number) for number in range(1, pictures + 1)]
        bursts = {
            size: [_time_burst(site, base, size, 1000 * run + 100 * size) for run in range(runs)]
            for size in BURSTS[1:]
        }
    mean = statistics.fmean(single)
    yield Line("One picture, from sending to verdict", f"{mean * 1000:,.0f} ms")
    for size, times in bursts.items():
        seen, told = statistics.median(times), simulate_burst(single, size)
        yield Line(f"The last of {size} at once", f"{seen:.1f} s; the model says {told:.1f} s")
    for workers in WORKERS:
        for load in LOADS:
            waits = simulate(single, load=load, workers=workers)
            name = f"{workers} worker{'s' * (workers > 1)}, busy {load:.0%} of the time (simulated)"
            yield Line(name, _say(waits, mean))


def _say(waits: Waits, mean: float) -> str:
    median, slow = waits.median / mean, waits.slow / mean
    return f"{waits.depth:.1f} wait; verdict after {median:.1f} analyses, 95 %: {slow:.1f}"


def _time_burst(site: Site, base: bytes, size: int, first: int) -> float:
    """Seconds until all of so many new pictures are done."""
    start = time.perf_counter()
    sent = [site.send(vary(base, first + number)) for number in range(size)]
    for answer in sent:
        site.finish(answer)
    return time.perf_counter() - start
