"""Generators that write their settings as one JSON object, told apart by the names in it.

An object counts, wherever it stands, if enough of a generator's own names are there with values of
the right kind: one name alone, such as "prompt", is no evidence, nor are several that other
programs use as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from detector.inference.methods.forensics.containers.metadata import Metadata, Text
from detector.inference.methods.forensics.evidence import (
    Evidence,
    Rows,
    ai_claim,
    make_rows,
    scalar,
    settings_in,
)

from .inpainting import is_inpainting
from .json_shapes import (
    ANY_NUMBER,
    ANY_TOOL,
    EASY_DIFFUSION_LEAST,
    EASY_DIFFUSION_TEXTS,
    LEAST_DIFFUSION,
    NOVELAI,
    ONLY_DIFFUSION,
    SHAPES,
    Shape,
)
from .web_ui import SAMPLERS

_NUMBERS = ("seed", "steps", "CFG scale", "width", "height")
_BETWEEN_WORDS = str.maketrans("", "", " _-")


def read_json_settings(metadata: Metadata) -> Iterator[Evidence]:
    """The first generator of the table whose settings a text holds, for every text."""
    named = any(_is_novelai(text.value) for text in metadata.carriers("Software"))
    for text in metadata.texts:
        if evidence := next(_settings(text, named), None):
            yield evidence


def _settings(text: Text, named: bool) -> Iterator[Evidence]:
    """What the objects of a text hold; `named` says that the file names NovelAI elsewhere."""
    named = named or any(_is_novelai(data.get("Software")) for data in text.objects)
    for data in text.objects:
        for shape in chain((NOVELAI,) * named, SHAPES):
            if rows := match_shape(shape, data):
                params = {"program": shape.title, **settings_in(rows)}
                edit = is_inpainting(rows)
                yield ai_claim(
                    "settings.program", params, shape.kind, text.where, rows=rows, partial=edit
                )
    for data in text.objects:
        if rows := match_any_tool(data):
            settings = settings_in(rows)
            yield ai_claim("settings.diffusion", settings, "diffusion", text.where, rows=rows)


def _is_novelai(name: Any) -> bool:
    return isinstance(name, str) and name.strip() == "NovelAI"


def match_shape(shape: Shape, data: Mapping[str, Any]) -> Rows:
    """The rows of an object of this shape; empty if it is none."""
    held = data.get(shape.inside) if shape.inside else data
    if not isinstance(held, dict):
        return ()
    if not all(_is_like(held.get(name), pattern) for name, pattern in shape.must.items()):
        return ()
    return _matching_rows(shape.names, held, shape.least)


def match_any_tool(data: Mapping[str, Any]) -> Rows:
    """The rows of an object in the words of diffusion models, whoever wrote it; empty if none."""
    plain = {name.translate(_BETWEEN_WORDS).lower(): value for name, value in data.items()}
    said = [name for name, shape in ONLY_DIFFUSION.items() if _is_like(plain.get(name), shape)]
    found = {
        shown: value
        for shown, names in ANY_TOOL.items()
        if (value := _first(shown, map(plain.get, names))) is not None
    }
    sampled = re.fullmatch(SAMPLERS, scalar(found.get("sampler")))
    if len(said) + bool(sampled) < LEAST_DIFFUSION or not {"prompt", "seed"} <= found.keys():
        return ()
    return make_rows(found.items())


def _first(shown: str, values: Iterator[Any]) -> Any:
    """The first of these values that the setting can have, or None."""
    return next((value for value in values if _fits(shown, value)), None)


def _is_like(value: Any, pattern: str) -> bool:
    held = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    return held and bool(re.fullmatch(pattern, scalar(value)))


def _matching_rows(names: Mapping[str, str], data: Mapping[str, Any], least: int) -> Rows:
    held = [(shown, data[name]) for name, shown in names.items() if _fits(shown, data.get(name))]
    return make_rows(held) if len(held) >= least else ()


def _fits(shown: str, value: Any) -> bool:
    return _is_like(value, ANY_NUMBER) if shown in _NUMBERS else isinstance(value, str)


def read_easy_diffusion(metadata: Metadata) -> Iterator[Evidence]:
    """Easy Diffusion's PNG texts, which count together or not at all."""
    for names in EASY_DIFFUSION_TEXTS:
        texts = {name: metadata.value(name) for name in names}
        held = {name: value for name, value in texts.items() if value}
        rows = _matching_rows(names, held, EASY_DIFFUSION_LEAST)
        if {"seed", "steps"} <= {name for name, _ in rows}:
            params = {"program": "Easy Diffusion", **settings_in(rows)}
            yield ai_claim("settings.program", params, "easydiffusion", "PNG texts", rows=rows)
