"""Measured figures, read from files: report.json of `manage.py evaluate`, metrics.json of weights.

Nothing here computes a figure, and nothing is known by heart: what a file does not say is a
`Figure` without a value, with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .figure import CLASSES, LABELS, VERDICT, Figure, call_key

FIGURES = ("roc_auc", "balanced_accuracy", "recall_at_fpr_1", "ece")

# An object of a JSON file.
Row = Mapping[str, Any]


class AccuracyUnknown(Exception):
    """There is no report, or none that can be read; the message is a sentence for the page."""


@dataclass(frozen=True)
class Condition:
    """A method under one condition: the number of pictures with a score, and their FIGURES."""

    name: str
    n_ai: int
    n_real: int
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Calls:
    """The shares of real and of AI pictures that got each verdict, in the order of LABELS."""

    name: str
    real: tuple[Figure, ...]
    ai: tuple[Figure, ...]


@dataclass(frozen=True)
class Cell:
    """Of `n` real pictures, the share that was called AI."""

    n: int
    share: Figure


@dataclass(frozen=True)
class Kind:
    """A kind of real pictures, with a cell for each condition; None where it has no pictures."""

    name: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class MethodAccuracy:
    """All figures of one method, or of the verdict; only the verdict has `calls`."""

    conditions: tuple[Condition, ...]
    kinds: tuple[Kind, ...]
    calls: tuple[Calls, ...] = ()

    @property
    def reasons(self) -> list[str]:
        """Why figures are missing, each reason once."""
        figures = [figure for condition in self.conditions for figure in condition.figures]
        figures += [cell.share for kind in self.kinds for cell in kind.cells if cell]
        return list(dict.fromkeys(figure.reason for figure in figures if figure.reason))


@dataclass(frozen=True)
class Accuracy:
    """A report: `facts` on how it was measured, and what was measured, by key of the method.

    `main` is the condition to look at first, `kind_conditions` are those of `Kind.cells`.
    """

    facts: Row
    main: str
    kind_conditions: tuple[str, ...]
    methods: dict[str, MethodAccuracy]


def read_accuracy(path: Path) -> Accuracy:
    """Read report.json. Raises `AccuracyUnknown` where it is missing, broken or something else."""
    try:
        return _accuracy(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise AccuracyUnknown("There is no report.") from error
    except (OSError, ValueError, AttributeError, LookupError, TypeError, RecursionError) as error:
        raise AccuracyUnknown("There is a report, but it cannot be read.") from error


def _accuracy(report: Row) -> Accuracy:
    names = ("about", "data", "split", "n_ai", "n_real", "n_sources", "n_generators")
    facts = {name: report[name] for name in (*names, "version", "command")}
    kinds = report.get("kinds", {})  # older reports have none
    methods = {key: _method(report["conditions"], kinds, key) for key in report["methods"]}
    # The last one that is told in detail is re-encoded, where that was measured: "clean" flatters.
    return Accuracy(facts, list(report["curves"])[-1], tuple(kinds), methods)


def _method(conditions: Row, kinds: Row, key: str) -> MethodAccuracy:
    return MethodAccuracy(
        conditions=tuple(_condition(name, rows[key]) for name, rows in conditions.items()),
        kinds=tuple(_kinds(kinds, key)),
        calls=tuple(_calls(conditions)) if key == VERDICT else (),
    )


def _condition(name: str, row: Row) -> Condition:
    figures = tuple(Figure.from_dict(row, name) for name in FIGURES)
    return Condition(name, row["n_ai"], row["n_real"], figures)


def _calls(conditions: Row) -> Iterator[Calls]:
    for name, rows in conditions.items():
        real, ai = (
            tuple(Figure.from_dict(rows[VERDICT], call_key(truth, side)) for side in LABELS)
            for truth in CLASSES
        )
        yield Calls(name, real, ai)


def _kinds(kinds: Row, key: str) -> Iterator[Kind]:
    """Largest kind first, so that all methods have them in the same order."""
    tables = [{row["kind"]: row for row in rows} for rows in kinds.values()]
    sizes = {name: row["n"] for table in tables for name, row in table.items()}
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        yield Kind(name, tuple(_cell(table.get(name), key) for table in tables))


def _cell(row: Row | None, key: str) -> Cell | None:
    if row is None:
        return None
    counts = row if key == VERDICT else row["by_method"][key]
    share = Figure.from_dict(
        {"called_ai_reason": "no score for any of these pictures", **counts}, "called_ai"
    )
    return Cell(counts["n"], share)


@dataclass(frozen=True)
class Weights:
    """What metrics.json of a weights folder says; `training` and `calibration` may be empty.

    `training` counts pictures (n_ai, n_real), sources and generators; `arguments` are those of the
    training command; `chosen_for` are shares that the thresholds of the verdict aim at.
    """

    folder: str
    training: Row
    arguments: Row
    calibration: Row
    roc_auc: Figure
    ece: Figure
    chosen_for: Row


def read_weights(weights_dir: Path, folders: Iterable[str]) -> list[Weights]:
    """The facts of each of the `folders`; empty ones where the file is missing or broken."""
    return [_weights(folder, _read_metrics(weights_dir / folder)) for folder in folders]


def _read_metrics(folder: Path) -> Row:
    try:
        metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        _weights(folder.name, metrics)  # data that cannot be shown counts as missing
        return dict(metrics)
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return {}


def _weights(folder: str, metrics: Row) -> Weights:
    training, calibration = (dict(metrics.get(name) or {}) for name in ("training", "calibration"))
    return Weights(
        folder=folder,
        training=training,
        arguments=dict(training.get("arguments") or {}),
        calibration=calibration,
        roc_auc=Figure.from_dict(calibration, "roc_auc"),
        ece=Figure.from_dict(calibration, "ece"),
        chosen_for=dict(metrics.get("thresholds_chosen_for") or {}),
    )
