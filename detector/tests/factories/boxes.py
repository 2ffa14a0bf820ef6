"""Boxes of ISO base media files, of which HEIF, AVIF and CR3 are made."""

from __future__ import annotations

import struct


def box(kind: bytes, body: bytes, told: int | None = None) -> bytes:
    """A box, with the length `told` in place of its own."""
    return struct.pack(">I", 8 + len(body) if told is None else told) + kind + body


def heif(inside: bytes) -> bytes:
    """A HEIF of the boxes `inside` its meta box alone."""
    return box(b"ftyp", b"heic" + bytes(4) + b"mif1heic") + box(b"meta", bytes(4) + inside)
