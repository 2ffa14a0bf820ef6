"""InvokeAI: the graph of steps that made a picture, also where its table of settings is missing.

`invokeai_graph` holds the steps as they ran, `invokeai_workflow` as they were drawn. Other programs
keep graphs of nodes and edges as well; so only one that removes noise from latents counts, and it
decides if it also turns latents into a picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from detector.inference.methods.forensics.containers.metadata import Metadata, Text
from detector.inference.methods.forensics.evidence import (
    Evidence,
    ai_claim,
    make_rows,
    scalar,
    settings_in,
)

from .inpainting import paints_into

Step = Mapping[str, Any]

# Other programs denoise photographs; so the names are those of InvokeAI alone.
_DENOISES = re.compile(
    r"(tiled_multi_diffusion_)?denoise_latents(_meta)?|t2l|l2l|"
    r"(flux2?|sd3|cogview4|z_image|qwen_image|anima)_denoise(_meta)?"
)
_DECODES = re.compile(r"(\w+_)?(l2i|vae_decode)")
# Where a step holds a setting, in the order of our table.
_SETTINGS = {
    "prompt": ("prompt",),
    "seed": ("seed",),
    "steps": ("steps", "num_steps"),
    "sampler": ("scheduler",),
    "CFG scale": ("cfg_scale", "guidance"),
}
MAX_STEPS = 5000


def read_invokeai_graph(metadata: Metadata) -> Iterator[Evidence]:
    """Graphs of InvokeAI, wherever a picture carries them."""
    for text in metadata.texts:
        for steps in filter(None, map(_steps, text.objects)):
            yield from _evidence(steps, text)


def _steps(data: Mapping[str, Any]) -> list[Step]:
    """{"type": ..., settings} of each step of either form; empty if the object is no such graph."""
    nodes = data.get("nodes")
    if not isinstance(data.get("edges"), list) or not isinstance(nodes, (dict, list)):
        return []
    entries = list(nodes.values()) if isinstance(nodes, dict) else nodes
    steps = (_step(node) for node in entries[:MAX_STEPS] if isinstance(node, dict))
    return [step for step in steps if isinstance(step.get("type"), str)]


def _step(node: Step) -> Step:
    """A drawn node wraps the step in `data`, and each setting in an object with its value."""
    data = node.get("data")
    if not isinstance(data, dict):
        return node
    inputs = data.get("inputs")
    items = inputs.items() if isinstance(inputs, dict) else ()
    values = {name: entry.get("value") for name, entry in items if isinstance(entry, dict)}
    return values | {"type": data.get("type")}


def _evidence(steps: list[Step], text: Text) -> Iterator[Evidence]:
    kinds = {step["type"] for step in steps}
    if not any(map(_DENOISES.fullmatch, kinds)):
        return
    rows = make_rows((label, _setting(steps, names)) for label, names in _SETTINGS.items())
    settings = settings_in(rows)
    if any(map(_DECODES.fullmatch, kinds)):
        edit = paints_into(kinds)
        yield ai_claim("invokeai.graph", settings, "invokeai", text.where, rows=rows, partial=edit)
    else:
        yield ai_claim(
            "invokeai.no_output", settings, "invokeai", text.where, strength="weak", rows=rows
        )


def _setting(steps: list[Step], names: tuple[str, ...]) -> str:
    """The first value that a step has for the setting, those that remove noise first."""
    steps_by_kind = sorted(steps, key=lambda step: not _DENOISES.fullmatch(step["type"]))
    values = (scalar(step.get(name)) for step in steps_by_kind for name in names)
    return next(filter(None, values), "")
