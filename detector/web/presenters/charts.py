"""Geometry of the charts on the result page: numbers of a result in, places of marks out.

Log-odds throughout: positive argues for AI, negative for real. Widths and x are in per cent of a
chart's width, so that a chart can have any width. Nothing here judges a picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from detector.inference.numbers import log_odds, sigmoid
from detector.inference.results import MethodResult
from detector.inference.wording import words

# Up to these log-odds a scale shows at least (2 is 88 %), so that weak evidence looks weak.
MIN_HEAT, MIN_REACH = 2.0, 3.0
MAX_OPACITY = 0.7
INTERCEPT = gettext_noop("Correction for these methods together")
GROUP_NAMES = {"baseline": gettext_noop("starting point of every picture")}
# Log-odds that change no whole per cent: 50 % against 50.5 %.
INVISIBLE = 0.02
# How much log-odds are said to be, from the largest down; below them they argue for no side.
SIZES = (
    (1.0, gettext_noop("strongly towards AI"), gettext_noop("strongly towards real")),
    (0.3, gettext_noop("towards AI"), gettext_noop("towards real")),
    (0.05, gettext_noop("slightly towards AI"), gettext_noop("slightly towards real")),
)
# The places of a heat map by thirds, from the top and from the left.
PLACES = (
    (
        gettext_noop("at the upper left"),
        gettext_noop("at the top"),
        gettext_noop("at the upper right"),
    ),
    (gettext_noop("at the left"), gettext_noop("in the middle"), gettext_noop("at the right")),
    (
        gettext_noop("at the lower left"),
        gettext_noop("at the bottom"),
        gettext_noop("at the lower right"),
    ),
)
STRONGEST = (
    (1, gettext_noop("The strongest evidence for AI lies %(place)s.")),
    (-1, gettext_noop("The strongest evidence for real lies %(place)s.")),
)
WORTH_A_WORD = 0.3
# Chances that the axis of the waterfall is marked at, and its margin on either side in per cent.
TICKS = (0.01, 0.1, 0.5, 0.9, 0.99)
MARGIN = 4


def side_of(value: float) -> str:
    """The side that log-odds argue for, as the class name of its colour."""
    if abs(value) < SIZES[-1][0]:
        return "uncertain"
    return "ai" if value > 0 else "real"


def say_side(value: float) -> str:
    """The side that log-odds argue for and how strongly, in words."""
    for least, ai, real in SIZES:
        if abs(value) >= least:
            return _(ai if value > 0 else real)
    return _("to neither side")


# Heat map


@dataclass(frozen=True)
class Cell:
    """One place of a heat map: column `x`, row `y`, the side, and how opaque in 0..1."""

    x: int
    y: int
    side: str
    opacity: float


@dataclass(frozen=True)
class HeatMap:
    """`columns` x `rows` cells, and where the strongest evidence lies in words."""

    rows: int
    columns: int
    cells: list[Cell]
    text: str


def draw_heat_map(heat: Mapping[str, Any]) -> HeatMap:
    """A heat map from {"rows", "columns", "log_odds"}; cells of neither side are left out."""
    values = heat["log_odds"]
    places = [(x, y, value) for y, row in enumerate(values) for x, value in enumerate(row)]
    scale = max([MIN_HEAT, *(abs(value) for *_, value in places)])
    cells = [
        Cell(x, y, side, round(abs(value) / scale * MAX_OPACITY, 2))
        for x, y, value in places
        if (side := side_of(value)) != "uncertain"
    ]
    text = describe_heat_map(places, heat["rows"], heat["columns"])
    return HeatMap(heat["rows"], heat["columns"], cells, text)


def describe_heat_map(places: list[tuple[int, int, float]], rows: int, columns: int) -> str:
    """Where the strongest evidence of either side lies, in sentences."""
    sentences = []
    for sign, sentence in STRONGEST:
        x, y, value = max(places, key=lambda place: sign * place[2])
        if sign * value >= WORTH_A_WORD:
            sentences.append(_(sentence) % {"place": name_place(x, y, rows, columns)})
    return " ".join(sentences) or _("No place argues for either side.")


def name_place(x: int, y: int, rows: int, columns: int) -> str:
    """A cell in words, by thirds: "at the upper left", "in the middle"."""
    down, across = (2 * y + 1) * 3 // (2 * rows), (2 * x + 1) * 3 // (2 * columns)
    return _(PLACES[down][across])


# Groups of statistics


@dataclass(frozen=True)
class Bar:
    """A bar from the middle of its chart to its side, with what it says."""

    name: str
    x: float
    width: float
    side: str
    words: str


def draw_groups(groups: Iterable[Mapping[str, Any]]) -> list[Bar]:
    """Signed bars around the middle for [{"name", "log_odds"}, ...]."""
    groups = list(groups)
    reach = max([1.0, *(abs(group["log_odds"]) for group in groups)])
    bars = []
    for group in groups:
        value = group["log_odds"]
        left, width = _span(0, value, reach)
        bars.append(Bar(_group_name(group["name"]), left, width, side_of(value), say_side(value)))
    return bars


def _group_name(name: str) -> str:
    """A group of measurements in words; one that the catalogue does not have is named as it is."""
    return _(GROUP_NAMES[name]) if name in GROUP_NAMES else words("feature_group", name).strip('"')


# Waterfall


@dataclass(frozen=True)
class Step:
    """One move of the verdict: from chance `before` to `after`, 0..1, drawn from `start` to `end`.

    `left` and `width` are those of the bar between them.
    """

    name: str
    side: str
    words: str
    after: float
    start: float
    end: float
    left: float
    width: float


@dataclass(frozen=True)
class Tick:
    x: float
    chance: float


@dataclass(frozen=True)
class Waterfall:
    """How the chance of AI came about, step by step from one half, and where it ends."""

    steps: list[Step]
    ticks: list[Tick]
    end: float


def draw_waterfall(
    contributions: Mapping[str, float], methods: Iterable[MethodResult]
) -> Waterfall | None:
    """The steps of {method key or "intercept": log-odds}, in the order of the methods' results.

    None where nothing moved the verdict.
    """
    titles = {"intercept": _(INTERCEPT)} | {method.key: method.title for method in methods}
    moves = {key: contributions.get(key, 0.0) for key in titles}
    if not any(moves.values()):
        return None
    totals = list(accumulate(moves.values(), initial=0.0))
    reach = max([MIN_REACH, *(abs(total) for total in totals)])
    drawn = zip(moves.items(), totals, totals[1:], strict=False)
    steps = [
        _step(titles[key], before, after, reach)
        for (key, move), before, after in drawn
        if abs(move) >= INVISIBLE
    ]
    return Waterfall(steps, _ticks(reach), _place(totals[-1], reach))


def _ticks(reach: float) -> list[Tick]:
    return [Tick(_place(log_odds(p), reach), p) for p in TICKS if abs(log_odds(p)) <= reach]


def _step(name: str, before: float, after: float, reach: float) -> Step:
    left, width = _span(before, after, reach)
    start, end = _place(before, reach), _place(after, reach)
    move = after - before
    return Step(name, side_of(move), say_side(move), sigmoid(after), start, end, left, width)


# Places


def _place(value: float, reach: float) -> float:
    """Where log-odds from -reach to reach lie, in per cent of the width, with a margin."""
    return round(50 + value / reach * (50 - MARGIN), 2)


def _span(a: float, b: float, reach: float) -> tuple[float, float]:
    """Left edge and width of a bar between two log-odds."""
    left, right = sorted((_place(a, reach), _place(b, reach)))
    return left, round(right - left, 2)
