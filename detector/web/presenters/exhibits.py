"""What methods show beside their scores: for each kind of exhibit its place, and its marks.

Each kind has a template of its own, `detector/exhibits/<kind>.html`. Nothing here asks which method
it is that shows something.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from detector.inference.results import ExhibitKind, MethodResult, Verdict
from detector.reports.words import counts

from .charts import draw_groups, draw_heat_map

# Where on the page: in the row of the method, among its details, in a section after the table, or
# with what the file says.
Place = Literal["row", "details", "section", "file"]
PLACES: dict[ExhibitKind, Place] = {
    "members": "row",
    "feature_groups": "details",
    "spectrum": "details",
    "heat_map": "section",
    "parameters": "file",
    "credentials": "file",
}
# The geometry of those that are charts.
DRAWN: dict[ExhibitKind, Callable[[Mapping[str, Any]], Any]] = {
    "heat_map": draw_heat_map,
    "feature_groups": lambda data: draw_groups(data["groups"]),
}


@dataclass(frozen=True)
class Shown:
    """One exhibit: its `data` as in the JSON, its geometry if it is a chart, and whose it is.

    `counted` says whether the score of that method counted.
    """

    kind: ExhibitKind
    data: Mapping[str, Any]
    drawn: Any
    method: MethodResult
    counted: bool

    @property
    def template(self) -> str:
        return f"detector/exhibits/{self.kind}.html"


def show(verdict: Verdict, place: Place) -> list[Shown]:
    """The exhibits of all methods that stand in this place."""
    return [one for method in verdict.methods for one in show_of(method, verdict, place)]


def show_of(method: MethodResult, verdict: Verdict, place: Place) -> list[Shown]:
    """The exhibits of one method that stand in this place."""
    return [
        Shown(one.kind, one.data, _draw(one.kind, one.data), method, counts(method, verdict))
        for one in method.exhibits
        if PLACES[one.kind] == place
    ]


def _draw(kind: ExhibitKind, data: Mapping[str, Any]) -> Any:
    return DRAWN[kind](data) if kind in DRAWN else None
