"""The figures of groups of pictures: of a generator, a source, or a kind of real pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .figure import Figure, Row

# The sections of a report with groups, and the key of the name of a group in each of them.
GROUP_NAMES = {"generators": "generator", "sources": "source", "kinds": "kind"}


@dataclass(frozen=True)
class CalledAi:
    """Of `n` pictures with a score, the share that was called AI."""

    n: int
    share: Figure

    @classmethod
    def from_dict(cls, row: Row) -> CalledAi:
        """The share that `to_dict` gave."""
        return cls(row["n"], Figure.from_dict(row, "called_ai"))

    def to_dict(self) -> dict[str, Any]:
        """The entries that `from_dict` reads."""
        return {"n": self.n, **self.share.to_dict("called_ai")}


@dataclass(frozen=True)
class Group:
    """The share of its `n` pictures that the verdict called AI, and the AUROC of each method.

    The AUROC, by key of the method or the verdict, is that against all pictures of the other
    class. `by_method` has the share that each method called AI, where that was counted.
    """

    name: str
    n: int
    called_ai: Figure
    areas: dict[str, Figure]
    by_method: dict[str, CalledAi] | None = None

    @classmethod
    def from_dict(cls, row: Row, name: str) -> Group:
        """The group that `to_dict` gave; `name` is one of the values of GROUP_NAMES."""
        by_method = row.get("by_method")
        return cls(
            row[name],
            row["n"],
            Figure.from_dict(row, "called_ai"),
            _read_areas(row["roc_auc"], row["roc_auc_interval"]),
            by_method and {key: CalledAi.from_dict(called) for key, called in by_method.items()},
        )

    def to_dict(self, name: str) -> dict[str, Any]:
        """The entries that `from_dict` reads."""
        row = {name: self.name, "n": self.n, **self.called_ai.to_dict("called_ai")}
        row["roc_auc"] = {key: area.value for key, area in self.areas.items()}
        row["roc_auc_interval"] = {
            key: list(area.interval) if area.interval else None for key, area in self.areas.items()
        }
        if self.by_method is not None:
            row["by_method"] = {key: called.to_dict() for key, called in self.by_method.items()}
        return row


def _read_areas(values: Row, intervals: Row) -> dict[str, Figure]:
    return {
        key: Figure.from_dict({"area": value, "area_interval": intervals[key]}, "area")
        for key, value in values.items()
    }
