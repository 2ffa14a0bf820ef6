"""Reads JSON of weights folders: every number and text has a range, and every error names both.

A folder may come from anybody. What is out of range raises `ValueError` with a sentence such as
"metrics.json: test.roc_auc is 5.0; accepted are numbers from 0 to 1".
"""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from detector.inference.names import printable

# The largest JSON of a public image classifier has 100 kB.
MAX_JSON_BYTES = 4 * 2**20
LONGEST_VALUE = 60

Value = TypeVar("Value")


class Fields:
    """The fields of one JSON object, asked for by name; `where` says in errors whose they are."""

    def __init__(self, values: Any, where: str) -> None:
        """Raises `ValueError` if `values` is not an object."""
        if not isinstance(values, dict):
            raise ValueError(f"{where} is {_quoted(values)}; accepted is an object")
        self.values, self.where = values, where

    def __contains__(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.values.get(name) is not None

    def number(self, name: str, low: float, high: float, default: float | None = None) -> float:
        """A finite number from `low` to `high`; without a default the field is needed."""

        def fits(value: Any) -> bool:
            return _is_number(value) and low <= value <= high  # NaN is in no range

        return float(self._get(name, fits, f"numbers from {low:g} to {high:g}", default))

    def whole(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number from `low` to `high`; without a default the field is needed."""

        def fits(value: Any) -> bool:
            return _is_whole(value) and low <= value <= high

        return int(self._get(name, fits, f"whole numbers from {low} to {high}", default))

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        return bool(self._get(name, lambda v: isinstance(v, bool), "true and false", default))

    def text(self, name: str, limit: int) -> str:
        """A text of 1 to `limit` characters."""
        description = f"texts of 1 to {limit} characters"
        return str(
            self._get(name, lambda v: isinstance(v, str) and 0 < len(v) <= limit, description)
        )

    def numbers(self, name: str, count: int, low: float, high: float) -> tuple[float, ...]:
        """A list of `count` numbers from `low` to `high`."""

        def fits(value: Any) -> bool:
            right = isinstance(value, list) and len(value) == count
            return right and all(_is_number(v) and low <= v <= high for v in value)

        values = self._get(name, fits, f"{count} numbers from {low:g} to {high:g}")
        return tuple(float(value) for value in values)

    def interval(self, name: str) -> tuple[float, float]:
        """Two numbers from 0 to 1, the lower one first."""
        low, high = self.numbers(name, 2, 0, 1)
        if low > high:
            raise self.out_of_range(name, "two numbers from 0 to 1, the lower one first")
        return low, high

    def fields(self, name: str) -> Fields:
        """The object that the field holds."""
        return Fields(self._get(name, lambda v: isinstance(v, dict), "objects"), self._path(name))

    def out_of_range(self, name: str, accepted: str) -> ValueError:
        """The error that says what the field holds and what is accepted."""
        value = _quoted(self.values[name]) if name in self.values else "missing"
        return ValueError(f"{self._path(name)} is {value}; accepted are {accepted}")

    def _get(
        self, name: str, fits: Callable[[Any], bool], accepted: str, default: Any = None
    ) -> Any:
        value = self.values.get(name)
        if value is None and default is not None:
            return default
        if not fits(value):
            raise self.out_of_range(name, accepted)
        return value

    def _path(self, name: str) -> str:
        return f"{self.where}: {name}" if self.where.endswith(".json") else f"{self.where}.{name}"


def read_fields(file: Path) -> Fields:
    """The fields of a JSON file. Raises `OSError`, or `ValueError` if it holds no JSON object."""
    return Fields(_parse(file.name, read_small(file, MAX_JSON_BYTES)), file.name)


def read_small(file: Path, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes. Raises `OSError` or `ValueError`."""
    check_size(file, limit)
    return file.read_bytes()


def check_size(file: Path, limit: int) -> None:
    """Raises `OSError` if there is no such file, `ValueError` unless it has 1 to `limit` bytes."""
    status = file.stat()
    if not stat.S_ISREG(status.st_mode):  # to open a pipe would wait for ever
        raise ValueError(f"{file.name} is not a regular file")
    if not 0 < status.st_size <= limit:
        raise ValueError(
            f"{file.name} has {status.st_size:,} bytes; accepted are files of 1 to {limit:,} bytes"
        )


def _parse(name: str, data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} is not JSON: {str(error)[:LONGEST_VALUE]}") from error


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _quoted(value: Any) -> str:
    """The value in the form that errors show: short, in one line."""
    if isinstance(value, (dict, list)):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    if isinstance(value, int) and abs(value) >= 10**18:
        return f"a number of {value.bit_length()} bits"
    text = repr(value) if isinstance(value, str) else json.dumps(value)
    return printable(text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 3] + "...")
