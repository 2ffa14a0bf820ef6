"""The files of translators (.po) and those that the server reads (.mo), without GNU gettext."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from gettext import GNUTranslations
from pathlib import Path

from detector.inference.wording.language import CUSTOMS, ENGLISH, LOCALE

LANGUAGES = [language for language in CUSTOMS if language != ENGLISH]
FORMS = 2  # of a plural, in each of the languages
SEPARATOR = "\x04"  # between context and text in a .mo file


@dataclass
class Message:
    """One entry: its context, its text with the plural, and its translations by form."""

    context: str = ""
    text: str = ""
    plural: str = ""
    translations: dict[int, str] = field(default_factory=dict)
    fuzzy: bool = False

    @property
    def key(self) -> str:
        return f"{self.context}{SEPARATOR}{self.text}" if self.context else self.text


def po_file(language: str, domain: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


def read_po(path: Path) -> list[Message]:
    """The messages of a .po file as msgmerge writes it, without the header."""
    blocks = path.read_text("utf-8").split("\n\n")
    return [message for block in blocks if (message := _read(block)).text]


def read_mo(path: Path) -> dict[tuple[str, int | None], str]:
    """The translations by text (with context) and form of a plural, without the header."""
    with path.open("rb") as file:
        catalogue = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    pairs = (
        (key if isinstance(key, tuple) else (key, None), text) for key, text in catalogue.items()
    )
    return {key: text for key, text in pairs if key[0]}


def as_mo(messages: list[Message]) -> dict[tuple[str, int | None], str]:
    """What a .mo file of these messages has."""
    return {
        (one.key, form if one.plural else None): text
        for one in messages
        if not one.fuzzy
        for form, text in one.translations.items()
        if text
    }


def _read(block: str) -> Message:
    message = Message()
    for keyword, text in _strings(block):
        if keyword == "msgctxt":
            message.context += text
        elif keyword == "msgid":
            message.text += text
        elif keyword == "msgid_plural":
            message.plural += text
        else:
            form = int(keyword[len("msgstr[") : -1] or 0) if "[" in keyword else 0
            message.translations[form] = message.translations.get(form, "") + text
    message.fuzzy = any(line.startswith("#,") and "fuzzy" in line for line in block.splitlines())
    return message


def _strings(block: str) -> Iterator[tuple[str, str]]:
    """(keyword, text) of each line; a line that goes on has the keyword of the one before."""
    keyword = ""
    for line in block.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if not line.startswith('"'):
            keyword, _, line = line.partition(" ")
        yield keyword, ast.literal_eval(line)
