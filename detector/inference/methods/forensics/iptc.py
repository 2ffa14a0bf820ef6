"""IPTC-IIM, the records that news agencies wrote before XMP.

Only the credit line and the special instructions are read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .exif import decode_text
from .metadata import Metadata, Unreadable

IIM_RESOURCE = 0x0404
RECORDS = {(2, 40): "SpecialInstructions", (2, 110): "Credit"}
MAX_RESOURCES, MAX_RECORDS = 200, 1000


def add_photoshop(view: memoryview, metadata: Metadata) -> None:
    """Read the IPTC resource among Photoshop's "8BIM" resources."""
    if "IPTC" in metadata.containers:
        return
    with metadata.reading("IPTC"):
        for number, body in resources(view):
            if number == IIM_RESOURCE:
                add_records(body, metadata)
                return


def resources(view: memoryview) -> Iterator[tuple[int, memoryview]]:
    """(number, body) of each of Photoshop's resources. Raises `Unreadable`."""
    at = 0
    for _ in range(MAX_RESOURCES):
        if at + 12 > len(view) or bytes(view[at : at + 4]) != b"8BIM":
            return
        (number,) = struct.unpack_from(">H", view, at + 4)
        name = 1 + view[at + 6]  # a Pascal string, padded to an even length
        at += 6 + name + name % 2
        if at + 4 > len(view):
            return
        (length,) = struct.unpack_from(">I", view, at)
        if at + 4 + length > len(view):
            raise Unreadable("a resource claims more bytes than there are.")
        yield number, view[at + 4 : at + 4 + length]
        at += 4 + length + length % 2


def add_records(view: memoryview, metadata: Metadata) -> None:
    """Read the records themselves: 0x1C, record, dataset, length, text."""
    metadata.read("IPTC")
    at = 0
    for _ in range(MAX_RECORDS):
        if at + 5 > len(view) or view[at] != 0x1C:
            return
        record, dataset, length = struct.unpack_from(">BBH", view, at + 1)
        if key := RECORDS.get((record, dataset)):
            metadata.add(key, decode_text(bytes(view[at + 5 : at + 5 + length])), f"IPTC {key}")
        at += 5 + length
