"""The fields that IPTC's standard of 2025 has for the AI system behind a picture and its prompt.

They are free text, which people and forms also fill in to say, in any language, that no AI was
used. So only the bare name of a known system decides. Any other text is a weak hint, since no list
of denials is complete; a denial that is understood is no claim at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from detector.inference.methods.forensics.containers.metadata import Metadata, clean, quotable
from detector.inference.methods.forensics.containers.xmp import IPTC_EXT
from detector.inference.methods.forensics.evidence import (
    MAX_IN_SENTENCE,
    MAX_VALUE,
    Evidence,
    ai_claim,
    context,
    make_rows,
)

from .generator_names import is_name, vocabulary, words_of

FIELDS = {
    "AISystemUsed": "AI system",
    "AISystemVersionUsed": "AI system version",
    "AIPromptInformation": "prompt",
    "AIPromptWriterName": "prompt written by",
}
MAX_VALUES = 8  # of one field

_NO = vocabulary("""
    no not non none nil null never without false unknown undefined unspecified neither nor nothing
    off unused free noai nope isn wasn didn don doesn aren weren
    keine kein keiner nein nicht ohne frei pas sans aucun aucune rien sin ninguno ninguna ningún
    nada senza nessun nessuno nessuna sem nenhum nenhuma geen niet zonder ingen intet inte ikke utan
    ei brak nie bez nincs нет без не なし 無 無し 无 沒有 没有 없음 해당
""")
_BLANK = _NO | vocabulary("n a applicable used ai ki ia prompt human handmade photo original")
_AI = vocabulary("ai ki ia ии artificial artificielle künstliche generated generative")
_DENIED = re.compile("未使用|不使用|不适用|していません|していない|사용 ?안|사용하지")


def read_ai_fields(metadata: Metadata) -> Iterator[Evidence]:
    """The statements of the file about the AI system, its prompt and the writer of the prompt."""
    values = {name: _values(metadata, name) for name in FIELDS}
    systems = [text for text in values["AISystemUsed"] if not _denies_system(text)]
    if values["AISystemUsed"] and not systems:
        params = _params("AISystemUsed", values["AISystemUsed"][0])
        yield context("iptc_ai.denied", params, "iptc-ai", _place("AISystemUsed"))
        return
    values["AISystemUsed"] = sorted(systems, key=lambda text: not is_name(text))
    claiming = {"AISystemUsed": systems} | {
        name: [text for text in values[name] if not _denies_ai(text)]
        for name in ("AIPromptInformation", "AIPromptWriterName")
    }
    if field := next((name for name, texts in claiming.items() if texts), ""):
        yield _claim(field, values)


def _claim(field: str, values: dict[str, list[str]]) -> Evidence:
    """A known name decides; any other text in such a field is a hint."""
    text = values[field][0]
    rows = make_rows((label, next(iter(values[name]), "")) for name, label in FIELDS.items())
    if field == "AISystemUsed" and is_name(text):
        params = {"said": quotable(text, MAX_IN_SENTENCE)}
        return ai_claim("iptc_ai.system", params, "iptc-ai", _place(field), rows=rows)
    params = _params(field, text)
    where = _place(field)
    return ai_claim("iptc_ai.hint", params, "iptc-ai", where, strength="weak", rows=rows)


def _params(field: str, text: str) -> dict[str, str]:
    return {"said": quotable(text, MAX_IN_SENTENCE), "field": field}


def _place(field: str) -> str:
    return f"XMP Iptc4xmpExt:{field}"


def _values(metadata: Metadata, name: str) -> list[str]:
    """The values of a field that say something."""
    values = metadata.xmp.get(IPTC_EXT + name, [])[:MAX_VALUES]
    return [text for value in values if not _is_blank(text := clean(value, MAX_VALUE))]


def _is_blank(text: str) -> bool:
    """Whether the text is a filler that forms write into a field without contents."""
    return all(word in _BLANK or not word.strip("0") for word in words_of(text))


def _denies_ai(text: str) -> bool:
    words = words_of(text)
    negated = not _NO.isdisjoint(words)
    return negated and (len(words) < 4 or not _AI.isdisjoint(words)) or bool(_DENIED.search(text))


def _denies_system(text: str) -> bool:
    """In the field for a system any such word makes the text something other than a name."""
    return not is_name(text) and (not _NO.isdisjoint(words_of(text)) or _denies_ai(text))
