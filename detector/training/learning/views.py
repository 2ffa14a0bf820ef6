"""Pictures under fixed conditions, and what networks say of them: computed once and kept.

Resumable: one file for each picture and condition stays. Pictures come in turn from all sources, so
that what is done when a run is stopped is balanced.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from detector.inference.images import ImageError, open_image
from detector.inference.pixels.tiles import Pixels
from detector.training.corpus.labelled import Picture
from detector.training.pictures.augment import CONDITIONS

# By name, an array for each.
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class View:
    """A picture under one of CONDITIONS."""

    picture: Picture
    condition: str

    def file(self, folder: Path) -> Path:
        """Where its arrays are kept: corpora name their files by content."""
        return folder / self.condition.replace(" ", "") / f"{self.picture.path.stem}.npz"


def views_in_turn(pictures: Sequence[Picture], most: dict[str, int]) -> list[View]:
    """The first picture of every source and class under every condition, then the second of each.

    Under a condition at most `most[condition]` pictures of each source and class.
    """
    seen: Counter[tuple[str, int]] = Counter()
    ranked: list[tuple[int, View]] = []
    for picture in pictures:
        rank = seen[picture.source, picture.label]
        seen[picture.source, picture.label] += 1
        ranked += [(rank, View(picture, name)) for name, count in most.items() if rank < count]
    return [view for _, view in sorted(ranked, key=lambda pair: pair[0])]


def compute_missing(
    views: Sequence[View], folder: Path, compute: Callable[[Pixels], Arrays]
) -> Iterator[None]:
    """Write the arrays of every view that has none yet; yields after each view, in order.

    A picture that cannot be read gets a file without arrays.
    """
    for view in views:
        file = view.file(folder)
        if not file.exists():
            write_arrays(file, _computed(view, compute))
        yield


def _computed(view: View, compute: Callable[[Pixels], Arrays]) -> Arrays:
    try:
        pixels = open_image(view.picture.path).pixels
        return compute(np.ascontiguousarray(CONDITIONS[view.condition](pixels)))
    except (ImageError, cv2.error):  # cv2: more columns than JPEG can hold
        return {}


def write_arrays(file: Path, arrays: Arrays) -> None:
    """Write an .npz file, never half of it. Raises `OSError`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".part")
    with draft.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)
    os.replace(draft, file)


def read_computed(views: Sequence[View], folder: Path) -> tuple[list[View], Arrays]:
    """The views that have arrays, and these by name, each with a row for a view."""
    kept: list[View] = []
    rows: list[Arrays] = []
    for view in views:
        with np.load(view.file(folder)) as arrays:
            if arrays.files:
                kept.append(view)
                rows.append(dict(arrays))
    return kept, {name: np.stack([row[name] for row in rows]) for name in (rows[0] if rows else {})}
