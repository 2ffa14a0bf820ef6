"""ComfyUI's `workflow`: the graph as it was drawn, read as the graph that ran.

The drawing lists links apart from the nodes. It also holds what never ran: muted nodes, which
nothing passes; bypassed ones, which hand on the first thing of a kind that they are given; pairs
that only spare a line; and nodes that stand for a graph of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from detector.inference.methods.forensics.evidence import scalar

from .comfyui_graph import Graph

MUTED, BYPASSED = 2, 4  # modes of a drawn node
# In the links of a subgraph: where its inputs come from, and where its outputs go to.
INPUTS, OUTPUTS = "-10", "-20"
# Real drawings have hundreds of nodes and links. What is deeper or more stays as it is drawn.
MAX_DEPTH, MAX_PARTS = 8, 50_000

Drawing = dict[str, Any]


class Link(NamedTuple):
    """From the output of a node to the input slot of another; `kind` is what it carries."""

    source: str
    output: Any
    target: str
    slot: str
    kind: str


def is_drawing(data: Drawing) -> bool:
    """Whether the object lists nodes and links as ComfyUI saves its drawings."""
    nodes = data.get("nodes")
    return (
        isinstance(nodes, list)
        and isinstance(data.get("links"), list)
        and all(isinstance(n, dict) and isinstance(n.get("type"), str) for n in nodes)
    )


def drawn_graph(data: Drawing) -> Graph:
    """{id: {"class_type", "inputs"}} of a drawing; empty if none of its nodes ran."""
    canvas = _Canvas(dict(_subgraphs(data)))
    canvas.draw(data)
    return canvas.graph if any(node["class_type"] for node in canvas.graph.values()) else {}


def _subgraphs(data: Drawing) -> Iterator[tuple[str, Drawing]]:
    """(id, drawing) of each subgraph that the drawing defines."""
    definitions = data.get("definitions")
    subgraphs = definitions.get("subgraphs") if isinstance(definitions, dict) else None
    for subgraph in subgraphs if isinstance(subgraphs, list) else []:
        if isinstance(subgraph, dict) and is_drawing(subgraph):
            yield scalar(subgraph.get("id")), subgraph


@dataclass
class _Canvas:
    """The graph that comes to be, with all subgraphs put in their places."""

    subgraphs: dict[str, Drawing]
    graph: Graph = field(default_factory=dict)
    parts: int = 0

    def draw(self, data: Drawing, outer: str = "", depth: int = 0) -> None:
        """Add the nodes that ran, and their links; `outer` is the node that stands for them."""
        self.parts += len(data["nodes"]) + len(data["links"]) + 1
        within = outer and f"{outer}:"
        nodes = {scalar(node.get("id")) or f"#{i}": node for i, node in enumerate(data["nodes"])}
        ran = {key: node for key, node in nodes.items() if node.get("mode") != MUTED}
        for key, node in ran.items():
            kind = "" if node.get("mode") == BYPASSED else node["type"]
            self.graph[within + key] = {"class_type": kind, "inputs": {}}
        self._link([*_links(data["links"]), *_wireless(ran)], outer, within)
        for key in ran:
            self._expand(within + key, depth)

    def _link(self, links: list[Link], outer: str, within: str) -> None:
        handed_on = set[tuple[str, str]]()
        for link in links:
            end = self.graph.get(outer if link.target == OUTPUTS else within + link.target)
            if end is None or (not end["class_type"] and (link.target, link.kind) in handed_on):
                continue  # to a muted node, or one more of its kind to a bypassed one
            if link.target != OUTPUTS:
                handed_on.add((link.target, link.kind))
            end["inputs"][link.slot] = [within + link.source, link.output]

    def _expand(self, key: str, depth: int) -> None:
        """Draw the subgraph of a node: its inputs lead in, and it passes on the outputs."""
        subgraph = self.subgraphs.get(self.graph[key]["class_type"])
        if subgraph is None or depth >= MAX_DEPTH or self.parts > MAX_PARTS:
            return
        self.graph[f"{key}:{INPUTS}"] = {"class_type": "", "inputs": self.graph[key]["inputs"]}
        self.graph[key] = {"class_type": "", "inputs": {}}
        self.draw(subgraph, key, depth + 1)


def _links(links: list[Any]) -> list[Link]:
    """The links that can be read, by slot; older drawings hold lists, newer ones objects."""
    triples = []
    for link in links:
        if isinstance(link, dict):
            names = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
            link = [link.get(name) for name in names]
        if isinstance(link, list) and len(link) > 4:
            kind = scalar(link[5]) if len(link) > 5 else ""
            triples.append(Link(scalar(link[1]), link[2], scalar(link[3]), scalar(link[4]), kind))
    return sorted(triples, key=lambda link: (len(link.slot), link.slot))


def _wireless(nodes: dict[str, Drawing]) -> Iterator[Link]:
    """The links from the setting node to the getting node, for pairs joined only by a name."""
    kinds = {key: node["type"].lower() for key, node in nodes.items()}
    setters = {_name(nodes[key]): key for key, kind in kinds.items() if kind.endswith("setnode")}
    for key, kind in kinds.items():
        if kind.endswith("getnode") and (setter := setters.get(_name(nodes[key]))):
            yield Link(setter, 0, key, "set", "")


def _name(node: Drawing) -> str:
    """The name under which a value is set or got: the first widget of the node."""
    values = node.get("widgets_values")
    return scalar(values[0]) if isinstance(values, list) and values else ""
