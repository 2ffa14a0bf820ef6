"""Thousands of hostile files in a confined process: each is refused clearly or gets a verdict.

None may end the process, take longer than 10 s or need more than 1 GB.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from detector.analysis.answers import Job, NeedsMemory, NotAnalysed, Setup
from detector.analysis.pool import AnalysisProcess
from detector.inference.images import ImageError, Limits
from detector.inference.runtime import Runtime
from detector.tests.factories.mutations import mutate
from detector.tests.factories.side_bombs import POLYGLOTS, SIDE_BOMBS
from detector.tests.fuzzing.image_targets import image_seeds

pytestmark = pytest.mark.slow

FILES, AT_ONCE = 3200, 400
SECONDS, MEMORY = 10.0, 1024 * 2**20


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnalysisProcess]:
    """One that opens pictures and reads what is in them; networks see pixels alone."""
    folder = tmp_path_factory.mktemp("nothing")
    runtime = Runtime(folder, folder, hub_cache=folder)
    setup = Setup(runtime, MEMORY, settings.LOGGING, ("forensics",), scratch=folder)
    process = AnalysisProcess(setup)
    yield process
    process.end()


def end_of(process: AnalysisProcess, data: bytes) -> str:
    """How the analysis ends: "verdict", or the kind of its refusal."""
    try:
        verdict = process.analyse(Job(data, Limits(), SECONDS)).verdict
    except NeedsMemory:
        return "needs memory"
    except NotAnalysed as error:
        return type(error).__name__
    except ImageError as error:
        sentence = str(error)
        assert sentence.endswith(".") and "Traceback" not in sentence and len(sentence) < 500
        return "refused"
    json.dumps(verdict.to_dict(), allow_nan=False)
    assert all(method.status != "error" for method in verdict.methods), verdict.methods
    return "verdict"


GOOD_ENDS = {"verdict", "refused", "needs memory"}


@pytest.fixture(scope="module")
def seeds() -> list[bytes]:
    return image_seeds("all")


@pytest.mark.parametrize("first", range(0, FILES, AT_ONCE))
def test_every_malformed_file_ends_in_a_refusal_or_a_verdict(
    process: AnalysisProcess, seeds: list[bytes], first: int, tmp_path: Path
) -> None:
    ends: Counter[str] = Counter()
    for number in range(first, first + AT_ONCE):
        ends[end := end_of(process, mutate(seeds, number))] += 1
        assert end in GOOD_ENDS, f"file {number} ends as {end}"
    # Neither door is shut: the damage is real, and not all of it spoils the picture.
    assert ends["refused"] > AT_ONCE / 10 and ends["verdict"] > AT_ONCE / 10, ends


@pytest.mark.parametrize("kind", [*SIDE_BOMBS, *POLYGLOTS])
def test_every_bomb_and_polyglot_ends_so_too(process: AnalysisProcess, kind: str) -> None:
    build = (SIDE_BOMBS | POLYGLOTS)[kind]
    assert end_of(process, build()) in GOOD_ENDS


def test_the_same_number_gives_the_same_file(seeds: list[bytes]) -> None:
    assert mutate(seeds, 77) == mutate(seeds, 77) != mutate(seeds, 78)
    assert all(mutate(seeds, number) != seeds[number % len(seeds)] for number in range(0, 300, 7))
