"""The catalogue of sentences: the one place where codes and their parameters become English.

A finding or a note holds a stable code ("a1111.settings") and parameters (numbers, short texts,
lists of them). An entry of the catalogue is a template with those parameters in braces:

- `{name}` is the value; a list is joined by commas, `{name:and}` and `{name:or}` join its last
  item by that word; `{name:,}` and the like are the format specifications of Python.
- `{name:table}` are the words that the catalogue has under "table.value", of a list those of each
  item. A value without words of its own stands in quotation marks.
- `[...]` is a part that is left out if one of the parameters in it is empty.
- A `Plural` has one template for the number 1 and another one for all other numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate
from string import Formatter
from typing import Any, TypeAlias

from . import (
    advice,
    c2pa,
    claims,
    comparison,
    measured,
    methods,
    pictures,
    reading,
    structure,
    verdict,
    watermarks,
)
from .plural import Entry, Plural

__all__ = ("JSON", "SENTENCES", "TABLES", "Plural", "say", "words")

JSON: TypeAlias = None | bool | int | float | str | Sequence["JSON"] | Mapping[str, "JSON"]

_SUBJECTS = (
    advice,
    c2pa,
    claims,
    comparison,
    measured,
    methods,
    pictures,
    reading,
    structure,
    verdict,
    watermarks,
)
SENTENCES: dict[str, Entry] = {
    code: entry for subject in _SUBJECTS for code, entry in subject.SENTENCES.items()
}
# All that stands before a full stop in a code: what may be named as a table.
TABLES = frozenset(
    table
    for code in SENTENCES
    for table in accumulate(code.split(".")[:-1], lambda before, word: f"{before}.{word}")
)
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_EMPTY: tuple[JSON, ...] = (None, "", [], ())


def say(code: str, params: Mapping[str, JSON]) -> str:
    """The sentence or sentences of this code. Raises `KeyError` for a code or a name that it lacks.

    Texts in `params` are put in as they are: whoever makes them has cleaned them.
    """
    entry = SENTENCES[code]
    template = entry.form(params) if isinstance(entry, Plural) else entry
    text = _OPTIONAL.sub(lambda part: part[1] if _is_full(part[1], params) else "", template)
    return _Writer(params).vformat(text, (), params)


def words(table: str, value: JSON, params: Mapping[str, JSON] | None = None) -> str:
    """The words of a table for a value, or the value in quotation marks if it has none."""
    code = f"{table}.{value}"
    return say(code, params or {}) if code in SENTENCES else f'"{value}"'


def _is_full(part: str, params: Mapping[str, JSON]) -> bool:
    names = (name for _, name, _, _ in Formatter().parse(part) if name)
    return not any(params[name] in _EMPTY for name in names)


class _Writer(Formatter):
    """Puts parameters into a template, with words from the tables of the catalogue."""

    def __init__(self, params: Mapping[str, JSON]) -> None:
        self.params = params

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, (list, tuple)):
            if format_spec in TABLES:
                return ", ".join(words(format_spec, item, self.params) for item in value)
            return _join([str(item) for item in value], format_spec)
        if format_spec in TABLES:
            return words(format_spec, value, self.params)
        return format(value, format_spec)


def _join(items: list[str], word: str) -> str:
    *first, last = items
    if not (first and word):
        return ", ".join(items)
    return f"{', '.join(first)} {word} {last}"
