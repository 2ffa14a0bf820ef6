"""A folder of Parquet files, as Spark, DuckDB, pandas and Ray Data read it.

Rows are collected in a journal first, a file of lines that such readers pass over because its name
begins with a dot. From many rows a part is made, which appears under its name when it is whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from detector.inference.methods import METHODS
from detector.inference.names import brief
from detector.scanning.errors import MissingPackage, ScanError
from detector.scanning.rows import Row, columns, to_cells

from .lines import Format, LinesTarget

ROWS_PER_PART = 50_000
JOURNAL = ".journal.jsonl"


class ParquetTarget:
    """The folder, locked by its journal while it is open."""

    def __init__(self, folder: Path) -> None:
        """Raises `ScanError` for what is no such folder, or where pyarrow is missing."""
        try:
            import pyarrow.parquet  # noqa: F401
        except ImportError as error:
            raise MissingPackage("A Parquet file", error.name, "`make scale`") from error
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ScanError(
                f"{brief(folder)} cannot be made a folder: {error.strerror}."
            ) from error
        self._journal = LinesTarget(folder / JOURNAL, FORMAT)
        self._drop_what_is_in_a_part()

    def _drop_what_is_in_a_part(self) -> None:
        """A kill between the end of a part and the end of its journal leaves rows in both."""
        journal = set(self._journal.keys())
        parts = self._parts()
        if journal and parts and journal & set(_keys_of(parts[-1])):
            self._journal.empty()
            journal = set()
        self._rows = len(journal)

    def _parts(self) -> list[Path]:
        return sorted(self._folder.glob("part-*.parquet"))

    def keys(self) -> Iterator[str]:
        """The keys of the rows that are there already."""
        for part in self._parts():
            yield from _keys_of(part)
        yield from self._journal.keys()

    def append(self, row: Row) -> None:
        """Write one row; when this returns, the row outlives the process."""
        self._journal.append(row)
        self._rows += 1
        if self._rows >= ROWS_PER_PART:
            self._make_part()

    def close(self) -> None:
        """Make a part of the last rows, and give the folder free."""
        if self._rows:
            self._make_part()
        (self._folder / JOURNAL).unlink()
        self._journal.close()

    def _make_part(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        with (self._folder / JOURNAL).open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        draft = self._folder / ".draft.parquet"
        pq.write_table(pa.Table.from_pylist(rows, schema=_schema()), draft)
        number = 1 + max((int(part.stem.partition("-")[2]) for part in self._parts()), default=0)
        os.replace(draft, self._folder / f"part-{number:06}.parquet")
        self._journal.empty()
        self._rows = 0


def _keys_of(part: Path) -> Iterator[str]:
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches(columns=["key"]):
                yield from batch.column("key").to_pylist()
    except (OSError, ValueError, KeyError) as error:  # pyarrow's own errors are of these
        raise ScanError(f"{brief(part)} is no part of a scan: {error}") from error


def _schema() -> Any:
    import pyarrow as pa

    numbers = {"score", "elapsed_ms", *(f"{key}_score" for key in METHODS)}
    kinds = dict.fromkeys(columns(), pa.string()) | dict.fromkeys(numbers, pa.float64())
    return pa.schema(kinds | {"evidence": pa.list_(pa.string())})


def _to_line(row: Row) -> str:
    return json.dumps(to_cells(row))


FORMAT = Format('{"path": ', "", _to_line, lambda line: str(json.loads(line)["key"]))
