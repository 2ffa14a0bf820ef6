"""Which texts of templates are marked for translation, and which texts are marked at all."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.utils.translation.template import templatize

TEMPLATES = settings.BASE_DIR / "templates"
# Pages of staff are in English.
OF_STAFF = TEMPLATES / "admin"
SOURCES = settings.BASE_DIR / "detector"
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext"}
# The name of the program, and signs that are the same in all languages.
PROGRAM = "AI Image Detector"
ALLOWED = {"SHA-256", "n", "×", "report.json"}
SPOKEN = ("aria-label", "alt", "title", "placeholder", "data-label")

BLOCK = re.compile(r"\{% (blocktranslate|comment)\b.*?\{% end\1 %\}", re.DOTALL)
# In attributes, a tag may hold quotation marks; a mark in its place keeps the attribute whole.
TRANSLATED = re.compile(r"\{% translate .*?%\}", re.DOTALL)
TAG = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
SILENT = re.compile(r"<(code|script|style|title)\b[^>]*>.*?</\1>", re.DOTALL)
ATTRIBUTE = re.compile(rf'\b({"|".join(SPOKEN)}|data-[\w-]+)="([^"]*)"')
ELEMENT = re.compile(r"<[^>]*>", re.DOTALL)
LETTERS = re.compile(r"[^\W\d_]")
SENTENCE = re.compile(r"[A-Z][a-z]+ [a-z]+")


def templates() -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*.html") if OF_STAFF not in path.parents)


def bare_texts(source: str) -> list[str]:
    """The texts of a template that a visitor sees or hears and that are not translated."""
    html = TAG.sub("", TRANSLATED.sub("", BLOCK.sub("", source)))
    title = re.findall(r"<title>(.*?)</title>", html, re.DOTALL)
    html = SILENT.sub("", html)
    spoken = [
        text
        for name, text in ATTRIBUTE.findall(html)
        if name in SPOKEN or SENTENCE.search(text)  # other data are no texts
    ]
    texts = [*title, *spoken, *ELEMENT.split(html)]
    return [text for each in texts if (text := _plain(each)) and text not in ALLOWED]


def _plain(text: str) -> str:
    """The text without the name of the program, or nothing if it has no letters."""
    text = re.sub(r"&\w+;", " ", text).strip()
    text = text.removesuffix(PROGRAM).removesuffix("- ").strip()
    return text if LETTERS.search(text) else ""


def marked_texts() -> set[str]:
    """All texts that templates and Python mark, as they stand in a .po file (a % is doubled)."""
    found = set[str]()
    for path in templates():
        for text in _calls(templatize(path.read_text(), origin=str(path))):
            found.add(text)
    for path in SOURCES.rglob("*.py"):
        if "tests" not in path.parts and "gettext" in (source := path.read_text()):
            found |= set(_texts_of(ast.parse(source)))
    return found


def _calls(source: str) -> Iterator[str]:
    """The texts in what `templatize` makes of a template: calls among signs for the rest."""
    for match in re.finditer(r"(?:n?gettext|_)\((?=u?['\"])", source):
        first = re.match(
            r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""", source[match.end() :], re.DOTALL
        )
        if first:
            yield ast.literal_eval(first[1])


def _texts_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
            first = node.args[0]
            if name in MARKS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
