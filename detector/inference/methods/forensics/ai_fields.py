"""The fields that IPTC's standard of 2025 has for the AI system behind a picture and its prompt.

They are free text, which people and forms also fill in to say, in any language, that no AI was
used. So only the bare name of a known system decides. Any other text is a weak hint, since no list
of denials is complete; a denial that is understood is no claim at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from .evidence import MAX_VALUE, Evidence, ai_claim, context, make_rows
from .metadata import Metadata, clean, quotable
from .xmp import IPTC_EXT

FIELDS = {
    "AISystemUsed": "AI system",
    "AISystemVersionUsed": "AI system version",
    "AIPromptInformation": "prompt",
    "AIPromptWriterName": "prompt written by",
}
MAX_VALUES = 8  # of one field
MAX_NAME, MAX_WORDS = 10, 60  # words of a name, and words that are looked at

_WORD = re.compile(r"[^\W\d_]+|\d+")
# Of words in lower case with single spaces between: "DALL-E 3" is "dall e 3", "GPT4o" "gpt 4 o".
_NAME = re.compile(
    r"\b(midjourney|niji|firefly|dall ?e|stable ?diffusion|sdxl|automatic 1111|comfyui|invokeai|"
    r"novelai|fooocus|swarmui|draw things|easy diffusion|ideogram|leonardo ?ai|chat ?gpt|gpt|"
    r"openai|imagen|image ?fx|nightcafe|diffusionbee|dreamstudio|mflux|gemini|nano ?banana|flux|"
    r"sora|grok|veo|krea|recraft|seedream|seededit|dreamina|jimeng|doubao|qwen|qwen ?image|wan|"
    r"hunyuan|hunyuan ?image|kling|kling ?ai|runway|runwayml|luma ai|playground (ai|v)|hidream|"
    r"kandinsky|pixart|z image|meta ai|cogview|notebooklm|bing image creator|"
    r"image creator from designer|即梦|豆包|文心一格|通义万相|混元|可灵)\b"
)


def _vocabulary(words: str) -> frozenset[str]:
    return frozenset(words.split())


# What stands beside the name: who made it, which edition.
_BESIDE = _vocabulary("""
    google deepmind openai adobe microsoft bing meta xai alibaba tencent bytedance baidu amazon
    stability stabilityai black forest labs bfl tongyi ai by from v version model models image
    images generator generation gen creator designer studio app web beta alpha preview experimental
    exp pro plus max ultra fast flash turbo lightning lite mini nano large medium small base dev
    schnell kontext krea raw xl hd edit instruct omni hyper standard diffusion
""")
_NO = _vocabulary("""
    no not non none nil null never without false unknown undefined unspecified neither nor nothing
    off unused free noai nope isn wasn didn don doesn aren weren
    keine kein keiner nein nicht ohne frei pas sans aucun aucune rien sin ninguno ninguna ningún
    nada senza nessun nessuno nessuna sem nenhum nenhuma geen niet zonder ingen intet inte ikke utan
    ei brak nie bez nincs нет без не なし 無 無し 无 沒有 没有 없음 해당
""")
_BLANK = _NO | _vocabulary("n a applicable used ai ki ia prompt human handmade photo original")
_AI = _vocabulary("ai ki ia ии artificial artificielle künstliche generated generative")
_DENIED = re.compile("未使用|不使用|不适用|していません|していない|사용 ?안|사용하지")


def read_ai_fields(metadata: Metadata) -> Iterator[Evidence]:
    """What the file says of the AI system, its prompt and who wrote that."""
    held = {name: _values(metadata, name) for name in FIELDS}
    systems = [text for text in held["AISystemUsed"] if not _denies_system(text)]
    if held["AISystemUsed"] and not systems:
        said = f'Of an AI system used, the file says "{quotable(held["AISystemUsed"][0], 80)}".'
        yield context(f"{said} Anyone can write that.", "iptc-ai", _where("AISystemUsed"))
        return
    held["AISystemUsed"] = sorted(systems, key=lambda text: not _is_name(text))
    claiming = {"AISystemUsed": systems} | {
        name: [text for text in held[name] if not _denies_ai(text)]
        for name in ("AIPromptInformation", "AIPromptWriterName")
    }
    if field := next((name for name, texts in claiming.items() if texts), ""):
        yield _claim(field, held)


def _claim(field: str, held: dict[str, list[str]]) -> Evidence:
    """A known name decides; whatever else stands in such a field is a hint."""
    text = held[field][0]
    rows = make_rows((shown, next(iter(held[name]), "")) for name, shown in FIELDS.items())
    if field == "AISystemUsed" and _is_name(text):
        said = f'The file names "{quotable(text, 80)}" as the AI system that generated the picture.'
        return ai_claim(said, "iptc-ai", _where(field), rows=rows)
    what = f'In a field about AI ("{FIELDS[field]}") stands "{quotable(text, 80)}"'
    said = f"{what}; anyone can write that."
    return ai_claim(said, "iptc-ai", _where(field), strength="weak", rows=rows)


def _where(field: str) -> str:
    return f"XMP Iptc4xmpExt:{field}"


def _values(metadata: Metadata, name: str) -> list[str]:
    """The values of a field that say something."""
    values = metadata.xmp.get(IPTC_EXT + name, [])[:MAX_VALUES]
    return [text for value in values if not _is_blank(text := clean(value, MAX_VALUE))]


def _words(text: str) -> list[str]:
    return [match[0].lower() for match in islice(_WORD.finditer(text), MAX_WORDS)]


def _is_blank(text: str) -> bool:
    """Whether it is what forms that fill in every field write where there is nothing to say."""
    return all(word in _BLANK or not word.strip("0") for word in _words(text))


def _is_name(text: str) -> bool:
    """Whether the text is the name of a known system and no more than its maker and version."""
    words = _words(text)
    rest, names = _NAME.subn(" ", " ".join(words))
    return 0 < names <= len(words) <= MAX_NAME and all(map(_is_beside, rest.split()))


def _is_beside(word: str) -> bool:
    """Whether the word may stand beside a name: "Google", "turbo", "3", the "v" of a version."""
    return word in _BESIDE or word.isdecimal() or (len(word) == 1 and word.isascii())


def _denies_ai(text: str) -> bool:
    words = _words(text)
    negated = not _NO.isdisjoint(words)
    return negated and (len(words) < 4 or not _AI.isdisjoint(words)) or bool(_DENIED.search(text))


def _denies_system(text: str) -> bool:
    """In the field for a system any such word makes the text something other than a name."""
    return not _is_name(text) and (not _NO.isdisjoint(_words(text)) or _denies_ai(text))
