"""How a figure of merit stands in a file, written by training and read by the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What is measured, by its key among the methods of a report: each method, and the verdict.
VERDICT = "fused"
# What the verdict calls a picture.
LABELS = ("ai", "real", "uncertain")
CLASSES = ("real", "ai")

DECIMALS = 4


def call_key(truth: str, side: str) -> str:
    """The name of the share of pictures of the class `truth` that the verdict calls `side`."""
    return f"{truth}_called_{side}"


@dataclass(frozen=True)
class Figure:
    """A figure in [0, 1] with the bounds of its 95 % interval; None where there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""

    @classmethod
    def from_dict(cls, row: Mapping[str, Any], name: str) -> Figure:
        """The figure `name` of an object that has `<name>_interval` and `<name>_reason` beside it.

        Raises `TypeError` or `ValueError` for what is not a number and two bounds.
        """
        value = row.get(name)
        if value is None:
            return cls(None, reason=str(row.get(f"{name}_reason", "not measured")))
        low, high = row.get(f"{name}_interval") or (None, None)
        if low is None:
            return cls(_number(value))
        return cls(_number(value), _number(low), _number(high))

    def to_dict(self, name: str) -> dict[str, Any]:
        """What `from_dict` reads, to DECIMALS."""
        has_bounds = self.low is not None and self.high is not None
        entries: dict[str, Any] = {
            name: _round(self.value),
            f"{name}_interval": [_round(self.low), _round(self.high)] if has_bounds else None,
        }
        return entries | ({f"{name}_reason": self.reason} if self.reason else {})


def _round(value: float | None) -> float | None:
    return None if value is None else round(float(value), DECIMALS)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError("A figure is a number from 0 to 1.")  # which NaN is not
    return float(value)
