"""Draws the rooms of the code and who imports whom, from the imports themselves.

`python -m detector.lab.architecture` prints the picture as a Mermaid graph; `--write` puts it into
docs/architecture.md. A test fails while the picture there is not the one of the code.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

import grimp

PAGE = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"
# Packages whose rooms are drawn one by one, with a frame around them.
FRAMES = ("inference", "training")
LEFT_OUT = ("tests", "migrations", "apps")
_PICTURE = re.compile(r"(?<=<!-- picture -->\n).*(?=<!-- end of picture -->)", re.DOTALL)

Arrow = tuple[str, str]


def draw(package: str = "detector") -> str:
    """The rooms and arrows as a Mermaid graph, without the arrows that follow from others."""
    graph = grimp.build_graph(package, include_external_packages=False)
    rooms = find_rooms(graph, package)
    lines = ["```mermaid", "graph TD"]
    for frame in FRAMES:
        inside = [f"    {room}" for room in rooms if room.startswith(f"{frame}.")]
        lines += [f"  subgraph {frame}", *inside, "  end"]
    arrows = [f"  {a} --> {b}" for a, b in reduce_arrows(find_arrows(graph, package, rooms))]
    return "\n".join([*lines, *arrows, "```", ""])


def find_rooms(graph: grimp.ImportGraph, package: str) -> list[str]:
    """The modules and packages of `package`, and of a frame in its place those in it.

    A module of a frame that imports nothing of the project is a small tool, and is left out.
    """
    rooms = []
    for child in sorted(graph.find_children(package)):
        name = child.removeprefix(f"{package}.")
        if name in FRAMES:
            inside = sorted(graph.find_children(child))
            rooms += [
                room.removeprefix(f"{package}.") for room in inside if _is_package(graph, room)
            ]
        elif name not in LEFT_OUT:
            rooms.append(name)
    return rooms


def _is_package(graph: grimp.ImportGraph, room: str) -> bool:
    return bool(graph.find_children(room) or graph.find_modules_directly_imported_by(room))


def find_arrows(graph: grimp.ImportGraph, package: str, rooms: list[str]) -> list[Arrow]:
    """(importer, imported) for each pair of rooms of which one imports the other."""
    imports = {
        (_room_of(module, package, rooms), _room_of(target, package, rooms))
        for module in graph.modules
        for target in graph.find_modules_directly_imported_by(module)
    }
    return sorted((a, b) for a, b in imports if a and b and a != b)


def _room_of(module: str, package: str, rooms: list[str]) -> str:
    """The room that a module is in; empty for a module that is in none."""
    names = (room for room in rooms if f"{module}.".startswith(f"{package}.{room}."))
    return next(names, "")


def reduce_arrows(arrows: Iterable[Arrow]) -> list[Arrow]:
    """The arrows without those whose end is reached by others: who reaches whom stays the same."""
    remaining = sorted(arrows)
    for arrow in tuple(remaining):  # one by one: in a circle each follows from the others
        candidates = [candidate for candidate in remaining if candidate != arrow]
        if _reaches(*arrow, candidates):
            remaining = candidates
    return remaining


def _reaches(start: str, end: str, arrows: list[Arrow]) -> bool:
    visited, ahead = set(), [start]
    while ahead:
        room = ahead.pop()
        if room == end:
            return True
        if room not in visited:
            visited.add(room)
            ahead += [b for a, b in arrows if a == room]
    return False


def put_picture(page: str) -> str:
    """The text of the page with the current picture of the code."""
    return _PICTURE.sub(lambda _: draw(), page)


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(put_picture(PAGE.read_text("utf-8")), "utf-8")
    else:
        sys.stdout.write(draw())
