"""ComfyUI: the whole node graph, as `prompt` (what was run) and `workflow` (what was drawn).

A JSON object counts only if it is such a graph. A graph that samples or decodes with a model made
the picture; one that only scales or crops could have been run on a photograph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from detector.inference.methods.forensics.containers.metadata import Metadata, Text
from detector.inference.methods.forensics.evidence import Evidence, ai_claim, make_rows, settings_in

from .comfyui_drawing import drawn_graph, is_drawing
from .comfyui_graph import Node, makers, of_kind, parameters
from .inpainting import paints_into

_GENERATES = re.compile(
    r"(?<!re)sampler|vaedecode|textencode|checkpoint|unet|diffus|detailer|sdupscale|"
    r"generat(?!or)|"
    r"text.?(to|2).?image|image.?(to|2).?image|gptimage|dall.?e|stableimage|flux|ideogram|recraft|"
    r"seedream|geminiimage|nanobanana",
    re.IGNORECASE,
)
# Drawings of this form are those of a library that others use as well, for sounds or shaders. One
# such kind of node, or two that may generate, tell ComfyUI's from theirs.
_ONLY_COMFYUI = re.compile(
    r"ksampler|samplercustom|vaedecode|textencode|checkpointloader|unetloader|sdupscale|"
    r"text.?(to|2).?image|gptimage|stableimage|geminiimage|nanobanana",
    re.IGNORECASE,
)
# A graph that lost its quotes on the way through another program.
_UNQUOTED = re.compile(r"\{\d+: \{(inputs: \{|class_type: \w)")
_UNQUOTED_NODE = re.compile(r"\bclass_type: (\w{3,60})")


def read_comfyui(metadata: Metadata) -> Iterator[Evidence]:
    """Graphs of ComfyUI, wherever a picture carries them."""
    for text in metadata.texts:
        for data in text.objects:
            if graph := as_graph(data):
                yield _graph_evidence(graph, text, from_drawing=is_drawing(data))
        if _UNQUOTED.match(text.value):
            yield from _unquoted_evidence(text)


def as_graph(data: Any) -> dict[str, Node]:
    """{id: {"class_type", "inputs"}} of either form of graph; empty if `data` is none."""
    if not isinstance(data, dict):
        return {}
    if is_drawing(data):
        return drawn_graph(data)
    nodes = {key: node for key, node in data.items() if _is_node(node)}
    return nodes if len(nodes) > 1 else {}


def _is_node(node: Any) -> bool:
    return (
        isinstance(node, dict)
        and isinstance(node.get("class_type"), str)
        and isinstance(node.get("inputs"), dict)
    )


def _generates(graph: dict[str, Node], from_drawing: bool) -> bool:
    kinds = {node["class_type"] for node in of_kind(graph.values(), _GENERATES)}
    return len(kinds) > from_drawing or bool(kinds and of_kind(graph.values(), _ONLY_COMFYUI))


def _graph_evidence(graph: dict[str, Node], text: Text, *, from_drawing: bool) -> Evidence:
    if not _generates(graph, from_drawing):
        params = {"nodes": len(graph)}
        return ai_claim("comfyui.unknown", params, "comfyui", text.where, strength="weak")
    rows = make_rows(parameters(graph))
    settings = settings_in(rows)
    if not of_kind(makers(graph), _GENERATES):
        return ai_claim(
            "comfyui.idle", settings, "comfyui", text.where, strength="strong", rows=rows
        )
    edit = paints_into(node["class_type"] for node in makers(graph))
    return ai_claim("comfyui.graph", settings, "comfyui", text.where, rows=rows, partial=edit)


def _unquoted_evidence(text: Text) -> Iterator[Evidence]:
    nodes = _UNQUOTED_NODE.findall(text.value)
    if len(nodes) >= 3 and any(_GENERATES.search(node) for node in nodes):
        yield ai_claim("comfyui.broken", {}, "comfyui", text.where, strength="medium")
