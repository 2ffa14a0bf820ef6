"""The report as one page that needs no other file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from detector.accuracy.condition import Condition
from detector.accuracy.conditions import EXPLANATIONS
from detector.accuracy.groups import GROUP_NAMES, Group
from detector.accuracy.report import Report
from detector.accuracy.sections import Rows
from detector.inference.names import printable

from . import plots
from .summary import summarise
from .tables import sentence
from .wording import DASH, short_title

# The values of one part of the page, by their names in the template.
Parts = dict[str, Any]

PAGE_FOLDER = Path(__file__).parent
HEADS = {
    "roc_auc": "AUROC",
    "ap": "AP",
    "balanced_accuracy": "Balanced accuracy",
    "recall_at_fpr_1": "AI found at 1\u00a0% false positives",
    "recall_at_fpr_5": "at 5 %",
    "recall_at_fpr_10": "at 10 %",
    "ece": "ECE",
    "ece_by_chance": "ECE by chance",
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
# The heading of the names of groups, by section.
GROUP_HEADS = {"generators": "Generator", "sources": "Source", "kinds": "Kind"}


def to_html(report: Report) -> str:
    """The page: in words, plots, tables, and how it was measured."""
    return TEMPLATES.get_template("page.html").render(
        report=report,
        title=f"Accuracy on {report.facts.data}, {report.facts.split}",
        style=(PAGE_FOLDER / "page.css").read_text(),
        summary=summarise(report),
        conditions=[_condition(name, rows) for name, rows in report.conditions.items()],
        figure_heads=HEADS,
        curves=list(_curves(report)),
        explained=EXPLANATIONS,
        dash=DASH,
        fewest=plots.FEWEST_PICTURES,
        short_title=short_title,
        **{section: _groups(report, section) for section in GROUP_HEADS},
    )


def _condition(name: str, condition: Condition) -> Parts:
    """The table of one condition, with the reasons for the figures that are missing."""
    any_failed = any(row.failed for row in condition.methods.values())
    heads = ["Method", *HEADS.values(), "Scored AI + real", "Abstained AI + real"]
    return {
        "name": name,
        "methods": condition.methods,
        "any_failed": any_failed,
        "heads": [*heads, "Unavailable"] if any_failed else heads,
        "reasons": condition.reasons,
        "sentence": sentence(condition.calls),
    }


def _curves(report: Report) -> Iterator[Parts]:
    for name in report.curves:
        yield _plot(plots.roc(report, name), f"ROC, {name}")
        caption = (
            f"Reliability, {name}: on the diagonal, 70 of 100 pictures with a score of 0.7 are AI; "
            f"bins of {plots.FEWEST_PICTURES} pictures or more"
        )
        yield _plot(plots.reliability(report, name), caption)
    if len(report.conditions) > 1:
        caption = "AUROC under every condition, with 95 % intervals"
        yield _plot(plots.robustness(report), caption)


def _plot(svg: str, caption: str) -> Parts:
    return {"svg": svg, "caption": caption}


def _groups(report: Report, section: str) -> Parts | None:
    """A plot for the main condition and tables for each; None for an older report without them."""
    if section not in report.groups:
        return None
    by_condition = report.groups[section]
    titles = [short_title(title) for title in report.methods.values()]
    return {
        "heads": [GROUP_HEADS[section], "n", "Called AI", *(f"AUROC {title}" for title in titles)],
        "plot": _group_plot(by_condition[report.main], section, report.main),
        "parts": [_part(name, groups, report.main) for name, groups in by_condition.items()],
    }


def _group_plot(groups: Rows[Group], section: str, condition: str) -> Parts | None:
    if not plots.rows_to_draw(groups):
        return None
    if section == "generators":
        svg = plots.recall_by_generator(groups)
    else:
        svg = plots.false_positives(groups, GROUP_NAMES[section])
    return _plot(
        svg,
        f"{condition}; at most {plots.MOST_ROWS} with {plots.FEWEST_PICTURES} pictures or more, "
        "worst first; 95 % intervals",
    )


def _part(condition: str, groups: Rows[Group], main: str) -> Parts:
    """The groups under one condition: those with enough pictures, and the others."""
    return {
        "condition": condition,
        "open": condition == main,
        "large": [group for group in groups if group.n >= plots.FEWEST_PICTURES],
        "small": [group for group in groups if group.n < plots.FEWEST_PICTURES],
    }
