"""The readable pictures of a scan as columns: 90 bytes a picture, whatever their number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .index import Index
from .layout import Place, place_of
from .reading import ACCEPTED_FORMATS

FORMATS = tuple(ACCEPTED_FORMATS)
COLUMNS = np.dtype(
    [
        ("sha256", "S32"),
        ("phash", "i8"),
        ("flat", "?"),
        ("width", "i4"),
        ("height", "i4"),
        ("format", "i1"),  # position in FORMATS
        ("quality", "i1"),
        ("bytes", "i8"),
        ("place", "i4"),  # position in `Table.places`
    ]
)


@dataclass(frozen=True)
class Table:
    """`rows` has shape (n,) and the columns of COLUMNS, in the order of `Index.readable`."""

    rows: np.ndarray
    places: list[Place]

    @property
    def labels(self) -> np.ndarray:
        """0 = real, 1 = AI, shape (n,)."""
        return self._of_place([place.label for place in self.places], int)

    @property
    def shorter_sides(self) -> np.ndarray:
        """In pixels, shape (n,)."""
        return np.asarray(np.minimum(self.rows["width"], self.rows["height"]))

    @property
    def bytes_per_pixel(self) -> np.ndarray:
        """Of the file, shape (n,)."""
        pixels = self.rows["width"].astype(float) * self.rows["height"]
        return np.asarray(self.rows["bytes"] / pixels)

    def made_by(self, generators: set[str]) -> np.ndarray:
        """Which pictures these generators have made, shape (n,)."""
        return self._of_place([place.generator in generators for place in self.places], bool)

    def _of_place(self, values: list[int] | list[bool], dtype: type) -> np.ndarray:
        return np.asarray(np.array(values, dtype)[self.rows["place"]])


def read_table(index: Index) -> Table:
    """All readable pictures of `index`; `places` are numbered in the order of their names."""
    codes: dict[Place, int] = {}
    rows = np.fromiter(_rows(index, codes), COLUMNS, count=index.count_readable())
    places = sorted(codes, key=lambda place: (place.label, place.source, place.generator))
    position = {code: places.index(place) for place, code in codes.items()}
    if places:
        rows["place"] = np.array([position[code] for code in range(len(places))])[rows["place"]]
    return Table(rows, places)


def _rows(index: Index, codes: dict[Place, int]) -> Iterator[tuple[Any, ...]]:
    for path, size, facts in index.readable():
        place = place_of(path)
        assert place  # others never come into the index
        code = codes.setdefault(place, len(codes))
        format_ = FORMATS.index(facts.format)
        yield (
            *(facts.sha256, facts.phash, facts.flat, facts.width, facts.height),
            *(format_, facts.quality, size, code),
        )
