"""The languages of the catalogue: which one is spoken, and how it writes numbers and lists.

The English of an entry is in this package; `detector/locale/<language>/LC_MESSAGES/sentences.po`
has it in another language, with the code as its context. Who asks for no language gets that of
`follow`, and English where nobody has called it, as on the command line.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import NamedTuple

from .plural import Entry, Plural

ENGLISH = "en"
DOMAIN = "sentences"
LOCALE = Path(__file__).parents[2] / "locale"
NO_BREAK = "\N{NO-BREAK SPACE}"


class Customs(NamedTuple):
    """How a language writes numbers, and the words before the last item of a list."""

    decimal: str
    thousands: str
    percent: str
    joins: dict[str, str]


CUSTOMS = {
    ENGLISH: Customs(".", ",", "%", {"and": "and", "or": "or"}),
    "de": Customs(",", ".", f"{NO_BREAK}%", {"and": "und", "or": "oder"}),
    "fr": Customs(",", NO_BREAK, f"{NO_BREAK}%", {"and": "et", "or": "ou"}),
    "es": Customs(",", ".", f"{NO_BREAK}%", {"and": "y", "or": "o"}),
    "fi": Customs(",", NO_BREAK, f"{NO_BREAK}%", {"and": "ja", "or": "tai"}),
}
JOINS = CUSTOMS[ENGLISH].joins.keys()

Source = Callable[[], str | None]
_sources: list[Source] = []


def follow(source: Source) -> None:
    """From now on, speak the language that `source` names each time ("de", "en-gb", None)."""
    _sources[:] = [source]


def current_language() -> str:
    """The language to speak now, one of CUSTOMS; English for any that the catalogue lacks."""
    named = _sources[0]() if _sources else None
    base = (named or ENGLISH).partition("-")[0]
    return base if base in CUSTOMS else ENGLISH


def template_of(code: str, entry: Entry, number: object, language: str) -> str:
    """The template of an entry in a language, in English where it is not translated.

    `number` chooses the form of a plural.
    """
    catalogue = _catalogue(language)
    if isinstance(entry, Plural):
        count = number if isinstance(number, int) else 2
        return catalogue.npgettext(code, entry.one, entry.other, count)
    return catalogue.pgettext(code, entry) if entry else ""


def write_number(value: float, spec: str = "", language: str | None = None) -> str:
    """A number in the form `spec` of Python's `format`, with the signs of the language."""
    customs = CUSTOMS[language or current_language()]
    signs = {".": customs.decimal, ",": customs.thousands, "%": customs.percent}
    return "".join(signs.get(sign, sign) for sign in format(value, spec))


def join(items: list[str], word: str, language: str) -> str:
    """The items with commas, the last one after the word of the language for "and" or "or"."""
    *first, last = items
    if not (first and word):
        return ", ".join(items)
    return f"{', '.join(first)} {CUSTOMS[language].joins[word]} {last}"


@cache
def _catalogue(language: str) -> NullTranslations:
    if language == ENGLISH:
        return NullTranslations()
    return translation(DOMAIN, LOCALE, [language], fallback=True)
