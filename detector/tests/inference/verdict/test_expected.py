"""The errors to expect: those of the nearest pictures of which enough were counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from detector.inference.runtime import WEIGHTS_DIR
from detector.inference.verdict.expected import (
    ACCURACY_FOLDER,
    COUNTS,
    Cell,
    Counts,
    Place,
    expect_errors,
    load_counts,
    write_counts,
)
from detector.inference.weights.folder import write_digests

MAIN = "JPEG 95"


def counts(**cells: int) -> Counts:
    """Counts whose keys are places with "__" for the slash; the value is n, of which 2 wrong."""
    written = {key.replace("__", "/").replace("_", " "): n for key, n in cells.items()}
    return Counts(MAIN, {key: Cell(n, 2, 0.01, 0.1) for key, n in written.items()})


NEAREST = {
    "real__JPEG_70__art__small": 101,
    "real__JPEG_70__art__any": 102,
    "real__JPEG_95__art__any": 103,
    "real__JPEG_70__any__small": 104,
    "real__JPEG_70__any__any": 105,
    "real__JPEG_95__any__any": 106,
}


@pytest.mark.parametrize("gone", range(6))
def test_the_nearest_pictures_that_are_enough_are_taken(gone: int) -> None:
    """A group of less than 25 is passed over, as one that was not measured is."""
    few = dict.fromkeys(list(NEAREST)[:gone], 24)
    found = expect_errors(
        "ai", counts(**NEAREST | few), condition="JPEG 70", kind="art", size="small"
    )
    assert found is not None and found.n == 101 + gone
    assert (found.wrong, found.low, found.high) == (2, 0.01, 0.1)
    assert ("Too few works of art" in found.text) == (gone >= 3)
    assert ("short side below 512" in found.text) == (gone in (0, 3))
    assert f"quality {70 if gone not in (2, 5) else 95}" in found.text


def test_none_is_told_where_nothing_was_counted() -> None:
    few = counts(**dict.fromkeys(NEAREST, 24))
    assert expect_errors("ai", few, condition="JPEG 70", kind="art", size="small") is None


def test_an_unknown_kind_is_of_all_kinds() -> None:
    found = expect_errors("ai", counts(**NEAREST), condition="JPEG 70", kind=None, size="small")
    assert found is not None and (found.n, found.kind) == (104, "any")
    assert "Too few" not in found.text


def test_no_sign_is_wrong_for_pictures_made_by_ai() -> None:
    found = expect_errors(
        "no_sign", counts(ai__JPEG_95__any__any=30), condition=MAIN, kind=None, size="large"
    )
    assert found is not None and "30 pictures of all kinds" in found.text
    assert "made by AI, 2 were called “No sign of AI found”" in found.text


@pytest.mark.parametrize("outcome", ["uncertain", "not_assessed", "captured", "ai_edited"])
def test_what_takes_no_side_of_the_pixels_has_no_errors(outcome: str) -> None:
    every = counts(**NEAREST | {"ai__JPEG_95__any__any": 30})
    assert expect_errors(outcome, every, condition=MAIN, kind=None, size="small") is None  # type: ignore[arg-type]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    (tmp_path / ACCURACY_FOLDER).mkdir()
    written = Counts(MAIN, {Place("real", MAIN).write(): Cell(30, 1, 0.01, 0.2)})
    write_counts(tmp_path / ACCURACY_FOLDER, written, {"data": "corpus"})
    write_digests(tmp_path / ACCURACY_FOLDER)
    assert load_counts(tmp_path) == written


@pytest.mark.parametrize(
    "cell",
    [
        {"n": 0, "wrong": 0, "interval": [0, 1]},
        {"n": 3, "wrong": 4, "interval": [0, 1]},
        {"n": 3, "wrong": 1, "interval": [0.5, 0.1]},
        {"n": 3, "wrong": 1},
        [],
    ],
)
def test_counts_out_of_range_are_refused(tmp_path: Path, cell: object) -> None:
    (tmp_path / ACCURACY_FOLDER).mkdir()
    (tmp_path / ACCURACY_FOLDER / COUNTS).write_text(
        json.dumps({"main": MAIN, "cells": {"a": cell}})
    )
    write_digests(tmp_path / ACCURACY_FOLDER)
    with pytest.raises(ValueError, match=COUNTS):
        load_counts(tmp_path)


def test_the_counts_that_ship_can_be_said() -> None:
    shipped = load_counts(WEIGHTS_DIR)
    for key in shipped.cells:
        truth, condition, kind, size = key.split("/")
        outcome = "ai" if truth == "real" else "no_sign"
        found = expect_errors(
            outcome,  # type: ignore[arg-type]
            shipped,
            condition=condition,
            kind=None if kind == "any" else kind,
            size=size,
        )
        assert found is not None and found.text
