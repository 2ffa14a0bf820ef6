"""The figures of every method and of the verdict under one condition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .figure import Figure, Row, read_figures, write_figures
from .names import COUNTS, FIGURES, SHARES, VERDICT, decided_key


@dataclass(frozen=True)
class ScoreFigures:
    """Figures by name over pictures with a score, and how many of each class these are."""

    n_ai: int
    n_real: int
    figures: dict[str, Figure]

    def to_dict(self) -> dict[str, Any]:
        """The numbers of pictures, then the figures."""
        return {"n_ai": self.n_ai, "n_real": self.n_real, **write_figures(self.figures)}


@dataclass(frozen=True)
class MethodFigures(ScoreFigures):
    """The FIGURES of a method or of the verdict, and the numbers of pictures without a score."""

    abstained_ai: int
    abstained_real: int
    failed: int

    @property
    def area(self) -> Figure:
        """The area under the ROC curve."""
        return self.figures["roc_auc"]

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of pictures without a score, by their names in COUNTS."""
        values = (self.abstained_ai, self.abstained_real, self.failed)
        return dict(zip(COUNTS, values, strict=True))

    @classmethod
    def from_dict(cls, row: Row) -> MethodFigures:
        """The figures that `to_dict` gave; a figure that the row lacks was not measured."""
        counts = (row[name] for name in COUNTS)
        return cls(row["n_ai"], row["n_real"], read_figures(row, FIGURES), *counts)

    def to_dict(self) -> dict[str, Any]:
        """The entries that `from_dict` reads."""
        return super().to_dict() | self.counts


@dataclass(frozen=True)
class Calls:
    """The SHARES of each class that got each label, and on how many the file itself decided."""

    shares: dict[str, Figure]
    decided_ai: int
    decided_real: int

    @property
    def decided(self) -> dict[str, int]:
        """The numbers of pictures on which the file itself decided, by their names."""
        return {decided_key("ai"): self.decided_ai, decided_key("real"): self.decided_real}

    @classmethod
    def from_dict(cls, row: Row) -> Calls:
        """The calls that `to_dict` gave."""
        decided = (row[decided_key(truth)] for truth in ("ai", "real"))
        return cls(read_figures(row, SHARES), *decided)

    def to_dict(self) -> dict[str, Any]:
        """The entries that `from_dict` reads."""
        return write_figures(self.shares) | self.decided


@dataclass(frozen=True)
class Condition:
    """The figures by key of each method and of the VERDICT, and the labels that the latter gave."""

    methods: dict[str, MethodFigures]
    calls: Calls

    @property
    def verdict(self) -> MethodFigures:
        """The figures of the verdict."""
        return self.methods[VERDICT]

    @property
    def reasons(self) -> list[str]:
        """The reasons for missing figures, each of them once."""
        figures = [figure for row in self.methods.values() for figure in row.figures.values()]
        return list(dict.fromkeys(figure.reason for figure in figures if figure.reason))

    @classmethod
    def from_dict(cls, rows: Row, keys: Iterable[str]) -> Condition:
        """The condition that `to_dict` gave. Raises `LookupError` without one of the `keys`."""
        methods = {key: MethodFigures.from_dict(rows[key]) for key in keys}
        return cls(methods, Calls.from_dict(rows[VERDICT]))

    def to_dict(self) -> dict[str, Any]:
        """A row for each method; that of the verdict also has its calls."""
        rows = {key: figures.to_dict() for key, figures in self.methods.items()}
        return rows | {VERDICT: rows[VERDICT] | self.calls.to_dict()}
