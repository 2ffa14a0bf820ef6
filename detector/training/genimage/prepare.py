"""From a folder of pictures to its splits: scan, group, split, measure the format bias, write."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from detector.inference.names import printable

from .complaints import check_classes, check_conflicts, find_generators
from .duplicates import group_pictures, in_both_classes, same_bytes
from .equalise import common_side
from .format_bias import FormatBias, measure_format_bias
from .index import NAME, Index
from .layout import LAYOUTS
from .metadata import (
    describe_counts,
    describe_duplicates,
    describe_left_out,
    say_balance,
    say_look_alikes,
)
from .scan import Outside, Progress, scan
from .splits import SPLITS_FOLDER, VERSION
from .splitting import Ratios, split_pictures
from .table import Table, read_table
from .writing import write_splits


@dataclass(frozen=True)
class SplitPlan:
    """How to split. With `equalise` None, equalising is on if the file format tells the class."""

    ratios: Ratios
    seed: int
    hold_out: tuple[str, ...] = ()
    equalise: bool | None = None
    workers: int = 1

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"--seed is {self.seed}; accepted are whole numbers from 0 up.")
        if self.workers < 1:
            raise ValueError(f"--workers is {self.workers}; accepted are whole numbers from 1 up.")
        if self.hold_out and not self.ratios.test:
            raise ValueError("--test-split is 0; --holdout-generator needs a test split.")


def split_folder(data_dir: Path, plan: SplitPlan, progress: Progress) -> dict[str, Any]:
    """Scan `data_dir`, write its splits and return the contents of metadata.json.

    Raises `OSError`, `ValueError` or `RuntimeError`, each with a sentence for the user.
    """
    folder = _make_folder(data_dir)
    index = Index(folder)
    try:
        outside = scan(data_dir, index, plan.workers, progress)
        table = read_table(index)
        check_classes(data_dir, index, table, outside)
        metadata, split = _decide(index, table, outside, plan)
        write_splits(folder, index, split, metadata)
    except sqlite3.DatabaseError as error:
        raise OSError(
            f"{printable(folder / NAME)}: {error}; delete it and run the command again."
        ) from error
    finally:
        index.close()
    return metadata


def _make_folder(data_dir: Path) -> Path:
    if not data_dir.is_dir():
        raise FileNotFoundError(
            f"There is no folder {printable(data_dir)}; needed is one with {LAYOUTS}."
        )
    folder = data_dir / SPLITS_FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OSError(f"{printable(folder)} cannot be written: {error.strerror}.") from error
    return folder


def _decide(
    index: Index, table: Table, outside: Outside, plan: SplitPlan
) -> tuple[dict[str, Any], np.ndarray]:
    """The contents of metadata.json, and the split of each readable picture, shape (n,)."""
    labels, content = table.labels, same_bytes(table.rows["sha256"])
    check_conflicts(index, in_both_classes(content, labels))
    held_out = find_generators(table, plan.hold_out)
    groups = group_pictures(content, table.rows["phash"], table.rows["flat"])
    split = split_pictures(
        labels, table.rows["place"], groups, table.made_by(held_out), plan.ratios, plan.seed
    )
    bias = measure_format_bias(table, groups, plan.seed, plan.workers)
    look_alikes = say_look_alikes(index, in_both_classes(groups, labels))
    warnings = [*bias.warnings, *say_balance(labels, split), *look_alikes]
    metadata = _terms(plan) | {
        "holdout_generators": sorted(held_out),
        "equalise": _equalise(plan, table, bias),
        "format_bias": bias.to_dict(),
        "counts": describe_counts(table, split),
        "duplicates": describe_duplicates(content, groups),
        **describe_left_out(index, outside),
        "warnings": warnings,
    }
    return metadata, split


def _terms(plan: SplitPlan) -> dict[str, Any]:
    val, test = plan.ratios.val, plan.ratios.test
    return {
        "version": VERSION,
        "seed": plan.seed,
        "ratios": {"train": round(1 - val - test, 9), "val": val, "test": test},
    }


def _equalise(plan: SplitPlan, table: Table, bias: FormatBias) -> dict[str, int] | None:
    is_on = bool(bias.warnings) if plan.equalise is None else plan.equalise
    return {"side": common_side(table.labels, table.shorter_sides)} if is_on else None
