"""The catalogue of sentences as a template of gettext, which the tools of translators read."""

from __future__ import annotations

import json
from collections.abc import Iterator

from detector.inference.wording import SENTENCES
from detector.inference.wording.plural import Entry, Plural

HEADER = """msgid ""
msgstr ""
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""


def write_template() -> str:
    """The text of a .pot file; the code of each entry is its context."""
    return "\n".join([HEADER, *_entries()])


def _entries() -> Iterator[str]:
    for code, entry in sorted(SENTENCES.items()):
        if entry:  # nothing is nothing in every language
            yield f"msgctxt {_quote(code)}\n{_texts(entry)}"


def _texts(entry: Entry) -> str:
    if isinstance(entry, Plural):
        one, other = _quote(entry.one), _quote(entry.other)
        return f'msgid {one}\nmsgid_plural {other}\nmsgstr[0] ""\nmsgstr[1] ""\n'
    return f'msgid {_quote(entry)}\nmsgstr ""\n'


def _quote(text: str) -> str:
    """A text in quotation marks, as C and so gettext has it."""
    return json.dumps(text, ensure_ascii=False)
