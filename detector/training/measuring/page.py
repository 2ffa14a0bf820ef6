"""The report as one page that needs no other file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from detector.inference.names import printable
from detector.training.pictures.augment import CLEAN

from . import plots
from .outcome import FUSED, short_title
from .summary import main_condition, summarise
from .tables import DASH, sentence

Report = dict[str, Any]
Row = dict[str, Any]

PAGE_FOLDER = Path(__file__).parent
HEADS = {
    "roc_auc": "AUROC",
    "ap": "AP",
    "balanced_accuracy": "Balanced accuracy",
    "recall_at_fpr_1": "AI found at 1\u00a0% false positives",
    "recall_at_fpr_5": "at 5 %",
    "recall_at_fpr_10": "at 10 %",
    "ece": "ECE",
}
CONDITIONS = {
    CLEAN: "the file as it is, with its metadata",
    "half size": "half the width and height, then JPEG 95",
    "blur": "a Gaussian blur with a standard deviation of one pixel, then JPEG 95",
    "screenshot chain": "shown as large as fits on a screen of 1080 x 2400 pixels, by a bilinear "
    "filter, with a margin that shifts the grid of JPEG blocks; PNG, then JPEG 75 as a messenger "
    "makes it",
}


def _printable(value: Any) -> Any:
    """A text fit to be written: a name of a file may hold bytes that are no UTF-8."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


# Names of generators, folders and files come from outside, so everything is escaped.
TEMPLATES = Environment(
    loader=FileSystemLoader(PAGE_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_printable,
    trim_blocks=True,
    lstrip_blocks=True,
)
# Key in the report, name of a row in it, and the heading of its column.
GROUPS = (
    ("generators", "generator", "Generator"),
    ("sources", "source", "Source"),
    ("kinds", "kind", "Kind"),
)


def to_html(report: Report) -> str:
    """The page: in words, plots, tables, and how it was measured."""
    return TEMPLATES.get_template("page.html").render(
        report=report,
        title=f"Accuracy on {report['data']}, {report['split']}",
        style=(PAGE_FOLDER / "page.css").read_text(),
        summary=summarise(report),
        main=main_condition(report),
        conditions=[_condition(report, name) for name in report["conditions"]],
        figure_heads=HEADS,
        curves=list(_curves(report)),
        explained=CONDITIONS,
        dash=DASH,
        fewest=plots.FEWEST_PICTURES,
        short_title=short_title,
        **{key: _group(report, key, name, head) for key, name, head in GROUPS},
    )


def _condition(report: Report, name: str) -> Row:
    """The table of one condition, with the reasons for the figures that are missing."""
    methods = report["conditions"][name]
    any_failed = any(figures["failed"] for figures in methods.values())
    heads = ["Method", *HEADS.values(), "Scored AI + real", "Abstained AI + real"]
    return {
        "name": name,
        "methods": methods,
        "any_failed": any_failed,
        "heads": [*heads, "Unavailable"] if any_failed else heads,
        "reasons": _reasons(methods),
        "sentence": sentence(methods[FUSED]),
    }


def _reasons(methods: Row) -> list[str]:
    """Why figures are missing, each reason once."""
    reasons: dict[str, None] = {}
    for figures in methods.values():
        reasons |= {f[1]: None for f in figures.items() if f[0].endswith("_reason")}
    return list(reasons)


def _curves(report: Report) -> Iterator[Row]:
    for name in report["curves"]:
        yield _plot(plots.roc(report, name), f"ROC, {name}")
        caption = (
            f"Reliability, {name}: on the diagonal, 70 of 100 pictures with a score of 0.7 are AI; "
            f"bins of {plots.FEWEST_PICTURES} pictures or more"
        )
        yield _plot(plots.reliability(report, name), caption)
    if len(report["conditions"]) > 1:
        caption = "AUROC under every condition, with 95 % intervals"
        yield _plot(plots.robustness(report), caption)


def _plot(svg: str, caption: str) -> Row:
    return {"svg": svg, "caption": caption}


def _group(report: Report, key: str, name: str, head: str) -> Row | None:
    """A plot for the main condition and tables for each; None for an older report without them."""
    if key not in report:
        return None
    titles = [short_title(title) for title in report["methods"].values()]
    return {
        "name": name,
        "heads": [head, "n", "Called AI", *(f"AUROC {title}" for title in titles)],
        "plot": _group_plot(report, key, name),
        "parts": [_part(report, key, condition) for condition in report[key]],
    }


def _group_plot(report: Report, key: str, name: str) -> Row | None:
    main = main_condition(report)
    rows = report[key][main]
    if not plots.rows_to_draw(rows):
        return None
    is_ai = key == "generators"
    svg = plots.recall_by_generator(rows) if is_ai else plots.false_positives(rows, name)
    return _plot(
        svg,
        f"{main}; at most {plots.MOST_ROWS} with {plots.FEWEST_PICTURES} pictures or more, "
        "worst first; 95 % intervals",
    )


def _part(report: Report, key: str, condition: str) -> Row:
    """The rows under one condition: those with enough pictures, and the others."""
    rows = report[key][condition]
    return {
        "condition": condition,
        "open": condition == main_condition(report),
        "large": [row for row in rows if row["n"] >= plots.FEWEST_PICTURES],
        "small": [row for row in rows if row["n"] < plots.FEWEST_PICTURES],
    }
