"""Method 3 on what the fuzzer starts from, and on all that it has ever broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.tests.factories.work import little_work
from detector.tests.fuzzing.targets import TARGETS, one_input, seeds

# What the fuzzer writes as `crash-...`. None so far; a name ends in ".bin".
CRASHERS = sorted((Path(__file__).parents[3] / "crashers").glob("*.bin"))


@pytest.mark.slow
def test_neither_seeds_nor_what_once_broke_a_reader_break_one() -> None:
    for data in [*seeds(), *(path.read_bytes() for path in CRASHERS)]:
        with little_work():
            one_input(data)


def test_the_fuzzer_starts_with_every_target() -> None:
    assert {seed[0] for seed in seeds()} == set(range(len(TARGETS)))


def test_every_seed_is_read() -> None:
    for seed in seeds():
        assert TARGETS[seed[0]](seed[1:]).problems == {}
