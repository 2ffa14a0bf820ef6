"""The plots of the page as inline SVG, which takes the colours of the page.

The same report gives the same bytes: no dates, no random ids.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any, Protocol, TypeVar

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from detector.accuracy.figure import Figure
from detector.accuracy.groups import Group
from detector.accuracy.names import VERDICT
from detector.accuracy.report import Report

from .curves import FPRS
from .wording import short_title

# Colours that nothing else has; in the SVG they become the page's own, for light and for dark.
INK, LINE = "#000001", "#000002"
SERIES = {f"#0000{10 + i}": f"var(--series-{i})" for i in range(6)}
COLOURS = {INK: "var(--ink)", LINE: "var(--line)"} | SERIES
MARKERS = "osD^vP"
WIDTH = 4.6  # inches; on a phone the text then has about the size that is set here
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
    "text.parse_math": False,  # a generator may be called "$x$"
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": LINE,
    "legend.frameon": False,
    "legend.fontsize": 8,
    **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), "none"),
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor"), INK),
    **dict.fromkeys(("xtick.color", "ytick.color"), INK),
}
MOST_ROWS = 30
FEWEST_PICTURES = 10


def roc(report: Report, condition: str) -> str:
    """ROC of every method and the verdict under `condition`."""

    def draw(axes: Axes) -> None:
        _diagonal(axes)
        for key, curve in report.curves[condition].items():
            area = report.conditions[condition].methods[key].area
            style = _look(report, key)
            label = f"{style.pop('label')} {area.value:.3f}"
            axes.step(FPRS, curve.recall, where="post", label=label, **style)
        axes.set(xlabel="real pictures called AI", ylabel="AI pictures called AI")
        axes.legend(loc="lower right", title="AUROC")

    return _svg(draw, 4.2, f"ROC curves, {condition}")


def reliability(report: Report, condition: str) -> str:
    """Share of AI by shown score, in bins with enough pictures; the diagonal is perfect."""

    def draw(axes: Axes) -> None:
        _diagonal(axes)
        for key, curve in report.curves[condition].items():
            bins = rows_to_draw(curve.reliability)
            predicted, true = [bin_.score for bin_ in bins], [bin_.share_ai for bin_ in bins]
            marker = MARKERS[_place(report, key)]
            axes.plot(predicted, true, marker=marker, ms=4, **_look(report, key))
        axes.set(xlabel="score shown", ylabel="share that is AI, classes alike")
        axes.legend(loc="upper left")

    return _svg(draw, 4.2, f"Reliability, {condition}")


def robustness(report: Report) -> str:
    """AUROC with its interval under every condition."""
    conditions = list(report.conditions)

    def draw(axes: Axes) -> None:
        for place, key in enumerate(report.methods):
            areas = [condition.methods[key].area for condition in report.conditions.values()]
            at = np.arange(len(conditions)) + (place - (len(report.methods) - 1) / 2) * 0.1
            if points := [(x, area) for x, area in zip(at, areas, strict=True) if area.value]:
                _with_intervals(axes, points, MARKERS[_place(report, key)], _look(report, key))
        axes.set_xticks(range(len(conditions)), conditions, rotation=45, ha="right")
        axes.set(ylabel="AUROC", xlim=(-0.6, len(conditions) - 0.4))
        axes.axhline(0.5, color=INK, linewidth=0.8, linestyle=":")
        axes.figure.legend(loc="outside upper center", ncols=2)

    return _svg(draw, 5.2, "AUROC under every condition")


def _with_intervals(
    axes: Axes, points: list[tuple[float, Figure]], marker: str, style: dict[str, Any]
) -> None:
    at = [x for x, _ in points]
    areas = np.array([area.value for _, area in points])
    bounds = np.array([area.interval for _, area in points]).T
    gaps = np.clip(np.abs(bounds - areas), 0, None)
    axes.errorbar(at, areas, gaps, marker=marker, ms=4, elinewidth=1, **style)


def recall_by_generator(groups: Sequence[Group]) -> str:
    """Share of each generator's pictures that the verdict calls AI; worst first."""
    groups = sorted(rows_to_draw(groups), key=lambda group: group.called_ai.value or 0.0)
    return _shares(groups, "AI pictures called AI", "Recall by generator")


def false_positives(groups: Sequence[Group], kind: str) -> str:
    """Share of each source's or kind's real pictures that the verdict calls AI; worst first."""
    title = f"False positives by {kind}"
    return _shares(rows_to_draw(groups), "real pictures called AI", title)


class Counted(Protocol):
    """A row about `n` pictures."""

    @property
    def n(self) -> int: ...


R = TypeVar("R", bound=Counted)


def rows_to_draw(rows: Iterable[R]) -> list[R]:
    """The rows of enough pictures to say something, the first MOST_ROWS of them."""
    return [row for row in rows if row.n >= FEWEST_PICTURES][:MOST_ROWS]


def _shares(groups: Sequence[Group], label: str, title: str) -> str:
    def draw(axes: Axes) -> None:
        shares = np.array([group.called_ai.value for group in groups])
        gaps = np.abs(np.array([group.called_ai.interval for group in groups]).T - shares)
        at = np.arange(len(groups))
        axes.errorbar(shares, at, xerr=gaps, fmt="o", ms=4, elinewidth=1, color=next(iter(SERIES)))
        axes.set_yticks(at, [f"{_shorten(group.name)} ({group.n})" for group in groups])
        axes.invert_yaxis()
        axes.set(xlabel=label, xlim=(-0.02, 1.02))

    return _svg(draw, 1.2 + 0.22 * len(groups), title)


def _shorten(name: str, limit: int = 28) -> str:
    name = "".join(letter if letter.isprintable() else "?" for letter in name)
    return name if len(name) <= limit else f"{name[: limit - 1]}…"


def _look(report: Report, key: str) -> dict[str, Any]:
    """Label, colour and line of a method; the verdict has the first colour and a thick line."""
    return {
        "label": short_title(report.methods[key]),
        "color": list(SERIES)[_place(report, key)],
        "linewidth": 2.2 if key == VERDICT else 1.1,
    }


def _place(report: Report, key: str) -> int:
    order = [VERDICT, *(name for name in report.methods if name != VERDICT)]
    return order.index(key) % len(SERIES)


def _diagonal(axes: Axes) -> None:
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
    axes.set(xlim=(0, 1), ylim=(0, 1.02))


def _svg(draw: Callable[[Axes], None], height: float, title: str) -> str:
    """`draw` on axes of `height` inches, as an SVG element that scales to the page."""
    with matplotlib.rc_context(STYLE):
        figure = Drawing((WIDTH, height), layout="constrained")
        draw(figure.subplots())
        file = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(file, format="svg", metadata=nothing)
    return _for_page(file.getvalue(), title)


def _for_page(svg: str, title: str) -> str:
    """Without what only a file of its own needs, and without ids that each plot would repeat."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' id="[\w.]+_\d+"', "", svg)
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
    for colour, name in COLOURS.items():
        svg = svg.replace(colour, name)
    return svg.replace("<svg", f'<svg role="img" aria-label="{escape(title)}"', 1)
