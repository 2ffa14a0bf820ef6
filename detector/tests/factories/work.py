"""How much work a piece of code does, counted: on a busy machine the clock says little."""

from __future__ import annotations

import cProfile
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

# Calls of Python and C functions. The worst file of the tests takes 3 million (60,000
# comments in a JPEG); what grows with the square of its input takes thousands of millions.
MOST_CALLS = 6_000_000
# A single call, such as a search with a bad expression, may hang: no measurement, only an end.
PATIENCE = 60  # seconds of this process's own work


@contextmanager
def little_work(most: int = MOST_CALLS) -> Iterator[None]:
    """Fails if what is inside makes more than `most` calls, or hangs in one of them.

    Only the main thread may use it; calls of other threads are not counted.
    """
    profile = cProfile.Profile()
    with no_hang(), profile:
        yield
    calls = sum(entry.callcount for entry in profile.getstats())
    assert calls <= most, f"{calls:,} calls, at most {most:,} are allowed"


@contextmanager
def no_hang() -> Iterator[None]:
    """Fails what is inside when it works longer than PATIENCE."""

    def end(*args: object) -> None:
        pytest.fail(f"still at work after {PATIENCE} s")  # no code under test catches that

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
