"""The compression of a JPEG: quality, colour sampling, coding, and the program that saved it.

ITU-T T.81 says how the segments are laid out. None of it says who made a picture.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from detector.inference.methods.forensics.containers.iptc import PHOTOSHOP_HEADER, resources
from detector.inference.methods.forensics.containers.metadata import Unreadable
from detector.inference.methods.forensics.containers.walk import segments
from detector.inference.pixels.jpeg_quality import (
    OWN,
    Table,
    TablesDamaged,
    quality_of,
    read_tables,
)

# SOF markers; the others (hierarchical, lossless) are not met with in pictures. The words are those
# of "jpeg_coding" in the catalogue.
FRAMES = {
    0xC0: "baseline",
    0xC1: "sequential",
    0xC2: "progressive",
    0xC3: "lossless",
    0xC9: "arithmetic",
    0xCA: "progressive_arithmetic",
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


@dataclass
class Compression:
    """The facts about compression in the header of a JPEG.

    `tables` are those of `read_tables`, `components` holds the (horizontal, vertical) sampling of
    each colour, `coding` is empty without a frame, `saved_by` names a program that gave its own
    quality ("jpeg_saver" in the catalogue), `saved_quality` is that quality.
    """

    tables: list[Table] = field(default_factory=list)
    components: list[tuple[int, int]] = field(default_factory=list)
    coding: str = ""
    saved_by: str = ""
    saved_quality: int | None = None

    @property
    def luma(self) -> Table:
        """The table of the first component, shape (64,)."""
        return self.tables[0]


def read_compression(data: bytes) -> Compression:
    """Read the header of a JPEG. Raises `Unreadable` where its segments or tables are damaged."""
    compression = read_coding(data)
    try:
        compression.tables = read_tables(data)
    except TablesDamaged as error:
        raise Unreadable(str(error)) from error
    return compression


def read_coding(data: bytes) -> Compression:
    """The same but for the tables. Raises `Unreadable` where the segments are damaged."""
    compression = Compression()
    for marker, body in segments(data):
        if marker in FRAMES and not compression.coding:
            compression.coding = FRAMES[marker]
            compression.components = _components(body)
        elif marker == 0xEC and bytes(body[:7]) == b"Ducky\0\1" and len(body) >= 13:
            (quality,) = struct.unpack_from(">I", body, 9)
            if quality <= 100:
                compression.saved_by, compression.saved_quality = "save_for_web", quality
        elif marker == 0xED and bytes(body[: len(PHOTOSHOP_HEADER)]) == PHOTOSHOP_HEADER:
            _add_photoshop_quality(body[len(PHOTOSHOP_HEADER) :], compression)
    return compression


def _components(body: memoryview) -> list[tuple[int, int]]:
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:
        raise Unreadable("frame_cut_off")
    parts = (body[6 + 3 * n : 9 + 3 * n] for n in range(min(body[5], 4)))
    return [(part[1] >> 4, part[1] & 15) for part in parts]


def _add_photoshop_quality(view: memoryview, compression: Compression) -> None:
    """Photoshop counts 0 to 12 and stores that less 4."""
    for number, body in resources(view):
        if number == PHOTOSHOP_QUALITY and len(body) >= 2:
            quality = struct.unpack_from(">h", body)[0] + 4
            if 0 <= quality <= 12:
                compression.saved_by, compression.saved_quality = "photoshop", quality


def find_sampling(compression: Compression) -> str:
    """ "4:2:0", or the word for it in "jpeg_sampling" of the catalogue."""
    if len(compression.components) != 3:
        return "grey" if len(compression.components) == 1 else "components"
    (across, down), *colours = compression.components
    if any(colour != colours[0] for colour in colours) or 0 in colours[0]:
        return "unusual"
    ratio = (across / colours[0][0], down / colours[0][1])
    sampling = SAMPLINGS.get((int(ratio[0]), int(ratio[1]))) if ratio[0] % 1 == 0 else None
    return sampling or "unusual"


def describe(compression: Compression) -> tuple[str, dict[str, str | int | None]]:
    """The code and parameters of its sentence. Raises `Unreadable` if a table is incomplete."""
    try:
        quality = quality_of(compression.tables)
    except TablesDamaged as error:
        raise Unreadable(str(error)) from error
    # Photoshop does not use the standard tables: another program has saved such a file since.
    code = "compression.own" if quality.tables == OWN else "compression.standard"
    return code, {
        "quality": quality.value,
        "tables": quality.tables,
        "sampling": find_sampling(compression),
        "components": len(compression.components),
        "coding": compression.coding,
        "saved_by": compression.saved_by,
        "saved_quality": compression.saved_quality,
    }
