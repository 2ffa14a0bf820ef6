"""Generators that write their settings as one JSON object, told apart by the names in it.

Each is one line of `SHAPES`. An object counts if enough of the generator's own names are there with
values of the right kind: one name alone, such as "prompt", is no evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .evidence import Evidence, Rows, ai_claim, make_rows, scalar, summary
from .metadata import Metadata, Text, Unreadable, parse_json

_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,20})?")


@dataclass(frozen=True)
class Shape:
    """The object that one generator writes.

    `names` maps its names to those of our table; `least` of them must be there, among them `must`
    (a name and the pattern of its value). `inside` is the name of the object that holds them.
    """

    kind: str
    title: str
    carriers: tuple[str, ...]
    names: Mapping[str, str]
    least: int
    must: tuple[str, str] = ("", "")
    inside: str = ""


SHAPES = (
    Shape(
        "invokeai", "InvokeAI", ("invokeai_metadata",),
        {"positive_prompt": "prompt", "negative_prompt": "negative prompt", "seed": "seed",
         "steps": "steps", "scheduler": "sampler", "cfg_scale": "CFG scale",
         "generation_mode": "mode", "app_version": "version"},
        least=3,
    ),
    Shape(
        "invokeai", "InvokeAI", ("sd-metadata",),
        {"sampler": "sampler", "steps": "steps", "seed": "seed", "cfg_scale": "CFG scale",
         "width": "width", "height": "height"},
        least=3, inside="image",
    ),
    Shape(
        "swarmui", "SwarmUI", ("parameters", "UserComment", "Model", "sui_image_params"),
        {"prompt": "prompt", "negativeprompt": "negative prompt", "model": "model", "seed": "seed",
         "steps": "steps", "cfgscale": "CFG scale", "comfyuisampler": "sampler",
         "swarm_version": "version"},
        least=3, inside="sui_image_params",
    ),
    Shape(
        "fooocus", "Fooocus", ("parameters", "UserComment", "Comment"),
        {"prompt": "prompt", "negative_prompt": "negative prompt", "base_model": "model",
         "seed": "seed", "steps": "steps", "sampler": "sampler", "guidance_scale": "CFG scale",
         "version": "version"},
        least=4, must=("version", r"Fooocus.*"),
    ),
    Shape(
        "easydiffusion", "Easy Diffusion", ("UserComment",),
        {"prompt": "prompt", "negative_prompt": "negative prompt", "seed": "seed",
         "use_stable_diffusion_model": "model", "sampler_name": "sampler",
         "num_inference_steps": "steps", "guidance_scale": "CFG scale"},
        least=4, must=("num_inference_steps", r"\d{1,5}"),
    ),
    Shape(
        "mflux", "MFLUX", ("UserComment",),
        {"prompt": "prompt", "negative_prompt": "negative prompt", "model": "model", "seed": "seed",
         "steps": "steps", "guidance": "CFG scale", "mflux_version": "version"},
        least=4, must=("mflux_version", r"\d.*"),
    ),
    Shape(
        "pollinations", "Pollinations", ("UserComment",),
        {"originalPrompt": "prompt", "negative_prompt": "negative prompt", "model": "model",
         "seed": "seed", "width": "width", "height": "height"},
        least=4, must=("originalPrompt", r"(?s).+"),
    ),
    Shape(
        "drawthings", "Draw Things", ("UserComment",),
        {"c": "prompt", "uc": "negative prompt", "model": "model", "seed": "seed",
         "steps": "steps", "sampler": "sampler", "scale": "CFG scale"},
        least=5, must=("c", r"(?s).*"),
    ),
)  # fmt: skip
NOVELAI = Shape(
    "novelai", "NovelAI", ("Comment",),
    {"prompt": "prompt", "uc": "negative prompt", "seed": "seed", "steps": "steps",
     "sampler": "sampler", "scale": "CFG scale", "request_type": "mode"},
    least=3,
)  # fmt: skip
# Easy Diffusion's PNGs have one text for each name, in either of two spellings.
EASY_DIFFUSION_TEXTS = (
    {"prompt": "prompt", "negative_prompt": "negative prompt", "seed": "seed",
     "use_stable_diffusion_model": "model", "sampler_name": "sampler",
     "num_inference_steps": "steps", "guidance_scale": "CFG scale"},
    {"Prompt": "prompt", "Negative Prompt": "negative prompt", "Seed": "seed",
     "Stable Diffusion model": "model", "Sampler": "sampler", "Steps": "steps",
     "Guidance Scale": "CFG scale"},
)  # fmt: skip
EASY_DIFFUSION_LEAST = 5


def read_json_settings(metadata: Metadata) -> Iterator[Evidence]:
    """Every generator of the table, in every place where it writes."""
    for shape in SHAPES:
        for text in metadata.carriers(*shape.carriers):
            if rows := match_shape(shape, text.json):
                yield _evidence(shape.title, shape.kind, text.where, rows)


def match_shape(shape: Shape, data: Any) -> Rows:
    """The rows of an object of this shape; empty if it is none."""
    if shape.inside and isinstance(data, dict):
        data = data.get(shape.inside)
    if not isinstance(data, dict):
        return ()
    must, pattern = shape.must
    if must and not re.fullmatch(pattern, scalar(data.get(must))):
        return ()
    return _matching_rows(shape.names, data, shape.least)


def _matching_rows(names: Mapping[str, str], data: Mapping[str, Any], least: int) -> Rows:
    held = [(shown, data[name]) for name, shown in names.items() if _fits(shown, data.get(name))]
    return make_rows(held) if len(held) >= least else ()


def _fits(shown: str, value: Any) -> bool:
    if shown in ("seed", "steps", "CFG scale", "width", "height"):
        return bool(_NUMBER.fullmatch(scalar(value)))
    return isinstance(value, str)


def _evidence(title: str, kind: str, where: str, rows: Rows) -> Evidence:
    said = f"The file holds the settings with which {title} generated a picture{summary(rows)}."
    return ai_claim(said, kind, where, rows=rows)


def read_easy_diffusion(metadata: Metadata) -> Iterator[Evidence]:
    """Easy Diffusion's PNG texts, which count together or not at all."""
    for names in EASY_DIFFUSION_TEXTS:
        texts = {name: metadata.value(name) for name in names}
        held = {name: value for name, value in texts.items() if value}
        rows = _matching_rows(names, held, EASY_DIFFUSION_LEAST)
        if {"seed", "steps"} <= {name for name, _ in rows}:
            yield _evidence("Easy Diffusion", "easydiffusion", "PNG texts", rows)


def read_novelai(metadata: Metadata) -> Iterator[Evidence]:
    """NovelAI: the name of the program, and its settings in `Comment`, together."""
    for text in metadata.carriers("Comment"):
        rows = match_shape(NOVELAI, text.json)
        if rows and any(t.value.strip() == "NovelAI" for t in metadata.carriers("Software")):
            yield _evidence("NovelAI", "novelai", text.where, rows)
    for text in metadata.carriers("UserComment"):
        yield from _novelai_comment(text)


def _novelai_comment(text: Text) -> Iterator[Evidence]:
    """NovelAI's WebP pictures hold the same texts as one JSON object in the UserComment."""
    data = text.json
    if not isinstance(data, dict) or data.get("Software") != "NovelAI":
        return
    try:
        settings = parse_json(scalar(data.get("Comment")))
    except Unreadable:
        return
    if rows := match_shape(NOVELAI, settings):
        yield _evidence("NovelAI", "novelai", text.where, rows)
