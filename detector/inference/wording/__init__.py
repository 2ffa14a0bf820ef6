"""The catalogue of sentences: the one place where codes and their parameters become sentences.

A finding or a note holds a stable code ("a1111.settings") and parameters (numbers, short texts,
lists of them). An entry of the catalogue is a template with those parameters in braces:

- `{name}` is the value; a list is joined by commas, `{name:and}` and `{name:or}` join its last
  item by that word; `{name:,}` and the like are the format specifications of Python.
- `{name:table}` are the words that the catalogue has under "table.value", of a list those of each
  item. A value without words of its own stands in quotation marks.
- `[...]` is a part that is left out if one of the parameters in it is empty.
- A parameter may be a sentence itself: {"code": ..., "params": ...}.
- A `Plural` has one template for the number 1 and another one for all other numbers.

The templates here are English; `language` says where those of other languages are.
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
    refusals,
    structure,
    verdict,
    watermarks,
)
from .language import (
    ENGLISH,
    JOINS,
    current_language,
    follow,
    join,
    template_of,
    write_number,
)
from .plural import Entry, Plural
from .recognising import recognise

__all__ = (
    "ENGLISH",
    "JSON",
    "SENTENCES",
    "TABLES",
    "Plural",
    "current_language",
    "follow",
    "retell",
    "say",
    "words",
    "write_number",
)

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
    refusals,
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


def say(code: str, params: Mapping[str, JSON], language: str | None = None) -> str:
    """The sentence or sentences of this code, in the current language if none is given.

    Texts in `params` are put in as they are: whoever makes them has cleaned them. Raises `KeyError`
    for a code or a name that it lacks.
    """
    language = language or current_language()
    entry = SENTENCES[code]
    number = params[entry.number] if isinstance(entry, Plural) else None
    template = template_of(code, entry, number, language)
    text = _OPTIONAL.sub(lambda part: part[1] if _is_full(part[1], params) else "", template)
    return _Writer(params, language).vformat(text, (), params)


def words(
    table: str,
    value: JSON,
    params: Mapping[str, JSON] | None = None,
    language: str | None = None,
) -> str:
    """The words of a table for a value, or the value in quotation marks if it has none."""
    code = f"{table}.{value}"
    return say(code, params or {}, language) if code in SENTENCES else f'"{value}"'


def retell(text: str, table: str) -> str:
    """A text that was stored in English in the current language; one of no code stays as it is."""
    told = recognise(text, table) if current_language() != ENGLISH else None
    return say(told.code, told.params) if told else text


def _is_full(part: str, params: Mapping[str, JSON]) -> bool:
    names = (name for _, name, _, _ in Formatter().parse(part) if name)
    return not any(params[name] in _EMPTY for name in names)


class _Writer(Formatter):
    """Puts parameters into a template, with words from the tables of the catalogue."""

    def __init__(self, params: Mapping[str, JSON], language: str) -> None:
        self.params, self.language = params, language

    def format_field(self, value: Any, format_spec: str) -> str:
        if not isinstance(value, (list, tuple)):
            return self._write(value, format_spec)
        word = format_spec if format_spec in JOINS else ""
        items = [self._write(item, "" if word else format_spec) for item in value]
        return join(items, word, self.language)

    def _write(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Mapping):
            return say(value["code"], value["params"], self.language)
        if format_spec in TABLES:
            return words(format_spec, value, self.params, self.language)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return write_number(value, format_spec, self.language)
        return format(value, format_spec)
