"""A figure with its interval, and how it is written to a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# An object of a JSON file.
Row = Mapping[str, Any]

DECIMALS = 4


@dataclass(frozen=True)
class Figure:
    """A figure in [0, 1] with the bounds of its 95 % interval; None where there is none.

    All three are rounded to DECIMALS, so that a figure equals the one that its file gives.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        for name in ("value", "low", "high"):
            object.__setattr__(self, name, _round(getattr(self, name)))

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both bounds; None where there are none."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    @classmethod
    def from_dict(cls, row: Row, name: str) -> Figure:
        """The figure `name` of an object that has `<name>_interval` and `<name>_reason` beside it.

        Raises `TypeError` or `ValueError` for anything but a number and two bounds.
        """
        if name not in row:
            return cls(None, reason="not measured")
        value = row[name]
        if value is None:
            return cls(None, reason=str(row.get(f"{name}_reason", "")))
        low, high = row.get(f"{name}_interval") or (None, None)
        if low is None:
            return cls(_number(value))
        return cls(_number(value), _number(low), _number(high))

    def to_dict(self, name: str) -> dict[str, Any]:
        """The entries that `from_dict` reads."""
        bounds = self.interval
        entries: dict[str, Any] = {
            name: self.value,
            f"{name}_interval": list(bounds) if bounds else None,
        }
        return entries | ({f"{name}_reason": self.reason} if self.reason else {})


def read_figures(row: Row, names: Iterable[str]) -> dict[str, Figure]:
    """The figures of these names. Raises as `Figure.from_dict`."""
    return {name: Figure.from_dict(row, name) for name in names}


def write_figures(figures: Mapping[str, Figure]) -> dict[str, Any]:
    """The entries that `read_figures` reads."""
    entries: dict[str, Any] = {}
    for name, figure in figures.items():
        entries |= figure.to_dict(name)
    return entries


def _round(value: float | None) -> float | None:
    return None if value is None else round(float(value), DECIMALS)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError("A figure is a number from 0 to 1.")  # which NaN is not
    return float(value)
