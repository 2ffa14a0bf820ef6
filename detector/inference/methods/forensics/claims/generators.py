"""Generators that leave a command line, a job number or a signature rather than settings."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from detector.inference.methods.forensics.containers.metadata import Metadata, quotable
from detector.inference.methods.forensics.containers.samsung import EDIT_BLOCK
from detector.inference.methods.forensics.evidence import (
    MAX_IN_SENTENCE,
    Evidence,
    ai_claim,
    make_rows,
    settings_in,
)

from .generator_names import names_program

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_JOB = re.compile(rf"(?s)(?P<prompt>.*?)\bJob ID: (?P<job>{_UUID})\s*")
# A prompt for Midjourney ends with its parameters, which no other numbering of jobs has.
_MIDJOURNEY = re.compile(r"\s--(v|ar|niji|stylize|s|style|chaos|seed|q|raw|sref|iw|no|tile)\b")
_IMAGINAIRY = re.compile(
    r'"(?P<prompt>[^"]{0,4000})"[^"\n]{0,60}(?:negative-prompt:"(?P<negative>[^"]{0,4000})" )?'
    r"seed:(?P<seed>\d{1,20}) prompt-strength:(?P<scale>[\d.]{1,20}) "
    r"steps:(?P<steps>\d{1,4}) sampler-type:(?P<sampler>\w{1,40})"
)
_FLAG = re.compile(r"(?:^|\s)-(\w)(?: ?([\w.][\w.\-]*))?")
_SIGNATURE = re.compile(r"Signature: ([A-Za-z0-9+/]{64,}={0,2})")

MAX_OPTIONS = 2000  # characters of a command

MAKERS = {
    "Make": "Ideogram AI",
    "Source": "Luma AI",
    "UserComment": "Made with OpenAI Labs",
}


def read_midjourney(metadata: Metadata) -> Iterator[Evidence]:
    """Midjourney: a description that ends with the number of the job, and an author."""
    author = metadata.value("Author", "Artist")
    for text in metadata.texts:
        match = _JOB.fullmatch(text.value.strip("\0 \n"))
        if not match:
            continue
        rows = make_rows([("prompt", match["prompt"]), ("job", match["job"])])
        described = text.key in ("Description", "ImageDescription")
        if author and (described or _MIDJOURNEY.search(match["prompt"])):
            yield ai_claim("midjourney.job", {}, "midjourney", text.where, rows=rows)
        else:
            yield ai_claim(
                "midjourney.number", {}, "midjourney", text.where, strength="medium", rows=rows
            )


def read_imaginairy(metadata: Metadata) -> Iterator[Evidence]:
    """imaginAIry's line: "a prompt" 512x512px seed:1 prompt-strength:7 steps:20 sampler-type:x."""
    for text in metadata.texts:
        for match in filter(None, map(_IMAGINAIRY.match, text.strings)):
            pairs = [("prompt", match["prompt"]), ("negative prompt", match["negative"] or "")]
            pairs += [("seed", match["seed"]), ("steps", match["steps"])]
            rows = make_rows([*pairs, ("sampler", match["sampler"]), ("CFG scale", match["scale"])])
            settings = settings_in(rows)
            yield ai_claim("imaginairy.line", settings, "imaginairy", text.where, rows=rows)


def read_dream(metadata: Metadata) -> Iterator[Evidence]:
    """InvokeAI's oldest form, a command: "a prompt" -s 50 -S 1234 -W 512 -H 512 -C 7.5."""
    for text in metadata.texts:
        prompt, quote, options = text.value.rpartition('"')
        if prompt[:1] != '"' or len(options) > MAX_OPTIONS:
            continue
        flags = dict(_FLAG.findall(options))
        steps, seed = flags.get("s", ""), flags.get("S", "")
        # Under another name than its own it could be the command of another program.
        complete = text.key == "Dream" or set("CWHA") <= flags.keys()
        if complete and steps.isdecimal() and seed.isdecimal():
            pairs = [("prompt", prompt[1:]), ("seed", seed), ("steps", steps)]
            pairs += [("sampler", flags.get("A", "")), ("CFG scale", flags.get("C", ""))]
            rows = make_rows(pairs)
            settings = settings_in(rows)
            yield ai_claim("invokeai.command", settings, "invokeai", text.where, rows=rows)


def read_grok(metadata: Metadata) -> Iterator[Evidence]:
    """xAI's Grok: a signature as description and a UUID as artist, both."""
    described = (t.value.strip() for t in metadata.carriers("ImageDescription"))
    signatures = filter(None, map(_SIGNATURE.fullmatch, described))
    artists = (t.value.strip().lower() for t in metadata.carriers("Artist"))
    is_signature = any(_is_base64(signature[1]) for signature in signatures)
    if is_signature and any(re.fullmatch(_UUID, artist) for artist in artists):
        where = "EXIF ImageDescription, Artist"
        yield ai_claim("grok.signature", {}, "grok", where, strength="medium")


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
    except binascii.Error:
        return False


def read_makers(metadata: Metadata) -> Iterator[Evidence]:
    """Services that name themselves where a camera or a source is named."""
    for key, name in MAKERS.items():
        for text in metadata.carriers(key):
            if text.value.strip() == name:
                yield ai_claim("maker.mark", {"name": name}, "maker", text.where, strength="medium")


def read_fooocus(metadata: Metadata) -> Iterator[Evidence]:
    """Fooocus names itself and the form of its settings even where they cannot be read."""
    programs = (t.value for t in metadata.carriers("Software"))
    if any(re.match(r"Fooocus v\d", program) for program in programs):
        for text in metadata.carriers("MakerNote", "fooocus_scheme"):
            if text.value.strip() in ("fooocus", "a1111"):
                where = f"{text.where}, Software"
                yield ai_claim("fooocus.named", {}, "fooocus", where, strength="medium")


def read_samsung(metadata: Metadata) -> Iterator[Evidence]:
    """Samsung's editor records whether one of its generative tools was used."""
    for text in metadata.carriers(EDIT_BLOCK):
        if _used_generative_tool(text.json):
            yield ai_claim(
                "samsung.tool", {}, "samsung", text.where, strength="medium", partial=True
            )


def _used_generative_tool(data: Any) -> bool:
    """Whether `genAIType`, at the top or one object down, is a number other than 0."""
    if not isinstance(data, dict):
        return False
    objects = [data] + [value for value in data.values() if isinstance(value, dict)]
    types = [o.get("genAIType") for o in objects]
    return any(type(t) is int and t != 0 for t in types)


def read_software(metadata: Metadata) -> Iterator[Evidence]:
    """The name of a generator in the field for the writing program.

    It is one editable field: a hint, no more.
    """
    for text in metadata.carriers("Software"):
        if names_program(quotable(text.value, 200)):
            params = {"name": quotable(text.value, MAX_IN_SENTENCE)}
            yield ai_claim("software.name", params, "software", text.where, strength="weak")
