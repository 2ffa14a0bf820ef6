"""The errors to expect: how often each verdict was given, by facts that serving can see.

Unlike the kinds of groups.py, which the corpus names, these are the kinds that serving saw: a user
has no other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from detector.accuracy.figure import Figure
from detector.accuracy.names import CLASSES, LABELS, call_key
from detector.accuracy.outcomes import LabelCounts
from detector.accuracy.report import Report
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

from .outcome import Outcome

# A group of pictures, how many it has, and how many of them got the wrong label.
Tally = tuple[Place, int, int]


def count_errors(
    labels: np.ndarray, outcomes: Mapping[str, Sequence[Outcome]]
) -> tuple[LabelCounts, ...]:
    """A row for each condition, class, kind and size.

    `labels` (n,) are 0 or 1. Pictures on which evidence in the file decided are left out: these are
    the errors of verdicts on pixels.
    """
    counts: dict[tuple[str, str, str, str], Counter[str]] = {}
    for condition, answers in outcomes.items():
        for label, outcome in zip(labels, answers, strict=True):
            if not outcome.decided:
                place = (CLASSES[label], condition, outcome.kind, outcome.size)
                counts.setdefault(place, Counter())[outcome.label] += 1
    return tuple(
        LabelCounts(*place, {label: counts[place][label] for label in LABELS})
        for place in sorted(counts)
    )


def extract_counts(report: Report) -> Counts:
    """The counts for serving: every group of LEAST pictures or more.

    A report from before `count_errors` has no kinds of AI pictures and no sizes; what it has is
    taken.
    """
    tallies: dict[str, Counter[str]] = {}
    for place, n, wrong in _tallies(report):
        if place.condition in (*LOOKED_UP, report.main):
            tallies.setdefault(place.write(), Counter()).update(n=n, wrong=wrong)
    cells = {key: _cell(counts) for key, counts in tallies.items() if counts["n"] >= LEAST}
    return Counts(report.main, cells)


def _cell(counts: Counter[str]) -> Cell:
    low, high = wilson_interval(counts["wrong"], counts["n"])
    return Cell(counts["n"], counts["wrong"], round(low, 4), round(high, 4))


def _tallies(report: Report) -> Iterator[Tally]:
    return _of_older(report) if report.errors is None else _of_rows(report.errors)


def _of_rows(rows: Sequence[LabelCounts]) -> Iterator[Tally]:
    wrong = dict(WRONG.values())
    for row in rows:
        for kind in dict.fromkeys((row.kind or ANY, ANY)):
            for size in dict.fromkeys((row.size or ANY, ANY)):
                place = Place(row.truth, row.condition, kind, size)
                yield place, row.n, row.counts[wrong[row.truth]]


def _of_older(report: Report) -> Iterator[Tally]:
    totals = {"ai": report.facts.n_ai, "real": report.facts.n_real}
    for name, condition in report.conditions.items():
        for truth, label in WRONG.values():
            share = condition.calls.shares[call_key(truth, label)]
            yield Place(truth, name), totals[truth], _count(totals[truth], share)
    for name, groups in report.groups.get("kinds", {}).items():
        for group in groups:
            if kind := OF_CORPUS.get(group.name):
                yield Place("real", name, kind), group.n, _count(group.n, group.called_ai)


def _count(n: int, share: Figure) -> int:
    """The number of pictures of which a share of `n` was made. Raises `ValueError` without one."""
    if share.value is None:
        raise ValueError("The report lacks a share of pictures that were called wrongly.")
    return round(n * share.value)


def write_expected_errors(report: Report, folder: Path) -> None:
    """Fill a weights folder with the counts of a report, and their digests. Raises `OSError`.

    A report without the shares of pictures that were called wrongly raises `ValueError`.
    """
    facts = report.facts
    about = {name: getattr(facts, name) for name in ("data", "split", "command", "version")}
    write_counts(folder, extract_counts(report), about)
    write_digests(folder)
