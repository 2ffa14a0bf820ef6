"""ComfyUI's `workflow`: the graph as it was drawn, read as the graph that ran.

The drawing lists links apart from the nodes. It also holds what never ran: muted nodes, which
nothing passes, bypassed ones, which hand on what they are given, and pairs that only spare a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .comfyui_graph import Graph
from .evidence import scalar

MUTED, BYPASSED = 2, 4  # modes of a drawn node
MAX_KIND = 2000  # characters of the types in a subgraph


def is_drawing(data: dict[str, Any]) -> bool:
    """Whether the object lists nodes and links as ComfyUI saves its drawings."""
    nodes = data.get("nodes")
    return isinstance(nodes, list) and isinstance(data.get("links"), list) and _are_nodes(nodes)


def drawn_graph(data: dict[str, Any]) -> Graph:
    """{id: {"class_type", "inputs"}} of a drawing; empty if none of its nodes ran."""
    nodes = {scalar(node.get("id")) or f"#{i}": node for i, node in enumerate(data["nodes"])}
    nodes = {key: node for key, node in nodes.items() if node.get("mode") != MUTED}
    held = dict(_subgraphs(data))
    graph: Graph = {
        key: {"class_type": _kind(node, held), "inputs": {}} for key, node in nodes.items()
    }
    for link in data["links"]:  # [its id, from, output, to, input, ...]
        if isinstance(link, list) and len(link) > 4 and (end := graph.get(scalar(link[3]))):
            end["inputs"][scalar(link[4])] = [link[1], link[2]]
    for getter, setter in _wireless(nodes):
        graph[getter]["inputs"]["set"] = [setter, 0]
    return graph if any(node["class_type"] for node in graph.values()) else {}


def _are_nodes(nodes: list[Any]) -> bool:
    return all(isinstance(n, dict) and isinstance(n.get("type"), str) for n in nodes)


def _kind(node: dict[str, Any], subgraphs: dict[str, str]) -> str:
    """The type of a node; of a subgraph the types of all that it holds."""
    return "" if node.get("mode") == BYPASSED else subgraphs.get(node["type"], node["type"])


def _subgraphs(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(id, types of the nodes that run in it) of each subgraph that the drawing defines."""
    definitions = data.get("definitions")
    drawn = definitions.get("subgraphs") if isinstance(definitions, dict) else None
    for subgraph in drawn if isinstance(drawn, list) else []:
        nodes = subgraph.get("nodes") if isinstance(subgraph, dict) else None
        if isinstance(nodes, list) and _are_nodes(nodes):
            run = (node["type"] for node in nodes if node.get("mode") not in (MUTED, BYPASSED))
            yield scalar(subgraph.get("id")), " ".join(dict.fromkeys(run))[:MAX_KIND]


def _wireless(nodes: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """(id of the node that gets, id of the one that sets) of pairs joined by a name, not a line."""
    kinds = {key: node["type"].lower() for key, node in nodes.items()}
    setters = {_name(nodes[key]): key for key, kind in kinds.items() if kind.endswith("setnode")}
    for key, kind in kinds.items():
        if kind.endswith("getnode") and (setter := setters.get(_name(nodes[key]))):
            yield key, setter


def _name(node: dict[str, Any]) -> str:
    """The name under which a value is set or got: the first widget of the node."""
    values = node.get("widgets_values")
    return scalar(values[0]) if isinstance(values, list) and values else ""
