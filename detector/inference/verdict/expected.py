"""How often an outcome was wrong for pictures like this one, as the accuracy report counted it.

`manage.py write_expected_errors` writes the counts that ship from the report of `evaluate`. They
are looked up here and never computed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from detector.inference.results import ExpectedErrors, Outcome
from detector.inference.weights.folder import check_digests
from detector.inference.weights.ranges import Fields, read_fields

ACCURACY_FOLDER, COUNTS = "accuracy", "counts.json"
# Fewer pictures than these tell too little.
LEAST = 25
ANY = "any"
MOST_PICTURES = 10**9
# For each outcome that can be wrong: the class of the pictures for which it is, and their label.
WRONG: dict[Outcome, tuple[str, str]] = {"ai": ("real", "ai"), "no_sign": ("ai", "real")}
CODES: dict[Outcome, str] = {"ai": "expected.ai", "no_sign": "expected.no_sign"}


@dataclass(frozen=True)
class Cell:
    """`n` pictures, of which `wrong` got a label that is wrong; the 95 % interval of the share."""

    n: int
    wrong: int
    low: float
    high: float


@dataclass(frozen=True)
class Place:
    """A group in which pictures of one class were counted; ANY means all kinds or all sizes."""

    truth: str
    condition: str
    kind: str = ANY
    size: str = ANY

    def write(self) -> str:
        """The key of its counts in the file."""
        return "/".join((self.truth, self.condition, self.kind, self.size))


@dataclass(frozen=True)
class Counts:
    """The counts by `Place.write`; `main` is the condition that is used if there is no other."""

    main: str
    cells: Mapping[str, Cell]


NO_COUNTS = Counts("", {})


def expect_errors(
    outcome: Outcome, counts: Counts, *, condition: str, kind: str | None, size: str
) -> ExpectedErrors | None:
    """How often `outcome`, if it rests on pixels, was wrong for pictures of the other class.

    Of the nearest pictures of which at least LEAST were counted: of this kind, size and condition;
    of this kind; of all kinds. None for an outcome that cannot be wrong, and without any counts.
    """
    if outcome not in WRONG:
        return None
    truth, _ = WRONG[outcome]
    for place in _nearest(truth, condition, kind or ANY, size, counts.main):
        cell = counts.cells.get(place.write())
        if cell and cell.n >= LEAST:
            return _write(outcome, place, cell, kind)
    return None


def _nearest(truth: str, condition: str, kind: str, size: str, main: str) -> Iterator[Place]:
    for of_kind in dict.fromkeys((kind, ANY)):
        yield Place(truth, condition, of_kind, size)
        yield Place(truth, condition, of_kind)
        yield Place(truth, main, of_kind)


def _write(outcome: Outcome, place: Place, cell: Cell, kind: str | None) -> ExpectedErrors:
    size = "" if place.size == ANY else place.size
    own_kind = kind if kind and kind != place.kind else ""
    cell_params = vars(cell) | {"kind": place.kind, "condition": place.condition}
    params = cell_params | {"size": size, "asked": own_kind}
    return ExpectedErrors(CODES[outcome], params, **cell_params)


def load_counts(weights_dir: Path) -> Counts:
    """The counts that ship.

    Raises `OSError`, or `ValueError` if they are not as they shipped or out of range.
    """
    path = weights_dir / ACCURACY_FOLDER / COUNTS
    return _load_counts(path, path.stat().st_mtime_ns)


@cache
def _load_counts(path: Path, _mtime_ns: int) -> Counts:
    check_digests(path.parent)
    fields = read_fields(path)
    cells = fields.fields("cells")
    return Counts(
        fields.text("main", 40),
        {key: _cell(cells.fields(key)) for key in cells.values},
    )


def _cell(fields: Fields) -> Cell:
    n = fields.whole("n", 1, MOST_PICTURES)
    return Cell(n, fields.whole("wrong", 0, n), *fields.interval("interval"))


def write_counts(folder: Path, counts: Counts, about: Mapping[str, object]) -> None:
    """Write the file that `load_counts` reads; `about` describes the measurement."""
    cells = {
        key: {"n": cell.n, "wrong": cell.wrong, "interval": [cell.low, cell.high]}
        for key, cell in counts.cells.items()
    }
    content = {**about, "main": counts.main, "cells": cells}
    (folder / COUNTS).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
