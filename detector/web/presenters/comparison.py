"""The rows of the comparison table: the methods that count, and apart from them the others."""

from __future__ import annotations

from dataclasses import dataclass

from detector.inference.methods import METHODS, MethodSpec
from detector.inference.results import Finding, MethodResult, Verdict
from detector.reports.words import counts, kind_of, tells_story

from .exhibits import Shown, show_of


@dataclass(frozen=True)
class Row:
    """One method: `spec` is None for one that has since left the table.

    `kind` is the side that it leans to, "neither", or its status where it gave no score. `story`
    says that its findings stand in what the file says.
    """

    result: MethodResult
    spec: MethodSpec | None
    kind: str
    counted: bool
    highlighted: bool
    story: bool
    findings: tuple[Finding, ...]
    members: list[Shown]
    exhibits: list[Shown]


def compare(verdict: Verdict) -> tuple[list[Row], list[Row]]:
    """The rows of the methods that count, and those of the scores that do not.

    Where the pixels are judged, a method that would count and gave no score stands with the first.
    """
    rows = [_row(method, verdict) for method in verdict.methods]
    first = [row for row in rows if row.counted or _would_count(row, verdict)]
    return first, [row for row in rows if row not in first]


def _would_count(row: Row, verdict: Verdict) -> bool:
    if verdict.basis != "pixels":
        return False
    return row.result.score is None and row.result.role != "second_opinion"


def _row(method: MethodResult, verdict: Verdict) -> Row:
    story = tells_story(method)
    return Row(
        result=method,
        spec=METHODS.get(method.key),
        kind=kind_of(method),
        counted=counts(method, verdict),
        highlighted=method.key == verdict.moved_most,
        story=story,
        findings=() if story else method.findings,
        members=show_of(method, verdict, "row"),
        exhibits=show_of(method, verdict, "details"),
    )
