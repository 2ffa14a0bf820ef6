"""How a JPEG was compressed: its quantisation tables, its colour sampling and its coding.

ITU-T T.81 says how the segments are laid out and gives, in its annex K, the tables that libjpeg
scales by a "quality" from 1 to 100. Programs with tables of their own (Adobe's, cameras') get the
quality of the nearest standard table. None of it says who made a picture.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt

from detector.inference.methods.forensics.containers.iptc import PHOTOSHOP_HEADER, resources
from detector.inference.methods.forensics.containers.metadata import Unreadable
from detector.inference.methods.forensics.containers.walk import segments

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
STANDARD, MOZJPEG, OWN = "the standard tables", "the tables of mozjpeg", "tables of its own"
QUALITIES = np.arange(1, 101)

# SOF markers; the others (hierarchical, lossless) are not met with in pictures.
FRAMES = {
    0xC0: "baseline",
    0xC1: "sequential",
    0xC2: "progressive",
    0xC3: "lossless",
    0xC9: "arithmetic coding",
    0xCA: "progressive, arithmetic coding",
}
SAMPLINGS = {
    (1, 1): "4:4:4",
    (2, 1): "4:2:2",
    (2, 2): "4:2:0",
    (1, 2): "4:4:0",
    (4, 1): "4:1:1",
    (4, 2): "4:1:0",
}
PHOTOSHOP_QUALITY = 0x0406
MAX_TABLES = 4
# A table may be given again before the picture; thousands of them only cost time.
MAX_DEFINITIONS = 64


@dataclass
class Compression:
    """What the header of a JPEG says about its compression.

    `tables` maps the number of a table to its 64 steps in rows from the lowest frequency,
    `components` holds (horizontal, vertical sampling, number of the table) of each colour,
    `coding` is empty without a frame, `saved_by` names a program that gave its own quality,
    `definitions` counts the tables given.
    """

    tables: dict[int, Table] = field(default_factory=dict)
    components: list[tuple[int, int, int]] = field(default_factory=list)
    coding: str = ""
    saved_by: str = ""
    definitions: int = 0

    @property
    def luma(self) -> Table | None:
        """The table of the first component, shape (64,), or None."""
        return self.tables.get(self.components[0][2]) if self.components else None


def read_compression(data: bytes) -> Compression:
    """Read the header of a JPEG. Raises `Unreadable` where its segments lie."""
    found = Compression()
    for marker, body in segments(data):
        if marker == 0xDB:
            _add_tables(body, found)
        elif marker in FRAMES and not found.coding:
            found.coding = FRAMES[marker]
            found.components = _components(body)
        elif marker == 0xEC and bytes(body[:7]) == b"Ducky\0\1" and len(body) >= 13:
            (quality,) = struct.unpack_from(">I", body, 9)
            if quality <= 100:
                found.saved_by = f'Photoshop\'s "Save for Web" at quality {quality} of 100'
        elif marker == 0xED and bytes(body[: len(PHOTOSHOP_HEADER)]) == PHOTOSHOP_HEADER:
            _add_photoshop_quality(body[len(PHOTOSHOP_HEADER) :], found)
    return found


def _add_tables(body: memoryview, found: Compression) -> None:
    """A DQT segment: one or more tables of 64 steps of one or two bytes, in zigzag order."""
    at = 0
    while at < len(body):
        precision, number = body[at] >> 4, body[at] & 15
        size = 128 if precision else 64
        if precision > 1 or number >= MAX_TABLES or at + 1 + size > len(body):
            raise Unreadable("a table of quantisation is damaged.")
        found.definitions += 1
        if found.definitions > MAX_DEFINITIONS:
            raise Unreadable("it has too many tables of quantisation.")
        steps = np.frombuffer(body, ">u2" if precision else "u1", 64, at + 1).astype(np.int64)
        found.tables[number] = steps[_zigzag_places()]
        at += 1 + size


def _components(body: memoryview) -> list[tuple[int, int, int]]:
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:
        raise Unreadable("its frame is cut off.")
    parts = (body[6 + 3 * n : 9 + 3 * n] for n in range(min(body[5], 4)))
    return [(part[1] >> 4, part[1] & 15, part[2]) for part in parts]


def _add_photoshop_quality(view: memoryview, found: Compression) -> None:
    """Photoshop counts 0 to 12 and stores that less 4."""
    for number, body in resources(view):
        if number == PHOTOSHOP_QUALITY and len(body) >= 2:
            quality = struct.unpack_from(">h", body)[0] + 4
            if 0 <= quality <= 12:
                found.saved_by = f"Photoshop at quality {quality} of 12"


@cache
def _zigzag_places() -> Table:
    """Where in the zigzag each place of the rows stands, shape (64,)."""
    rows, columns = np.divmod(np.arange(64), 8)
    diagonal = rows + columns
    along = np.where(diagonal % 2, rows, columns)
    places = np.empty(64, np.int64)
    places[np.lexsort((along, diagonal))] = np.arange(64)
    return places


@cache
def scaled_tables(name: str) -> Table:
    """The tables of qualities 1 to 100 as `jpeg_set_quality` of libjpeg scales them.

    `name` is "luma", "chroma" (annex K) or "robidoux" (mozjpeg); the shape is (100, 64).
    """
    text = {"luma": _LUMA, "chroma": _CHROMA, "robidoux": _ROBIDOUX}[name]
    base = np.array(text.split(), np.int64)
    scale = np.where(QUALITIES < 50, 5000 // QUALITIES, 200 - 2 * QUALITIES)
    scaled: Table = ((base * scale[:, None] + 50) // 100).clip(1, 255)
    return scaled


def say_quality(found: Compression) -> tuple[int, str]:
    """(1 to 100, whose tables they are), from the tables that the components use.

    With `OWN` tables the quality is that of the nearest standard tables by the mean difference of
    the logarithms, "about". Raises `Unreadable` for a table that is missing or has a zero in it.
    """
    used = list(dict.fromkeys(number for _, _, number in found.components))
    if not used or any(number not in found.tables for number in used):
        raise Unreadable("a table of quantisation is missing.")
    tables = [found.tables[number] for number in used]
    if any((table == 0).any() for table in tables):
        raise Unreadable("a table of quantisation holds a zero.")
    for source, names in ((STANDARD, ("luma", "chroma")), (MOZJPEG, ("robidoux", "robidoux"))):
        if quality := _exact_quality(tables, names):
            return quality, source
    return _nearest_quality(tables[0]), OWN


def _exact_quality(tables: list[Table], names: tuple[str, str]) -> int:
    """The quality at which these are exactly the tables of brightness and colour, or 0."""
    equal = np.ones(100, bool)
    for place, table in enumerate(tables):
        # Steps over 255 are allowed in 16 bits; libjpeg's usual limit makes them equal here.
        equal &= (scaled_tables(names[min(place, 1)]) == table.clip(1, 255)).all(axis=1)
    return int(QUALITIES[equal].max(initial=0))


def _nearest_quality(table: Table) -> int:
    distance = np.abs(np.log(scaled_tables("luma") / table)).mean(axis=1)
    return int(QUALITIES[distance.argmin()])


def say_sampling(found: Compression) -> str:
    """ "chroma 4:2:0", "grey", or the number of colours if they are not three."""
    if len(found.components) == 1:
        return "grey"
    if len(found.components) != 3:
        return f"{len(found.components)} colour components"
    (across, down, _), *colours = found.components
    if any((h, v) != colours[0][:2] for h, v, _ in colours) or 0 in colours[0][:2]:
        return "unusual chroma sampling"
    ratio = (across / colours[0][0], down / colours[0][1])
    sampling = SAMPLINGS.get((int(ratio[0]), int(ratio[1]))) if ratio[0] % 1 == 0 else None
    return f"chroma {sampling}" if sampling else "unusual chroma sampling"


def describe(found: Compression) -> str:
    """One sentence on it all. Raises `Unreadable` if the tables are not whole."""
    quality, tables = say_quality(found)
    if tables == OWN:
        shown = f"about quality {quality} with {tables}, as cameras and editors use"
        saved = f", saved by {found.saved_by}" if found.saved_by else ""
    else:  # Photoshop does not use these tables: another program has saved the file since
        shown = f"quality {quality} by {tables}"
        saved = f", saved anew after {found.saved_by}" if found.saved_by else ""
    return f"JPEG, {shown}, {say_sampling(found)}, {found.coding}{saved}."
