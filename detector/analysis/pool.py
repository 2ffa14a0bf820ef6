"""The worker's side: a few analysis processes, each with one picture at a time.

Written with `subprocess` because what the pools of libraries share is what must not break here:
in those of pebble and billiard one pipe and its locks serve all workers, so a worker that is killed
with a lock in its hand stops the others too, and `concurrent.futures` gives up all that wait. Here
each process has a socket of its own, and the thread that it works for watches it.
"""

from __future__ import annotations

import logging
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import Pipe
from pathlib import Path
from typing import TypeVar

from detector.inference.images import ImageError

from . import child, confinement, wire
from .answers import (
    Assessment,
    BrokenOff,
    ComparisonAnswer,
    ComparisonJob,
    Job,
    NeedsMemory,
    NotReady,
    Setup,
    TooSlow,
)
from .deadline import LONGEST, Deadline
from .scratch import Scratch, find_rules

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent.parent
# To load or convert weights on a busy machine with a cold disk.
START_SECONDS = 180.0
# So that what libraries hold back does not add up.
PICTURES_PER_PROCESS = 200

# What OpenCV and the libraries below NumPy and SciPy read at their start.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")

# Names of variables whose value a program that reads pictures need not know.
SECRET = re.compile(r"SECRET|TOKEN|PASSW|CREDENTIAL|_KEY|_URL$|^AWS_|^CELERY_", re.IGNORECASE)

# How it shows that a process has ended or answers nonsense.
GONE = (OSError, EOFError, ValueError, TypeError)


AnyJob = Job | ComparisonJob
Answer = TypeVar("Answer", Assessment, ComparisonAnswer)


class Pool:
    """Analysis processes that any number of threads may ask."""

    def __init__(self, setup: Setup, *, processes: int) -> None:
        """Start the processes, which then load their models; nobody waits for that here."""
        self._free: queue.SimpleQueue[AnalysisProcess] = queue.SimpleQueue()
        self._processes = [AnalysisProcess(setup) for _ in range(processes)]
        for process in self._processes:
            self._free.put(process)

    @property
    def pids(self) -> list[int]:
        """The numbers of the processes that run."""
        return [process.pid for process in self._processes if process.pid]

    def analyse(self, job: Job) -> Assessment:
        """The analysis of one picture. Raises `ImageError`, which includes `NotAnalysed`."""
        with self._process() as process:
            return process.analyse(job)

    def compare(self, job: ComparisonJob) -> ComparisonAnswer:
        """The comparison of several copies. Raises what `analyse` raises."""
        with self._process() as process:
            return process.compare(job)

    @contextmanager
    def _process(self) -> Iterator[AnalysisProcess]:
        """A process that nobody else asks meanwhile."""
        process = self._free.get()
        try:
            yield process
        finally:
            self._free.put(process)

    def count_running(self) -> int:
        """How many run now; one that has ended is replaced at its next picture."""
        return sum(process.is_running for process in self._processes)

    def end(self) -> None:
        """End all processes. Nobody may be waiting for an analysis."""
        for process in self._processes:
            process.end()


class AnalysisProcess:
    """A child process for one picture at a time; when it has ended, another takes its place."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._scratch = Scratch(setup.scratch)
        self._process: subprocess.Popen[bytes] | None = None
        self._pictures = 0
        self._prepare()

    @property
    def pid(self) -> int:
        """The number of the process; 0 while there is none."""
        return self._process.pid if self._process else 0

    @property
    def is_running(self) -> bool:
        process = self._process  # another thread may take it away
        return process is not None and process.poll() is None

    def analyse(self, job: Job) -> Assessment:
        """The analysis of one picture. Raises `ImageError`, which includes `NotAnalysed`."""
        return self._answer(job, wire.receive)

    def compare(self, job: ComparisonJob) -> ComparisonAnswer:
        """The comparison of several copies. Raises what `analyse` raises."""
        return self._answer(job, wire.receive_comparison)

    def _answer(self, job: AnyJob, receive: Callable[[wire.Channel], Answer]) -> Answer:
        try:
            self._begin(job)
            return self._finish(job, receive)
        finally:
            if self._pictures >= PICTURES_PER_PROCESS:
                self._end_process()
            self._scratch.clear()
            self._prepare()

    def _prepare(self) -> None:
        """Let a process that has ended be replaced now, so that the next picture need not wait."""
        try:
            self._ensure_running()
        except OSError as error:
            logger.error("No analysis process can be started: %s", error)

    def _ensure_running(self) -> None:
        if self.is_running:
            return
        self._end_process()
        ours, theirs = Pipe()
        with theirs:
            self._process = _start(theirs.fileno(), self._setup, self._scratch.path)
        self._channel: wire.Channel = ours
        self._pictures = 0
        ours.send(self._setup)

    def end(self) -> None:
        """End the process, whatever it does, and delete its files."""
        self._end_process()
        self._scratch.delete()

    def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            self._channel.close()

    def _begin(self, job: AnyJob) -> None:
        """Hand a picture over, and wait until its analysis begins."""
        for _ in range(2):  # a process that died while it was idle is no fault of this picture
            try:
                self._ensure_running()
                with self._killed_after(START_SECONDS):
                    self._channel.send(job)
                    self._channel.recv_bytes(0)
                return
            except GONE as error:
                logger.warning("An analysis process ended before its picture: %r", error)
                self._end_process()
        raise NotReady

    def _finish(self, job: AnyJob, receive: Callable[[wire.Channel], Answer]) -> Answer:
        self._pictures += 1
        # The lease of a comparison ends with its seconds; that of a picture is renewed.
        longest = LONGEST if isinstance(job, Job) else 1
        with self._killed_after(job.seconds, longest) as late:
            try:
                return receive(self._channel)
            except ImageError:
                raise
            except wire.Shortage as error:
                self._end_process()  # nobody knows in which state that left its libraries
                raise NeedsMemory(self._setup.memory // 2**20) from error
            except GONE as error:
                raise self._explain(late.is_set(), job) from error

    def _explain(self, late: bool, job: AnyJob) -> ImageError:
        """End what is left of the process, and say in the log and to the user how it ended."""
        process = self._process
        self._end_process()
        code = process.returncode if process else None
        how = f"was killed after {job.seconds:g} s" if late else f"ended with {code}"
        logger.error("The analysis of a picture of %d bytes %s.", job.size, how)
        return TooSlow(job.seconds) if late else BrokenOff()

    @contextmanager
    def _killed_after(self, seconds: float, longest: int = 1) -> Iterator[threading.Event]:
        """Kill the process unless the block ends in time, which also ends all waiting for it."""
        assert self._process is not None
        deadline = Deadline(self._process, seconds, longest)
        deadline.start()
        try:
            yield deadline.late
        finally:
            deadline.cancel()
            deadline.join()


def _start(descriptor: int, setup: Setup, scratch: Path) -> subprocess.Popen[bytes]:
    threads = setup.runtime.threads
    limits = dict.fromkeys(THREAD_VARIABLES, str(threads)) if threads else {}
    environment = _without_secrets(os.environ)
    rules = find_rules(setup, scratch, environment.get("LD_LIBRARY_PATH", "")).to_json()
    # A session of its own: Ctrl-C in a terminal is meant for the server, which then ends these.
    return subprocess.Popen(
        [sys.executable, "-m", confinement.__name__, rules, "-m", child.__name__, str(descriptor)],
        pass_fds=[descriptor],
        cwd=ROOT,
        env=environment | limits | {"TMPDIR": str(scratch)},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def _without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without keys, tokens, passwords and addresses that may hold some."""
    return {name: value for name, value in environment.items() if not SECRET.search(name)}
