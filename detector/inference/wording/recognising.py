"""From an English text back to its code: for texts that were stored or sent without one.

A refusal reaches the page as a sentence, from another process or from a row, and a result holds a
few short texts in English. Each was made from a template of the catalogue, by which it is found
again, so that it can be told in another language.
"""

from __future__ import annotations

import re
from functools import cache
from string import Formatter
from typing import NamedTuple

from .plural import Plural

PARTS = re.compile(r"(\[[^\[\]]*\])")
NUMBER = re.compile(r"-?[\d,]+(\.\d+)?")


class Form(NamedTuple):
    """A template as a pattern: its code, and the format of each parameter, by name."""

    code: str
    pattern: re.Pattern[str]
    specs: dict[str, str]


class Told(NamedTuple):
    """A sentence as it can be told again."""

    code: str
    params: dict[str, str | int | float]


def recognise(text: str, table: str) -> Told | None:
    """The code and the parameters of an English text of a table; None if it is not of the table."""
    for form in _forms(table):
        match = form.pattern.fullmatch(text)
        params = _params(form, match.groupdict("")) if match else None
        if params is not None:
            return Told(form.code, params)
    return None


@cache
def _forms(table: str) -> tuple[Form, ...]:
    """The forms of a table, the longest template first: the most of it is fixed."""
    from . import SENTENCES

    found = [
        (template, code)
        for code, entry in SENTENCES.items()
        if code.startswith(f"{table}.")
        for template in (entry[1:] if isinstance(entry, Plural) else (entry,))
    ]
    found.sort(key=lambda pair: -len(pair[0]))
    return tuple(_form(code, template) for template, code in found if template)


def _form(code: str, template: str) -> Form:
    specs: dict[str, str] = {}
    pattern = ""
    for part in PARTS.split(template):
        inner = _pattern(part.strip("[]") if PARTS.fullmatch(part) else part, specs)
        pattern += f"(?:{inner})?" if PARTS.fullmatch(part) else inner
    return Form(code, re.compile(pattern, re.DOTALL), specs)


def _pattern(template: str, specs: dict[str, str]) -> str:
    pattern = ""
    for text, name, spec, _ in Formatter().parse(template):
        pattern += re.escape(text)
        if name in specs:
            pattern += f"(?P={name})"
        elif name:
            specs[name] = spec or ""
            pattern += f"(?P<{name}>.+?)"
    return pattern


def _params(form: Form, groups: dict[str, str]) -> dict[str, str | int | float] | None:
    """The parameters, with those of words from other tables; None where such words are unknown."""
    from . import TABLES

    params: dict[str, str | int | float] = {}
    for name, text in groups.items():
        table = form.specs[name]
        if table in TABLES and text:
            inner = recognise(text, table)
            if inner is None:
                return None
            params |= {name: inner.code.removeprefix(f"{table}."), **inner.params}
        else:
            params[name] = _value(text, table)
    return params


def _value(text: str, spec: str) -> str | int | float:
    """A number where the template writes one in a form of its own."""
    if not (spec and NUMBER.fullmatch(text)):
        return text
    number = float(text.replace(",", ""))
    return number if "." in text else int(number)
