"""The quality of a JPEG, 1 to 100, by its quantisation tables: the one estimate for all uses.

ITU-T T.81 gives, in its annex K, the tables that libjpeg scales by the quality. mozjpeg scales
tables of another author by the same rule. Programs with tables of their own (Adobe's, cameras')
get the quality of the nearest standard table of brightness, "about".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from detector.inference.decoding.jpeg import FRAMES, SOS, segments
from detector.inference.decoding.limits import ImageError

Table = npt.NDArray[np.int64]

# Row by row, as annex K prints them.
_LUMA = """
    16 11 10 16  24  40  51  61    12 12 14 19  26  58  60  55
    14 13 16 24  40  57  69  56    14 17 22 29  51  87  80  62
    18 22 37 56  68 109 103  77    24 35 55 64  81 104 113  92
    49 64 78 87 103 121 120 101    72 92 95 98 112 100 103  99"""
_CHROMA = """
    17 18 24 47 99 99 99 99    18 21 26 66 99 99 99 99
    24 26 56 99 99 99 99 99    47 66 99 99 99 99 99 99
    99 99 99 99 99 99 99 99    99 99 99 99 99 99 99 99
    99 99 99 99 99 99 99 99    99 99 99 99 99 99 99 99"""
# The default of mozjpeg for brightness and colour, by N. Robidoux.
_ROBIDOUX = """
    16 16  16  18  25  37  56  85    16 17  20  27  34  40  53  75
    16 20  24  31  43  62  91 135    18 27  31  40  53  74 106 156
    25 34  43  53  69  94 131 189    37 40  62  74  94 124 169 238
    56 53  91 106 131 169 226 311    85 75 135 156 189 238 311 418"""
# Whose tables they are; the words are those of "jpeg_tables" in the catalogue.
STANDARD, MOZJPEG, OWN = "standard", "mozjpeg", "own"
# Whose tables, and the names of those of brightness and of colour.
TABLE_SOURCES = ((STANDARD, ("luma", "chroma")), (MOZJPEG, ("robidoux", "robidoux")))
QUALITIES = np.arange(1, 101)
# The largest step in a table of one byte a step, and in one of two bytes as libjpeg writes it.
MAX_STEP, MAX_WIDE_STEP = 255, 32767
DQT, MAX_TABLES = 0xDB, 4
# A table may be given again before the picture; thousands of them only cost time.
MAX_DEFINITIONS = 64


class TablesDamaged(ValueError):
    """The tables of quantisation are not whole; the message is a word of "cannot_read" in the
    catalogue.
    """


@dataclass(frozen=True)
class JpegQuality:
    """A quality from 1 to 100, and whose tables it was read from: one of STANDARD, MOZJPEG, OWN."""

    value: int
    tables: str


def jpeg_quality(data: bytes) -> JpegQuality | None:
    """The quality of the JPEG `data`; None if it is no JPEG, or its tables are not whole."""
    try:
        return quality_of(read_tables(data))
    except TablesDamaged:
        return None


def read_tables(data: bytes) -> list[Table]:
    """The different tables of the JPEG `data`, in the order of the components that use them.

    Each has shape (64,), in rows from the lowest frequency. As in a decoder, a component has the
    table that is in force at its first scan. Raises `TablesDamaged`.
    """
    try:
        tables = _tables_of_components(data)
    except ImageError as error:
        raise TablesDamaged("bytes_damaged") from error
    if not tables or any(table is None for table in tables):
        raise TablesDamaged("table_missing")
    different = {table.tobytes(): table for table in tables if table is not None}
    return list(different.values())


def _tables_of_components(data: bytes) -> list[Table | None]:
    defined_tables: dict[int, Table] = {}
    numbers: dict[int, int] = {}  # of the table, by component
    tables_in_use: dict[int, Table | None] = {}
    definitions = 0
    for marker, segment in segments(data):
        body = segment[4:]
        if marker == DQT:
            tables = dict(_definitions(body))
            defined_tables |= tables
            definitions += len(tables)
            if definitions > MAX_DEFINITIONS:
                raise TablesDamaged("tables_many")
        elif marker in FRAMES and not numbers:
            numbers = _components(body)
        elif marker == SOS:
            components = numbers.keys() & set(body[1 : 1 + 2 * body[0] : 2] if body else b"")
            tables_in_use |= {
                name: defined_tables.get(numbers[name])
                for name in components - tables_in_use.keys()
            }
            if tables_in_use.keys() == numbers.keys():
                break
    # Where a scan is missing, as in a header alone, the last table counts.
    return [tables_in_use.get(name, defined_tables.get(number)) for name, number in numbers.items()]


def _definitions(body: memoryview) -> Iterator[tuple[int, Table]]:
    """(number, table) of a DQT segment: 64 steps of one or two bytes each, in zigzag order."""
    at = 0
    while at < len(body):
        wide, number = body[at] >> 4, body[at] & 15
        size = 128 if wide else 64
        if wide > 1 or number >= MAX_TABLES or at + 1 + size > len(body):
            raise TablesDamaged("table_damaged")
        steps = np.frombuffer(body, ">u2" if wide else "u1", 64, at + 1).astype(np.int64)
        yield number, steps[_zigzag_places()]
        at += 1 + size


def _components(body: memoryview) -> dict[int, int]:
    """The number of the table of each component of a frame (SOF)."""
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:
        raise TablesDamaged("frame_cut_off")
    return {body[6 + 3 * n]: body[8 + 3 * n] for n in range(min(body[5], 4))}


def quality_of(tables: list[Table]) -> JpegQuality:
    """The quality of what `read_tables` gave. Raises `TablesDamaged` for a step of zero."""
    if any((table == 0).any() for table in tables):
        raise TablesDamaged("table_zero")
    for source, names in TABLE_SOURCES:
        if value := _exact_quality(tables, names):
            return JpegQuality(value, source)
    return JpegQuality(_nearest_quality(tables[0]), OWN)


def _exact_quality(tables: list[Table], names: tuple[str, str]) -> int:
    """The quality at which these are exactly the tables of brightness and colour, or 0."""
    equal = np.ones(len(QUALITIES), bool)
    for place, table in enumerate(tables):
        equal &= (scaled_tables(names[min(place, 1)], _limit_of(table)) == table).all(axis=1)
    return int(QUALITIES[equal].max(initial=0))


def _nearest_quality(table: Table) -> int:
    """The quality whose table of brightness differs least in the mean of the logarithms."""
    distance = np.abs(np.log(scaled_tables("luma", _limit_of(table)) / table)).mean(axis=1)
    return int(QUALITIES[distance.argmin()])


def _limit_of(table: Table) -> int:
    """The limit of the steps: libjpeg's usual one, unless a step is beyond it."""
    return MAX_WIDE_STEP if table.max() > MAX_STEP else MAX_STEP


@cache
def scaled_tables(name: str, limit: int = MAX_STEP) -> Table:
    """The tables of qualities 1 to 100 as `jpeg_set_quality` of libjpeg scales them.

    `name` is "luma", "chroma" (annex K) or "robidoux" (mozjpeg), `limit` the largest step; the
    shape is (100, 64).
    """
    text = {"luma": _LUMA, "chroma": _CHROMA, "robidoux": _ROBIDOUX}[name]
    base = np.array(text.split(), np.int64)
    scale = np.where(QUALITIES < 50, 5000 // QUALITIES, 200 - 2 * QUALITIES)
    table: Table = ((base * scale[:, None] + 50) // 100).clip(1, limit)
    return table


@cache
def _zigzag_places() -> Table:
    """Where in the zigzag each place of the rows stands, shape (64,)."""
    rows, columns = np.divmod(np.arange(64), 8)
    diagonal = rows + columns
    along = np.where(diagonal % 2, rows, columns)
    places = np.empty(64, np.int64)
    places[np.lexsort((along, diagonal))] = np.arange(64)
    return places
