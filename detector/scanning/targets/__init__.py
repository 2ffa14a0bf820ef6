"""Where the rows go: a file of lines (JSONL, CSV) or a folder of Parquet files.

A target is only ever added to. What it holds says what is finished.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from detector.inference.names import brief
from detector.scanning.errors import ScanError
from detector.scanning.rows import Row, columns, to_cells

from .lines import Format, LinesTarget
from .parquet import ParquetTarget


class Target(Protocol):
    """An open target, which no other process may write to."""

    def keys(self) -> Iterator[str]:
        """The keys of the rows that are there already."""

    def append(self, row: Row) -> None:
        """Write one row; when this returns, the row outlives the process."""

    def close(self) -> None:
        """Give the target free."""


def open_target(
    path: Path, to_jsonl: Callable[[Row], str], csv_line: Callable[[list[Any]], str]
) -> Target:
    """The target, made if need be.

    `to_jsonl` and `csv_line` write one row, and one list of cells, as a line of printable
    characters. Raises `ScanError` for a path that is no target.
    """
    if path.suffix == ".jsonl":
        return LinesTarget(path, Format('{"path": ', "", to_jsonl, _key_of_json))
    if path.suffix == ".csv":
        return LinesTarget(path, _csv_format(csv_line))
    if path.suffix == ".parquet":
        return ParquetTarget(path)
    raise ScanError(
        f"The output {brief(path)} ends with {path.suffix!r}; accepted are .jsonl, .csv, .parquet."
    )


def _csv_format(csv_line: Callable[[list[Any]], str]) -> Format:
    header = csv_line(columns())

    def render(row: Row) -> str:
        cells = to_cells(row)
        return csv_line(list((cells | {"evidence": " ".join(cells["evidence"])}).values()))

    return Format(header, header, render, _key_of_csv)


def _key_of_json(line: str) -> str:
    return str(json.loads(line)["key"])


def _key_of_csv(line: str) -> str:
    (cells,) = csv.reader([line])
    return dict(zip(columns(), cells, strict=True))["key"]
