"""IPTC-IIM, the records that news agencies wrote before XMP.

The application record is read: all its texts. Photoshop's resources, which hold the records, may be
spread over several segments of a JPEG, and the records over several resources.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from .metadata import Metadata, Unreadable
from .text_encodings import decode_text

IIM_RESOURCE = 0x0404
PHOTOSHOP_HEADER = b"Photoshop 3.0\0"
APPLICATION = 2  # the record that describes the picture
# The datasets that the readers know by name; the others may hold a payload all the same.
DATASETS = {
    40: "SpecialInstructions",
    80: "Author",
    110: "Credit",
    120: "Description",
}
DATASET_NAMES = {80: "By-line", 120: "Caption"}
MAX_RESOURCES, MAX_RECORDS = 200, 1000
MARK = 0x1C


def add_photoshop(parts: Sequence[memoryview], metadata: Metadata) -> None:
    """Read the IPTC resources among Photoshop's "8BIM" resources, which may be cut into parts."""
    with metadata.reading("IPTC"):
        metadata.load(sum(map(len, parts)))
        bodies, error = _bodies(_join(parts))
        if error:  # a part may be whole although they do not fit together
            bodies = [body for part in parts for body in _bodies(part)[0]]
        add_records(bodies, metadata)
        if error:
            raise error


def _join(parts: Sequence[memoryview]) -> memoryview:
    return parts[0] if len(parts) == 1 else memoryview(b"".join(parts))


def _bodies(view: memoryview) -> tuple[list[memoryview], Unreadable | None]:
    """The IPTC resources, and what ended them too early."""
    bodies = []
    try:
        for number, body in resources(view):
            if number == IIM_RESOURCE:
                bodies.append(body)
    except Unreadable as error:
        return bodies, error
    return bodies, None


def resources(view: memoryview) -> Iterator[tuple[int, memoryview]]:
    """(number, body) of each of Photoshop's resources. Raises `Unreadable`."""
    at = 0
    for _ in range(MAX_RESOURCES):
        if bytes(view[at + 1 : at + 5]) == b"8BIM":
            at += 1  # some writers pad where they need not, or do not where they must
        elif bytes(view[at - 1 : at + 3]) == b"8BIM" and at:
            at -= 1
        if at + 12 > len(view) or bytes(view[at : at + 4]) != b"8BIM":
            return
        (number,) = struct.unpack_from(">H", view, at + 4)
        name = 1 + view[at + 6]  # a Pascal string, padded to an even length
        at += 6 + name + name % 2
        if at + 4 > len(view):
            return
        (length,) = struct.unpack_from(">I", view, at)
        if at + 4 + length > len(view):
            raise Unreadable("beyond_end")
        yield number, view[at + 4 : at + 4 + length]
        at += 4 + length + length % 2


def add_records(bodies: Sequence[memoryview], metadata: Metadata) -> None:
    """Read the records themselves: 0x1C, record, dataset, length, text."""
    if not bodies:
        return
    metadata.read("IPTC")
    for dataset, raw in records(_join(bodies)):
        key, text = DATASETS.get(dataset, ""), decode_text(raw)
        if key:
            metadata.add(key, text, f"IPTC {DATASET_NAMES.get(dataset, key)}")
        else:
            metadata.add_other(text, f"IPTC {APPLICATION}:{dataset:03}")


def records(view: memoryview) -> Iterator[tuple[int, bytes]]:
    """(dataset, bytes) of the application record, in the order of the file."""
    at = 0
    for _ in range(MAX_RECORDS):
        while at < len(view) and view[at] == 0:
            at += 1  # padding, also between the parts of a record
        if at + 5 > len(view) or view[at] != MARK:
            return
        record, dataset, length = struct.unpack_from(">BBH", view, at + 1)
        at += 5
        if length & 0x8000:  # an extended dataset: so many bytes hold the length
            size = length & 0x7FFF
            if size > 4 or at + size > len(view):
                return
            length = int.from_bytes(view[at : at + size], "big")
            at += size
        if record == APPLICATION:
            yield dataset, bytes(view[at : at + length])
        at += length
