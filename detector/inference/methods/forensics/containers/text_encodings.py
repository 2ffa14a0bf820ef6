"""From bytes to text. The encoding that a file names is often wrong; the bytes tell more."""

from __future__ import annotations

import codecs
import re

# The longer marks first: that of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UTF16 = {"<": "utf-16-le", ">": "utf-16-be"}
# The eight bytes before a UserComment: a name filled up with zeros, or only zeros.
_PREFIX = re.compile(rb"(?:[A-Za-z][\w\-]{1,7}[\0 ]{0,6}|[\0 ]{8})", re.DOTALL)
LEAST_UNITS = 8  # shorter texts may hold a zero by chance
# As Exiv2 shows the name, which some programs copied into the file.
_WRITTEN_OUT = re.compile(rb"charset=\"?\w{3,10}\"? ", re.IGNORECASE)
_JIS_ESCAPE = b"\x1b$"


def decode_text(raw: bytes, order: str = "<", *, wide: bool = False) -> str:
    """The text of these bytes: UTF-32 or UTF-16 if they look like it, else UTF-8, else Latin-1.

    `order` is the order of bytes, "<" or ">", where they tell none; `wide` says that the file
    names a wide encoding. No bytes raise.
    """
    if codec := wide_codec(raw, order, wide=wide):
        text = raw[: len(raw) // 4 * 4 if "32" in codec else len(raw) // 2 * 2]
        return text.decode(codec, "replace").strip("\0\ufeff")
    raw = raw.removeprefix(codecs.BOM_UTF8).rstrip(b"\0")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def wide_codec(raw: bytes, order: str = "<", *, wide: bool = False) -> str:
    """The codec of a text in UTF-16 or UTF-32, or "" for a text in bytes."""
    for mark, codec in _MARKS:
        if raw.startswith(mark):
            return "" if codec == "utf-8" else codec
    body = raw.rstrip(b"\0")
    units = (len(body) + 1) // 2
    # Of Latin letters one byte of two is zero in UTF-16, and three of four in UTF-32.
    zeros = [body[place::4].count(0) for place in range(4)]
    if min(zeros[1:3]) * 4 >= units and max(zeros[0], zeros[3]) * 4 >= units:
        return "utf-32-le" if zeros[3] >= zeros[0] else "utf-32-be"
    latin = {"<": zeros[1] + zeros[3], ">": zeros[0] + zeros[2]}
    best = max("<>", key=lambda o: (latin[o], o == order))
    if units >= LEAST_UNITS and latin[best] * 3 >= units and latin[best] > 4 * min(latin.values()):
        return _UTF16[best]
    return _UTF16[best] if wide and (latin[best] or not _is_utf8(body)) else ""


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def decode_comment(raw: bytes, order: str) -> str:
    """A UserComment: eight bytes name its encoding, which writers leave out or get wrong."""
    name, body = _prefix(raw)
    if name == b"JIS" and _JIS_ESCAPE in body:
        return body.decode("iso2022_jp", "replace").strip("\0")
    return decode_text(body, order, wide=name == b"UNICODE").strip("\0")


def _prefix(raw: bytes) -> tuple[bytes, bytes]:
    """(name of the encoding in capital letters, or nothing; the text itself)."""
    if escapes := _WRITTEN_OUT.match(raw):
        return b"", raw[escapes.end() :]
    name = raw[:8].strip(b"\0 ").upper()
    # The eight bytes end as a name does, and not in the midst of words.
    is_padded = raw[7:8] == b"\0" or name in (b"", b"ASCII", b"UNICODE", b"JIS")
    return (name, raw[8:]) if is_padded and _PREFIX.fullmatch(raw[:8]) else (b"", raw)
