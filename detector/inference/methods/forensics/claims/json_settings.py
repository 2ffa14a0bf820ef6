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
    is_novelai = any(_is_novelai(text.value) for text in metadata.carriers("Software"))
    for text in metadata.texts:
        if evidence := next(_settings(text, is_novelai), None):
            yield evidence


def _settings(text: Text, is_novelai: bool) -> Iterator[Evidence]:
    """The settings in a text; `is_novelai` says that the file names NovelAI elsewhere."""
    is_novelai = is_novelai or any(_is_novelai(data.get("Software")) for data in text.objects)
    for data in text.objects:
        for shape in chain((NOVELAI,) * is_novelai, SHAPES):
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
    values = data.get(shape.inside) if shape.inside else data
    if not isinstance(values, dict):
        return ()
    if not all(_is_like(values.get(name), pattern) for name, pattern in shape.must.items()):
        return ()
    return _matching_rows(shape.names, values, shape.least)


def match_any_tool(data: Mapping[str, Any]) -> Rows:
    """The rows of an object in the words of diffusion models, whoever wrote it; empty if none."""
    plain = {name.translate(_BETWEEN_WORDS).lower(): value for name, value in data.items()}
    marks = [name for name, shape in ONLY_DIFFUSION.items() if _is_like(plain.get(name), shape)]
    values = {
        label: value
        for label, names in ANY_TOOL.items()
        if (value := _first(label, map(plain.get, names))) is not None
    }
    has_sampler = re.fullmatch(SAMPLERS, scalar(values.get("sampler")))
    if len(marks) + bool(has_sampler) < LEAST_DIFFUSION or not {"prompt", "seed"} <= values.keys():
        return ()
    return make_rows(values.items())


def _first(label: str, values: Iterator[Any]) -> Any:
    """The first of these values that the setting can have, or None."""
    return next((value for value in values if _is_setting(label, value)), None)


def _is_like(value: Any, pattern: str) -> bool:
    is_scalar = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    return is_scalar and bool(re.fullmatch(pattern, scalar(value)))


def _matching_rows(names: Mapping[str, str], data: Mapping[str, Any], least: int) -> Rows:
    rows = [
        (label, data[name]) for name, label in names.items() if _is_setting(label, data.get(name))
    ]
    return make_rows(rows) if len(rows) >= least else ()


def _is_setting(label: str, value: Any) -> bool:
    return _is_like(value, ANY_NUMBER) if label in _NUMBERS else isinstance(value, str)


def read_easy_diffusion(metadata: Metadata) -> Iterator[Evidence]:
    """Easy Diffusion's PNG texts, which count together or not at all."""
    for names in EASY_DIFFUSION_TEXTS:
        texts = {name: metadata.value(name) for name in names}
        settings = {name: value for name, value in texts.items() if value}
        rows = _matching_rows(names, settings, EASY_DIFFUSION_LEAST)
        if {"seed", "steps"} <= {name for name, _ in rows}:
            params = {"program": "Easy Diffusion", **settings_in(rows)}
            yield ai_claim("settings.program", params, "easydiffusion", "PNG texts", rows=rows)
