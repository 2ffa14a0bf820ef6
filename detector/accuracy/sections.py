"""Sections of a report: rows in a list, or lists of rows by condition; None where it has none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from .figure import Row

T = TypeVar("T")
Rows = tuple[T, ...]
# Rows by condition.
Section = dict[str, Rows[T]]


def read_rows(rows: Iterable[Row] | None, read: Callable[[Row], T]) -> Rows[T] | None:
    """The rows as `read` gives them."""
    return None if rows is None else tuple(read(row) for row in rows)


def read_section(
    section: Mapping[str, Iterable[Row]] | None, read: Callable[[Row], T]
) -> Section[T] | None:
    """The rows of each condition as `read` gives them."""
    if section is None:
        return None
    return {name: tuple(read(row) for row in rows) for name, rows in section.items()}


def write_rows(rows: Rows[T] | None, write: Callable[[T], Row]) -> list[Row] | None:
    """The rows that `read_rows` reads."""
    return None if rows is None else [write(row) for row in rows]


def write_section(section: Section[T] | None, write: Callable[[T], Row]) -> dict[str, Any] | None:
    """The section that `read_section` reads."""
    if section is None:
        return None
    return {name: [write(row) for row in rows] for name, rows in section.items()}
