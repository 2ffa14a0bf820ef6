"""The settings of a ComfyUI graph, found by following its links back from the picture.

A graph may hold several samplers, prompts and models, some of them idle. Those count that lead to
the output: from the node that saves back to the nearest sampler, and from there along the inputs
that carry what is looked for. The samplers of Flux take seed, steps and prompts from nodes of their
own; so any setting may be a value in the node or a link to where it stands.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from detector.inference.methods.forensics.evidence import scalar

Node = dict[str, Any]
Graph = dict[str, Node]
Follow = Callable[[Node, int], Iterator[tuple[str, int]]]

# The inputs that lead from a sampler to a setting, and those that hold it there.
_ROUTES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "model": (
        ("model", "guider", "basic_pipe", "pipe", "unet"),
        ("ckpt_name", "unet_name", "model_name", "base_ckpt_name", "model"),
    ),
    "seed": (("seed", "noise_seed", "noise", "value"), ("noise_seed", "seed", "value")),
    "steps": (("steps", "sigmas", "value"), ("steps", "value")),
    "sampler": (("sampler", "sampler_name"), ("sampler_name",)),
    "CFG scale": (("cfg", "guider", "value"), ("cfg", "value")),
    "guidance": (("guider", "positive", "conditioning"), ("guidance",)),
}
# Between a sampler and the prompts may stand one node that holds both.
_BETWEEN = ("guider", "basic_pipe", "pipe")
_CONDITIONING = ("conditioning", "conditioning_1", "conditioning_to")
_TEXTS = ("text", "text_g", "text_l", "t5xxl", "clip_l", "prompt", "string", "value")
_SIDES = ("positive", "negative")
# What puts out a picture, by its name; not what loads one, nor what saves a text or a model.
_OTHERS = r"(audio|latent|string|text|json|model|checkpoint|clip|vae|conditioning)"
_VERBS = r"(save|output|send|upload|(?<!re)write|export)"
_OUTPUTS = re.compile(
    rf"^(?!.*(?<!up)(?<!down)load)(?!.*({_VERBS}\W*{_OTHERS}|{_OTHERS}\W*(file)?\W*{_VERBS}))"
    rf".*({_VERBS}|videocombine)",
    re.IGNORECASE,
)
_PREVIEWS = re.compile(r"preview", re.IGNORECASE)
_SAVES = ("save", "preview")
_SAMPLERS = ("sampler", "detailer", "sdupscale")
_OF_SAMPLERS = {"positive", "guider", "basic_pipe", "pipe", "sampler_name", "noise_seed"}


def parameters(graph: Graph) -> Iterator[tuple[str, Any]]:
    """(name, value) of the prompts and settings with which the graph made its picture."""
    sampler = _nearest(graph, _samples) or _nearest(graph, _has_prompt)
    if sampler is None:
        return
    yield "prompt", _prompt(graph, sampler, "positive")
    yield "negative prompt", _prompt(graph, sampler, "negative")
    for name, (routes, keys) in _ROUTES.items():
        values = (_value(node, keys) for node in _upstream(graph, sampler, routes))
        first = next((value for value in values if value is not None), None)
        yield name, _only_model(graph) if name == "model" and first is None else first
    yield "LoRA", ", ".join(dict.fromkeys(_loras(graph, sampler)))


def makers(graph: Graph) -> Iterator[Node]:
    """The nodes that lead to an output of a picture; all nodes, if no output is known."""
    linked = [node for node in graph.values() if next(_all_links(node), None)]
    # A preview outputs a picture that is not saved, so it counts only if there is no other output.
    outputs = of_kind(linked, _OUTPUTS) or of_kind(linked, _PREVIEWS)
    return _behind(graph, outputs) if outputs else iter(graph.values())


def of_kind(nodes: Iterable[Node], pattern: re.Pattern[str]) -> list[Node]:
    """The nodes whose kind holds the pattern; each kind is searched once, however long its name."""
    nodes = list(nodes)
    kinds = {node["class_type"] for node in nodes}
    matches = {kind for kind in kinds if pattern.search(kind)}
    return [node for node in nodes if node["class_type"] in matches]


def _nearest(graph: Graph, is_match: Callable[[Node], bool]) -> Node | None:
    """The matching node nearest to a saving node; otherwise the first match in the graph."""
    saves = [n for n in graph.values() if n["class_type"].lower().startswith(_SAVES)]
    return next(
        filter(is_match, _behind(graph, saves)), next(filter(is_match, graph.values()), None)
    )


def _behind(graph: Graph, ends: list[Node]) -> Iterator[Node]:
    """These nodes and all that leads to them, nearest first."""
    return _walk(graph, ends, lambda node, output: _all_links(node))


def _samples(node: Node) -> bool:
    name = node["class_type"].lower()
    is_sampler = any(word in name for word in _SAMPLERS) and "select" not in name
    return is_sampler and not _OF_SAMPLERS.isdisjoint(node["inputs"])


def _has_prompt(node: Node) -> bool:
    """Nodes that ask a service for a picture hold all the settings themselves."""
    return isinstance(node["inputs"].get("prompt"), str)


def _upstream(graph: Graph, start: Node, inputs: tuple[str, ...]) -> Iterator[Node]:
    """The node, then those that it is linked to by these inputs, nearest first."""
    return _walk(graph, [start], lambda node, output: _links(node, inputs))


def _walk(graph: Graph, starts: list[Node], follow: Follow) -> Iterator[Node]:
    """Breadth first; each node twice at most, however the links run in circles."""
    queue, visits = deque((start, 0) for start in starts), set[tuple[int, int]]()
    while queue:
        node, output = queue.popleft()
        if (id(node), output) in visits:
            continue
        visits.add((id(node), output))
        yield node
        links = (link for link in follow(node, output) if link[0] in graph)
        queue.extend((graph[source], number) for source, number in links)


def _links(node: Node, inputs: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """(id of the node, 1 for its second output and 0 for the others) of each linked input."""
    for value in map(node["inputs"].get, inputs):
        if isinstance(value, list) and len(value) == 2 and isinstance(value[0], (str, int)):
            yield scalar(value[0]), int(value[1] == 1)


def _all_links(node: Node) -> Iterator[tuple[str, int]]:
    return _links(node, tuple(node["inputs"]))


def _value(node: Node, keys: tuple[str, ...]) -> str | int | float | None:
    """The first of these inputs that is a value, not a link."""
    values = map(node["inputs"].get, keys)
    return next((v for v in values if isinstance(v, (str, int, float)) and v != ""), None)


def _only_model(graph: Graph) -> str | int | float | None:
    """The checkpoint, where unknown nodes hide the way to it and the graph loads no other."""
    models = {_value(node, ("ckpt_name", "unet_name")) for node in graph.values()} - {None}
    return models.pop() if len(models) == 1 else None


def _prompt(graph: Graph, sampler: Node, side: str) -> str:
    """The texts of the nearest node that has some, along the conditioning of this side."""
    *_, start = _upstream(graph, sampler, _BETWEEN)

    def follow(node: Node, output: int) -> Iterator[tuple[str, int]]:
        if node is start:
            return _links(node, (side, *_CONDITIONING) if side == "positive" else (side,))
        if "negative" in node["inputs"]:  # a ControlNet hands both sides on
            return _links(node, (_SIDES[output],))
        return _links(node, (*_CONDITIONING, *_TEXTS))

    for node in _walk(graph, [start], follow):
        own = (side, f"{side}_prompt")
        keys = own if node is start and side == "negative" else (*own, *_TEXTS)
        values = (node["inputs"].get(key) for key in keys)
        if texts := dict.fromkeys(t for t in values if isinstance(t, str) and t.strip()):
            return "\n".join(texts)  # the encoders of SDXL and Flux take two, often the same
    return ""


def _loras(graph: Graph, sampler: Node) -> Iterator[str]:
    """The names, under keys such as "lora_name", "lora_name_1" and "lora_01"."""
    routes, _ = _ROUTES["model"]
    for node in _upstream(graph, sampler, routes):
        values = (value for key, value in node["inputs"].items() if key.startswith("lora"))
        yield from (name for name in values if isinstance(name, str) and name not in ("", "None"))
