"""Which tests need a library of training: what each test file imports, by however many steps."""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
# Slow to import, and not installed where the site is only served.
TRAINING = {
    "accelerate", "datasets", "evaluate", "sklearn", "timm", "torch", "torchvision", "transformers",
}  # fmt: skip
# Those that `make quick` may leave out.
MARKS = ("slow", "torch", "browser")


@cache
def needing_training() -> frozenset[str]:
    """The modules of the project that import such a library, or a module that does."""
    graph = grimp.build_graph("detector", include_external_packages=True, cache_dir=None)
    libraries = TRAINING & graph.modules
    return frozenset().union(*map(graph.find_downstream_modules, libraries))


def needs_training(path: Path) -> bool:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return module in needing_training()


def left_out(config: pytest.Config) -> frozenset[str]:
    """The marks whose tests this run leaves out, as `make quick` does."""
    return frozenset(mark for mark in MARKS if f"not {mark}" in config.option.markexpr)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import what is left out: that alone takes seconds."""
    out = left_out(config)
    if not out or collection_path.suffix != ".py":
        return None
    if "torch" in out and needs_training(collection_path):
        return True
    of_file = re.search(
        r"^pytestmark = .+?\n\n", collection_path.read_text(), re.DOTALL | re.MULTILINE
    )
    return True if of_file and any(f"mark.{mark}" in of_file[0] for mark in out) else None


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, obj: object) -> list[pytest.Item] | None:
    """Do not make the cases of a function that is left out; there are thousands."""
    marks = {mark.name for mark in getattr(obj, "pytestmark", ())}
    return [] if marks & left_out(collector.config) else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays: looking through it for garbage would take seconds."""
    gc.disable()
    result = yield
    gc.enable()
    gc.freeze()
    return result


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if needs_training(item.path):
            item.add_marker("torch")


@pytest.fixture(autouse=True)
def training_is_marked(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test without the mark that loads such a library would slow down `make quick`."""
    before = TRAINING & sys.modules.keys()
    yield
    if request.node.get_closest_marker("torch") is None:
        loaded = TRAINING & sys.modules.keys() - before
        assert not loaded, f"{loaded} were loaded: mark it as torch, or import them in the file"
