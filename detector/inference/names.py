"""File names and other texts from strangers, made safe to show."""

from __future__ import annotations

from unicodedata import category

# Characters of a path in a sentence; a path may have 4,096.
LONGEST_NAME = 200


def printable(name: object) -> str:
    """A name in one line of printable characters, whatever it holds.

    A byte that is not UTF-8 becomes `\\xe9`, a control character `\\x1b`, `\\n` and the like. What
    comes out can be encoded, cannot steer a terminal, and does not look like two lines.
    """
    return "".join(c if c.isprintable() or category(c) == "Zs" else _escaped(c) for c in str(name))


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # how Python keeps a byte of a name that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()


def brief(name: object) -> str:
    """Like `printable`, but only the end of a long path."""
    text = printable(name)
    return text if len(text) <= LONGEST_NAME else "..." + text[3 - LONGEST_NAME :]
