"""The blocks that Samsung's gallery and editor append behind the end of a JPEG.

The file ends with a directory, "SEFH" ... length, "SEFT", that points back at named blocks. The
layout is that which ExifTool documents.
"""

from __future__ import annotations

import struct

from .metadata import MAX_TEXT, Metadata, Unreadable
from .text_encodings import decode_text

EDIT_BLOCK = "PhotoEditor_Re_Edit_Data"
MAX_BLOCKS = 100


def add_trailer(data: bytes, metadata: Metadata) -> None:
    """Read the record of edits, if there is one."""
    if data[-4:] != b"SEFT" or len(data) < 20:
        return
    with metadata.reading("Samsung trailer"):
        (length,) = struct.unpack_from("<I", data, len(data) - 8)
        start = len(data) - 8 - length
        if start < 0 or data[start : start + 4] != b"SEFH":
            raise Unreadable("directory_damaged")
        (count,) = struct.unpack_from("<I", data, start + 8)
        for entry in range(min(count, MAX_BLOCKS, (length - 12) // 12)):
            back, size = struct.unpack_from("<II", data, start + 12 + 12 * entry + 4)
            at = max(start - back, 0)
            _add_block(data[at : at + min(size, MAX_TEXT)], metadata)


def _add_block(block: bytes, metadata: Metadata) -> None:
    if len(block) < 8:
        return
    (name_length,) = struct.unpack_from("<I", block, 4)
    if block[8 : 8 + name_length] == EDIT_BLOCK.encode():
        metadata.read("Samsung trailer")
        text = decode_text(block[8 + name_length :])
        metadata.add(EDIT_BLOCK, text, f"Samsung trailer {EDIT_BLOCK}")
