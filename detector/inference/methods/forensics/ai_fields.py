"""The fields that IPTC's standard of 2025 has for the AI system behind a picture and its prompt.

They are free text, which people and forms also fill in to say that no AI was used. So only the name
of a known system decides; what names no system is a hint, and what denies is no claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from detector.inference.results import Strength

from .evidence import MAX_VALUE, Evidence, Rows, ai_claim, context, make_rows
from .generators import PROGRAMS
from .metadata import Metadata, clean, quotable
from .xmp import IPTC_EXT

FIELDS = {
    "AISystemUsed": "AI system",
    "AISystemVersionUsed": "AI system version",
    "AIPromptInformation": "prompt",
    "AIPromptWriterName": "prompt written by",
}
# Models and services by names that elsewhere mean other things (a planet, a light, a person).
_MODELS = re.compile(
    r"\b(firefly|imagen|gemini|nano[- ]?banana|flux|sora|gpt|grok|aurora|veo|copilot|krea|recraft|"
    r"seedream|dreamina|jimeng|doubao|qwen|wan ?2|hunyuan|kling|runway|luma|leonardo|playground|"
    r"sdxl|sd ?[123]|hidream|kandinsky|pixart|z-image|meta ai|notebooklm)\b|"
    r"即梦|豆包|文心|通义|混元|可灵",
    re.IGNORECASE,
)
_NO = (
    r"(?:no|not|non|none|nil|null|never|without|false|unknown|undefined|unspecified|n\W?a|"
    r"keine?r?|nein|nicht|ohne|pas|sans|aucune?|sin|ningun[oa]?|ningún|senza|nessun[oa]?|sem|"
    r"nenhuma?|geen|zonder|ingen|utan|brak|bez|нет|без|не|なし|無し?|无|沒有|没有|없음)"
)
# What forms that fill in every field write where there is nothing to say.
_EMPTY = re.compile(
    rf"[\W_0]*(({_NO}|human|camera|photo|photograph|no prompt|no ai)[\W_0]*)?", re.IGNORECASE
)
_AI = r"(?:a\W?i|ki|ia|ии|artifi[cz]i\w+|generat\w+|generiert\w*|künstlich\w*|人工|生成)"
# "No AI was used", "keine KI", "None, my own photograph".
_DENIES_FIRST = re.compile(
    rf"\W*(?:{_NO}\b[^.,;]{{0,40}}\b{_AI}\b|(?:none|nil|null|false|nein|n/a|not applicable)\b)",
    re.IGNORECASE,
)
# "AI was not used", "未使用AI", "AIは使用していません".
_DENIES_AI = re.compile(
    rf"\b{_AI}\b(?: \w+)? {_NO}\b|[未不没沒無无非][^。]{{0,8}}(?:AI|人工|生成)|"
    r"(?:AI|人工|生成)[^。]{0,12}(?:[未不没沒無无非]|なし|ない|いません|ありません)",
    re.IGNORECASE,
)
# In the field for a system, any such word makes the text something other than a name.
_NO_NAME = re.compile(
    rf"\b(?:{_NO}|human|camera|photo(?:graph(?:er|y)?)?|original)\b", re.IGNORECASE
)


def read_ai_fields(metadata: Metadata) -> Iterator[Evidence]:
    """What the file says of the AI system, its prompt and who wrote that."""
    held = {name: _values(metadata, name) for name in FIELDS}
    rows = make_rows((shown, next(iter(held[name]), "")) for name, shown in FIELDS.items())
    systems = [text for text in held["AISystemUsed"] if not _denies_system(text)]
    prompts = [text for text in held["AIPromptInformation"] if not _denies(text)]
    if systems:
        system = next(filter(_is_known, systems), systems[0])
        yield _system_claim(system, bool(prompts), rows)
    elif denials := held["AISystemUsed"]:
        yield _denial(denials[0])
    elif prompts:
        said = "The file holds a prompt, in the field for what an AI was told to generate."
        where = "XMP Iptc4xmpExt:AIPromptInformation"
        yield ai_claim(said, "iptc-ai", where, strength="strong", rows=rows)
    elif held["AIPromptWriterName"]:
        said = "The file names the person who wrote the prompt for the AI that generated it."
        where = "XMP Iptc4xmpExt:AIPromptWriterName"
        yield ai_claim(said, "iptc-ai", where, strength="medium", rows=rows)


def _system_claim(system: str, prompted: bool, rows: Rows) -> Evidence:
    """A known system decides, and so does any with a prompt; any other text may mean anything."""
    strength: Strength = "decisive" if _is_known(system) or prompted else "medium"
    named = quotable(system, 80)
    said = f'The file names "{named}" as the AI system that generated the picture.'
    return ai_claim(said, "iptc-ai", "XMP Iptc4xmpExt:AISystemUsed", strength=strength, rows=rows)


def _denial(text: str) -> Evidence:
    said = f'Of an AI system used, the file says "{quotable(text, 80)}"; anyone can write that.'
    return context(said, "iptc-ai", "XMP Iptc4xmpExt:AISystemUsed")


def _values(metadata: Metadata, name: str) -> list[str]:
    """The values of a field that say something."""
    values = (clean(value, MAX_VALUE) for value in metadata.xmp.get(IPTC_EXT + name, []))
    return [value for value in values if not _EMPTY.fullmatch(value)]


def _denies(text: str) -> bool:
    return bool(_DENIES_FIRST.match(text) or _DENIES_AI.search(text))


def _denies_system(text: str) -> bool:
    return bool(_NO_NAME.search(text)) or _denies(text)


def _is_known(text: str) -> bool:
    return bool(PROGRAMS.search(text) or _MODELS.search(text))
