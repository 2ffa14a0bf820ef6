"""XMP of a JPEG that does not fit into one segment (XMP specification, part 3, 1.1.3.1).

The rest of the properties follows in parts, in any order: the digest that names the whole, its
length, the place of the part, then its bytes. The packet says which digest belongs to it; what
belongs to another was left behind by some editor and says nothing about this picture.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from .metadata import MAX_STORED, Metadata, Unreadable
from .xmp import add_xmp

JPEG_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
POINTER = "{http://ns.adobe.com/xmp/note/}HasExtendedXMP"
HEADER = struct.Struct(">32sII")
MAX_PARTS = 1000


@dataclass
class Extensions:
    """The parts of each extension of a JPEG: by digest, (length of the whole, {place: bytes})."""

    parts: dict[str, tuple[int, dict[int, memoryview]]] = field(default_factory=dict)
    count: int = 0

    def add(self, body: memoryview) -> None:
        """Keep the part in this segment, which the caller knows to be a `JPEG_EXTENSION`."""
        at = len(JPEG_EXTENSION)
        self.count += 1
        if len(body) < at + HEADER.size or self.count > MAX_PARTS:
            return
        digest, length, place = HEADER.unpack_from(body, at)
        name = digest.decode("latin-1").upper()
        _, parts = self.parts.setdefault(name, (length, {}))
        parts[place] = body[at + HEADER.size :]

    def read(self, metadata: Metadata) -> None:
        """Read the extensions that a packet of the file points at."""
        for digest in dict.fromkeys(
            value.strip().upper() for value in metadata.xmp.get(POINTER, [])
        ):
            if digest in self.parts:
                with metadata.reading("extended XMP"):
                    add_xmp(_whole(*self.parts[digest]), metadata)


def _whole(length: int, parts: dict[int, memoryview]) -> bytes:
    """The parts in their places. Raises `Unreadable` if one is missing."""
    if length > MAX_STORED:
        raise Unreadable("text_long")
    data = bytearray()
    for place, part in sorted(parts.items()):
        if place > len(data):
            raise Unreadable("part_missing")
        data[place : place + len(part)] = part
    if len(data) < length:
        raise Unreadable("part_missing")
    return bytes(data[:length])
