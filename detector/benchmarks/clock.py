"""Times of pieces of code and of programs, on the clock and of the processor."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.inference.runtime import Network


@dataclass
class Count:
    """Seconds that were spent in something."""

    seconds: float = 0.0


def repeat(work: Callable[[], object], runs: int) -> list[float]:
    """The seconds of each of so many runs."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times


@contextmanager
def watch_networks() -> Iterator[Count]:
    """Count the seconds that this process spends in networks during the block."""
    count, outputs = Count(), Network.outputs

    def timed(network: Network, batch: Any) -> Any:
        start = time.perf_counter()
        try:
            return outputs(network, batch)
        finally:
            count.seconds += time.perf_counter() - start

    setattr(Network, "outputs", timed)  # noqa: B010  # mypy takes no assignment to a method
    try:
        yield count
    finally:
        setattr(Network, "outputs", outputs)  # noqa: B010


@dataclass(frozen=True)
class Ended:
    """How a program has ended: seconds on the clock and of processors, and its peak memory."""

    seconds: float
    processor_seconds: float
    peak_bytes: int


class Failed(Exception):
    """A program that is measured has failed; the message ends with what it said last."""


def run_program(command: Sequence[str], cwd: Path, env: dict[str, str]) -> Ended:
    """Run a program to its end. Raises `Failed`; the programs that it has started count as well."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        said = process.stderr.read().decode(errors="replace")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode:
        last = (said.strip().splitlines() or [""])[-1]
        raise Failed(f"{' '.join(command[1:3])} has ended with {process.returncode}: {last}")
    return Ended(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
