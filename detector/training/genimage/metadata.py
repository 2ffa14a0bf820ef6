"""The contents of metadata.json: counts, duplicates, pictures that are left out, warnings."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

import numpy as np

from detector.inference.names import brief

from .duplicates import DISTANCE
from .index import Index
from .scan import Outside
from .splits import SPLITS
from .table import Table

MOST_LEFT_OUT = 1000
MOST_LOOK_ALIKES = 3
LEAST_SHARE = 0.4


def describe_counts(table: Table, split: np.ndarray) -> dict[str, Any]:
    """By split, class, and generator or source; `split` (n,) holds positions in SPLITS."""
    return {name: _count(table, split == number) for number, name in enumerate(SPLITS)}


def _count(table: Table, members: np.ndarray) -> dict[str, Any]:
    """Pictures of each class, AI ones by generator and real ones by source."""
    pictures = np.bincount(table.rows["place"][members], minlength=len(table.places)).tolist()
    generators: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    for place, n in zip(table.places, pictures, strict=True):
        names, name = (generators, place.generator) if place.label else (sources, place.source)
        names[name] += n
    return {
        "ai": generators.total(),
        "real": sources.total(),
        "generators": {name: n for name, n in sorted(generators.items()) if n},
        "real_sources": {name: n for name, n in sorted(sources.items()) if n},
    }


def describe_duplicates(content: np.ndarray, groups: np.ndarray) -> dict[str, int]:
    """How many pictures are copies of others, by bytes or looks; both arrays of shape (n,)."""
    contents, sizes = int(content.max()) + 1, np.bincount(groups)
    return {
        "same_bytes": len(content) - contents,
        "look_alike": contents - len(sizes),
        "largest_group": int(sizes.max()),
        "distance": DISTANCE,
    }


def describe_left_out(index: Index, outside: Outside) -> dict[str, Any]:
    """The pictures outside the splits: the first MOST_LEFT_OUT by name, and their number."""
    files = [{"path": path, "reason": reason} for path, reason in index.left_out(MOST_LEFT_OUT)]
    return {
        "left_out": {"count": index.count_left_out(), "files": files},
        "outside_layout": asdict(outside.layout),
        "walk": asdict(outside.walk) | {"said": outside.walk.sentences()},
    }


def say_balance(labels: np.ndarray, split: np.ndarray) -> list[str]:
    """A warning for each split in which a class has less than LEAST_SHARE of the pictures."""
    warnings = []
    for number, name in enumerate(SPLITS):
        own = labels[split == number]
        if len(own) and not LEAST_SHARE <= own.mean() <= 1 - LEAST_SHARE:
            warnings.append(
                f"The classes are not balanced in {name}: {int(own.sum())} AI and "
                f"{int((1 - own).sum())} real pictures."
            )
    return warnings


def say_look_alikes(index: Index, pairs: np.ndarray) -> list[str]:
    """A warning about pairs (m, 2) of a real and an AI picture that look alike, if there are."""
    if not len(pairs):
        return []
    lines = [
        f"{brief(index.path(ai))} and {brief(index.path(real))}"
        for real, ai in pairs[:MOST_LOOK_ALIKES]
    ]
    return [
        f"AI and real pictures look alike and stay in one split: {'; '.join(lines)} ({len(pairs)} "
        "in all). Where the one was not made from the other, a label may be wrong."
    ]
