"""The figures of each generator, and of each source and each kind of real pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from detector.accuracy.figure import Figure
from detector.inference.methods import METHODS
from detector.training.corpus.labelled import Picture
from detector.training.figures.metrics import roc_auc, roc_auc_interval
from detector.training.genimage.layout import UNKNOWN

from .figures import share
from .outcome import FUSED, Outcome, scores_of, titles

NOT_NAMED = "not named"
NOT_CALLED = Figure(None).to_dict("called_ai")

# For each method and the verdict P(AI) of the same pictures (n,), NaN where there is none.
Scores = dict[str, np.ndarray]
Row = dict[str, Any]


def by_generator(pictures: Sequence[Picture], outcomes: Sequence[Outcome], seed: int) -> list[Row]:
    """A row for each generator: its pictures against all real ones, worst AUROC first."""
    labels = np.array([picture.label for picture in pictures])
    names = np.array([picture.generator or NOT_NAMED for picture in pictures])
    rows = list(_rows("generator", names, labels, 1, outcomes, seed))
    return sorted(rows, key=lambda row: (_area(row), row["generator"]))


def by_source(pictures: Sequence[Picture], outcomes: Sequence[Outcome], seed: int) -> list[Row]:
    """A row for each source of real pictures, against all AI ones; most false positives first."""
    labels = np.array([picture.label for picture in pictures])
    names = np.array([picture.source for picture in pictures])
    rows = list(_rows("source", names, labels, 0, outcomes, seed))
    return _most_false_positives_first(rows, "source")


def by_kind(pictures: Sequence[Picture], outcomes: Sequence[Outcome], seed: int) -> list[Row]:
    """A row for each kind of real pictures (photo, art, ...), against all AI ones.

    Most false positives first. `by_method` has those of each method alone.
    """
    labels = np.array([picture.label for picture in pictures])
    names = np.array([picture.kind or UNKNOWN for picture in pictures])
    rows = [
        row | {"by_method": _by_method(outcomes, (names == row["kind"]) & (labels == 0))}
        for row in _rows("kind", names, labels, 0, outcomes, seed)
    ]
    return _most_false_positives_first(rows, "kind")


def _by_method(outcomes: Sequence[Outcome], own: np.ndarray) -> dict[str, Row]:
    """Of the pictures `own` (n,) that a method gave a score: n, and the share at 0.5 or more.

    One half is where `balanced_accuracy` divides, too; the share is None where n is 0.
    """
    rows: dict[str, Row] = {}
    for key in METHODS:
        scores = scores_of(outcomes, key)[own]
        values = scores[~np.isnan(scores)]
        calls = share("called_ai", values >= 0.5) if len(values) else NOT_CALLED
        rows[key] = {"n": len(values), **calls}
    return rows


def _most_false_positives_first(rows: list[Row], kind: str) -> list[Row]:
    return sorted(rows, key=lambda row: (-row["called_ai"], _area(row), row[kind]))


def _area(row: Row) -> float:
    area = row["roc_auc"][FUSED]
    return 1.0 if area is None else float(area)


def _rows(
    kind: str,
    names: np.ndarray,
    labels: np.ndarray,
    label: int,
    outcomes: Sequence[Outcome],
    seed: int,
) -> Iterator[Row]:
    """A row for each of the `names` (n,) that pictures of the class `label` have."""
    scores = {key: scores_of(outcomes, key) for key in titles()}
    is_called_ai = np.array([outcome.label == "ai" for outcome in outcomes])
    for name in np.unique(names[labels == label]):
        own = (names == name) & (labels == label)
        compared = own | (labels != label)
        areas = {key: _areas(labels, p, compared, seed) for key, p in scores.items()}
        yield {
            kind: str(name),
            "n": int(own.sum()),
            **share("called_ai", is_called_ai[own]),
            "roc_auc": {key: area for key, (area, _) in areas.items()},
            "roc_auc_interval": {key: interval for key, (_, interval) in areas.items()},
        }


def _areas(
    labels: np.ndarray, scores: np.ndarray, compared: np.ndarray, seed: int
) -> tuple[float | None, list[float] | None]:
    """AUROC and its interval over the pictures `compared` that have a score; None without both."""
    is_used = compared & ~np.isnan(scores)
    if len(set(labels[is_used])) < 2:
        return None, None
    bounds = roc_auc_interval(labels[is_used], scores[is_used], seed)
    return round(roc_auc(labels[is_used], scores[is_used]), 4), [
        round(bound, 4) for bound in bounds
    ]
