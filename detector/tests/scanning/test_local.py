"""The engine of one machine: real processes that die, and pictures that wait for their turn."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings

from detector.analysis import pool as pool_module
from detector.analysis.answers import NotReady, Setup
from detector.analysis.pool import AnalysisProcess
from detector.inference.images import Limits
from detector.inference.runtime import WEIGHTS_DIR, Runtime
from detector.scanning.engines import ENGINES, Order
from detector.scanning.local import analyse_here
from detector.scanning.pictures import Picture, read_state
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.scanning import POISON
from detector.tests.factories.servers import wait_for

DEADLY = "detector.tests.factories.deadly_child"


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """One method, and weights of the fusion alone: such a process starts quickly."""
    weights = tmp_path / "weights"
    shutil.copytree(WEIGHTS_DIR / "fusion", weights / "fusion")
    runtime = Runtime(tmp_path, tmp_path, weights, hub_cache=tmp_path, force_cpu=True, threads=1)
    return Setup(runtime, 1024 * 2**20, settings.LOGGING, ("forensics",))


@pytest.mark.slow
def test_a_picture_that_kills_its_process_is_one_row_and_the_others_have_theirs(
    setup: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "child", SimpleNamespace(__name__=DEADLY))
    monkeypatch.setattr(pool_module, "_start", count := Count(pool_module._start))
    for name, data in (("poison", POISON), ("a", encode(noise(), "PNG"))):
        (tmp_path / f"{name}.png").write_bytes(data)
    order = Order(setup, Limits(), 60, "1+a", processes=1)
    names = [str(tmp_path / f"{name}.png") for name in ("poison", "a")]
    pictures = [Picture(name, read_state(name)) for name in names]
    rows = {row["path"]: row for row in ENGINES["local"](order, None)(pictures)}
    assert "broke off" in rows[names[0]]["error"]
    assert [method["key"] for method in rows[names[1]]["methods"]] == ["forensics"]
    assert count.times == 1 + 3


def test_processes_have_as_many_threads_as_the_runtime_says(setup: Setup) -> None:
    process = AnalysisProcess(setup)
    try:
        child = process._process
        assert child is not None
        # It is empty for a moment, while the new program is put in place of the old one.
        environ = wait_for(Path(f"/proc/{child.pid}/environ").read_bytes).split(b"\0")
    finally:
        process.end()
    for name in (b"OMP_NUM_THREADS", b"OPENBLAS_NUM_THREADS", b"OPENCV_FOR_THREADS_NUM"):
        assert name + b"=1" in environ


class Count:
    """Counts the calls of a function."""

    def __init__(self, function):
        self.function, self.times = function, 0

    def __call__(self, *arguments):
        self.times += 1
        return self.function(*arguments)


def test_a_bounded_number_of_pictures_is_taken_from_the_source() -> None:
    taken: list[int] = []

    def source() -> Iterator[Picture]:
        for number in range(50):
            taken.append(number)
            yield Picture(str(number), "")

    analyst = SimpleNamespace(analyse=lambda picture: {"path": picture.name})
    rows = analyse_here(analyst, source(), 2)  # type: ignore[arg-type]
    next(rows)
    assert len(taken) <= 4
    assert len(list(rows)) == 49


def test_what_concerns_all_pictures_ends_the_scan() -> None:
    def analyse(picture: Picture) -> None:
        raise NotReady

    analyst = SimpleNamespace(analyse=analyse)
    with pytest.raises(NotReady):
        list(analyse_here(analyst, [Picture("a", "")], 2))  # type: ignore[arg-type]
