"""The errors to expect: how often each verdict was given, by facts that serving can see.

Unlike the kinds of groups.py, which the corpus names, these are the kinds that serving saw: a user
has no other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from detector.inference.pixels.likeness import LOOKED_UP
from detector.inference.verdict.expected import (
    ANY,
    LEAST,
    WRONG,
    Cell,
    Counts,
    Place,
    write_counts,
)
from detector.inference.weights.folder import write_digests
from detector.training.corpus.kinds import OF_CORPUS
from detector.training.figures.intervals import wilson_interval

from .outcome import FUSED, Outcome
from .summary import main_condition

Row = dict[str, Any]
TRUTHS = ("real", "ai")
LABELS = ("ai", "real", "uncertain")


def count_errors(labels: np.ndarray, outcomes: Mapping[str, Sequence[Outcome]]) -> list[Row]:
    """A row for each condition, class, kind and size: n, and how many got each label.

    `labels` (n,) are 0 or 1. Pictures on which evidence in the file decided are left out: these are
    the errors of verdicts on pixels.
    """
    counts: Counter[tuple[str, str, str, str, str]] = Counter()
    for condition, answers in outcomes.items():
        for label, outcome in zip(labels, answers, strict=True):
            if not outcome.decided:
                place = (TRUTHS[label], condition, outcome.kind, outcome.size)
                counts[(*place, outcome.label)] += 1
    rows = []
    for place in sorted({key[:4] for key in counts}):
        calls = {label: counts[(*place, label)] for label in LABELS}
        names: Row = dict(zip(("truth", "condition", "kind", "size"), place, strict=True))
        rows.append(names | {"n": sum(calls.values())} | calls)
    return rows


def extract_counts(report: Row) -> Counts:
    """The counts for serving, from report.json: every group of LEAST pictures or more.

    A report from before `count_errors` has no kinds of AI pictures and no sizes; what it has is
    taken.
    """
    main = main_condition(report)
    tallies: dict[str, Counter[str]] = {}
    for place, counts in _of_rows(report) if "errors" in report else _of_older(report):
        if place.condition in (*LOOKED_UP, main):
            tallies.setdefault(place.write(), Counter()).update(counts)
    cells = {key: _cell(counts) for key, counts in tallies.items() if counts["n"] >= LEAST}
    return Counts(main, cells)


def _cell(counts: Counter[str]) -> Cell:
    low, high = wilson_interval(counts["wrong"], counts["n"])
    return Cell(counts["n"], counts["wrong"], round(low, 4), round(high, 4))


def _of_rows(report: Row) -> list[tuple[Place, dict[str, int]]]:
    wrong = dict(WRONG.values())
    return [
        (
            Place(row["truth"], row["condition"], kind, size),
            {"n": row["n"], "wrong": row[wrong[row["truth"]]]},
        )
        for row in report["errors"]
        for kind in {row["kind"] or ANY, ANY}
        for size in {row["size"] or ANY, ANY}
    ]


def _of_older(report: Row) -> list[tuple[Place, dict[str, int]]]:
    cells = []
    for condition, methods in report["conditions"].items():
        for truth, label in WRONG.values():
            n, share = report[f"n_{truth}"], methods[FUSED][f"{truth}_called_{label}"]
            cells.append((Place(truth, condition), {"n": n, "wrong": round(n * share)}))
    for condition, rows in report.get("kinds", {}).items():
        for row in rows:
            if kind := OF_CORPUS.get(row["kind"]):
                wrong = round(row["n"] * row["called_ai"])
                cells.append((Place("real", condition, kind), {"n": row["n"], "wrong": wrong}))
    return cells


def write_expected_errors(report: Row, folder: Path) -> None:
    """Fill a weights folder with the counts of a report, and their digests. Raises `OSError`.

    A report that is none raises what looking something up in it does.
    """
    about = {name: report[name] for name in ("data", "split", "command", "version")}
    write_counts(folder, extract_counts(report), about)
    write_digests(folder)
