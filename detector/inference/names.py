"""Names of files and what else strangers write, made fit to be shown."""

from __future__ import annotations


def shown(name: object) -> str:
    """A name in one line of printable characters, whatever it holds.

    A byte that is not UTF-8 becomes `\\xe9`, a control character `\\x1b`, `\\n` and the like. What
    comes out can be encoded, cannot steer a terminal, and does not look like two lines.
    """
    return "".join(c if c.isprintable() else _escaped(c) for c in str(name))


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # how Python keeps a byte of a name that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()
