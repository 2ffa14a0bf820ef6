"""When an analysis is given up: by the clock, and later where others have the processors."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from detector.analysis import deadline
from detector.analysis.deadline import LONGEST, Deadline, read_work
from detector.tests.factories.servers import wait_for

SLEEPS = "import time; print(flush=True); time.sleep(60)"
WORKS = "print(flush=True)\nwhile True: pass"


@contextmanager
def running(code: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


@pytest.fixture(scope="module")
def process() -> Iterator[subprocess.Popen[bytes]]:
    with running(SLEEPS) as process:
        yield process


@pytest.mark.parametrize(
    ("passed", "worked", "longest", "is_over"),
    [
        (9.9, 9.9, LONGEST, False),
        (10, 5, LONGEST, True),
        (10, 4.9, LONGEST, False),  # others have had more than half of a processor
        (29.9, 4.9, LONGEST, False),
        (30, 4.9, LONGEST, True),  # it may as well do nothing at all
        (10, 0, 1, True),
    ],
)
def test_who_was_kept_waiting_by_others_has_more_time(
    process: subprocess.Popen[bytes], passed: float, worked: float, longest: int, is_over: bool
) -> None:
    assert Deadline(process, 10, longest)._is_over(passed, worked) is is_over


def test_without_proc_the_clock_alone_counts(
    process: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(deadline, "PROC", tmp_path)
    assert read_work(process.pid) == 0.0
    monkeypatch.setattr(deadline, "PROC", tmp_path / "none")
    watch = Deadline(process, 10, LONGEST)
    assert watch._is_over(10, 0) and not watch._is_over(9.9, 0)


@pytest.mark.slow
@pytest.mark.parametrize("code", [SLEEPS, WORKS])
def test_who_does_not_end_is_killed(code: str) -> None:
    with running(code) as process:
        watch = Deadline(process, 0.1, LONGEST)
        watch.start()
        assert process.wait(60) == -signal.SIGKILL
        watch.join()
        assert watch.late.is_set()


def test_who_ends_in_time_is_left_alone(process: subprocess.Popen[bytes]) -> None:
    watch = Deadline(process, 60, 1)
    watch.start()
    watch.cancel()
    watch.join()
    assert process.poll() is None and not watch.late.is_set()


def test_the_work_of_a_process_is_that_of_the_system() -> None:
    with running(WORKS) as process:
        wait_for(lambda: read_work(process.pid) > 0.02, process)
    assert read_work(process.pid) == 0.0
