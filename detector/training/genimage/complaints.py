"""The faults for which a data folder cannot be split, in sentences."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from detector.inference.names import brief, printable

from .index import Index
from .scan import Outside
from .table import Table

MOST_PAIRS = 10
BELONG = ("real_images/ or <generator>/train/nature", "ai_images/ or <generator>/train/ai")


def check_classes(data_dir: Path, index: Index, table: Table, outside: Outside) -> None:
    """Raises `ValueError` if pictures of a class are missing, and says where they belong."""
    real, ai = np.bincount(table.labels, minlength=2).tolist()
    if real and ai:
        return
    missing = [place for place, n in zip(BELONG, (real, ai), strict=True) if not n]
    parts = [
        f"{printable(data_dir)} has {ai} AI and {real} real pictures that can be read; needed are "
        f"both. Missing ones belong in {', and in '.join(missing)}."
    ]
    for path, reason in index.left_out(1):
        parts.append(
            f"{index.count_left_out()} cannot be read, the first is {brief(path)}: {reason}"
        )
    if outside.layout.count:
        first = brief(outside.layout.first)
        parts.append(f"{outside.layout.count} stand in other folders, the first is {first}.")
    parts += outside.walk.sentences()
    raise ValueError(" ".join(parts))


def check_conflicts(index: Index, pairs: np.ndarray) -> None:
    """Raises `ValueError` for files that are in both classes; `pairs` (m, 2) are real and AI."""
    if not len(pairs):
        return
    lines = [
        f"  {brief(index.path(ai))} = {brief(index.path(real))}" for real, ai in pairs[:MOST_PAIRS]
    ]
    if remainder := len(pairs) - len(lines):
        lines.append(f"  and {remainder} more")
    raise ValueError(
        "\n".join(["The same file is in both classes; remove the wrong one of each pair:", *lines])
    )


def find_generators(table: Table, names: tuple[str, ...]) -> set[str]:
    """The generators of these names, which may be given in any case, as their folders are called.

    Raises `ValueError` for a name that is not there.
    """
    there = {place.generator for place in table.places if place.generator}
    lowered = {name.lower() for name in names}
    if unknown := lowered - {name.lower() for name in there}:
        raise ValueError(
            f"--holdout-generator: there is no {', '.join(map(printable, sorted(unknown)))}; there "
            f"are {', '.join(map(printable, sorted(there)))}."
        )
    return {name for name in there if name.lower() in lowered}
