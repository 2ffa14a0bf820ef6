"""Method 3 on what the fuzzer starts from, and on all that it has ever broken."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from detector.tests.fuzzing.targets import TARGETS, one_input, seeds

CRASHERS = sorted((Path(__file__).parent / "crashers").glob("*.bin"))


@pytest.mark.parametrize("path", CRASHERS, ids=lambda path: path.name)
def test_what_once_broke_a_reader_no_longer_does(path: Path) -> None:
    started = time.thread_time()
    one_input(path.read_bytes())
    assert time.thread_time() - started < 2


def test_the_fuzzer_starts_with_every_target() -> None:
    assert {seed[0] for seed in seeds()} == set(range(len(TARGETS)))


def test_every_seed_is_read() -> None:
    for seed in seeds():
        one_input(seed)
        assert TARGETS[seed[0]](seed[1:]).problems == {}
