"""The figures of the README and of docs/: a table in Markdown and a sentence, from a report."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from detector.inference.wording import ENGLISH, say

from .condition import Condition
from .conditions import CLEAN, HALF_SIZE_JPEG_70, JPEG_70, JPEG_95
from .figure import Figure
from .names import call_key
from .report import AccuracyUnknown, Report

PRINTED_BY = "manage.py print_figures"
BEGIN, END = "<!-- figures: {command} -->", "<!-- end of figures -->"
CONDITIONS = (CLEAN, JPEG_95, JPEG_70, HALF_SIZE_JPEG_70)
HEADS = ("pictures", "AI + real", "AUROC", "AI called AI", "real called AI", "AI called real")
WIDTH = 120  # characters of a line of the README
# The shares in a row, in the order of the last three HEADS.
ROW = (call_key("ai", "ai"), call_key("real", "ai"), call_key("ai", "real"))


def format_figures(report: Report, conditions: Iterable[str] = CONDITIONS) -> str:
    """What stands between the markers of the README, or with more `conditions` of a page of docs/.

    Raises `AccuracyUnknown` where the verdict was not measured under one of them, or under JPEG 95.
    """
    rows = [*conditions]
    if missing := [name for name in [*rows, JPEG_95] if name not in report.conditions]:
        raise AccuracyUnknown(
            f"The report has no figures under {', '.join(missing)}: run evaluate with --robustness."
        )
    lines = [f"| {' | '.join(HEADS)} |", "|---" * len(HEADS) + "|"]
    lines += [_row(name, report.conditions[name]) for name in rows]
    sentences = textwrap.wrap(_sentences(report, JPEG_95), WIDTH)
    return "\n".join(["", *lines, "", *sentences, ""])


def _row(name: str, condition: Condition) -> str:
    verdict = condition.verdict
    cells = (
        name,
        f"{verdict.n_ai:,} + {verdict.n_real:,}",
        _cell(verdict.area, ".3f"),
        *(_cell(condition.calls.shares[key], ".1%") for key in ROW),
    )
    return f"| {' | '.join(cells)} |"


def _cell(figure: Figure, form: str) -> str:
    """The value with its interval; a dash where there is none."""
    if figure.value is None:
        return "–"
    value = _number(figure.value, form)
    if figure.interval is None:
        return value
    low, high = (_number(bound, form) for bound in figure.interval)
    return f"{value} ({low} to {high})"


def _number(value: float, form: str) -> str:
    return format(value, form).replace("%", " %")


def _sentences(report: Report, condition: str) -> str:
    facts = report.facts
    return (
        f"{say_of_100(report, condition)} Measured with "
        f"version {facts.version} on {facts.n_ai + facts.n_real:,} pictures of {facts.n_sources} "
        "sources that no method learnt from; in brackets 95 % intervals."
    )


def say_of_100(report: Report, condition: str = JPEG_95) -> str:
    """What becomes of 100 pictures of each class under a condition.

    Raises `AccuracyUnknown` where the verdict was not measured under it.
    """
    if condition not in report.conditions:
        raise AccuracyUnknown(f"The report has no figures under {condition}.")
    shares = report.conditions[condition].calls.shares
    found, false, missed = (_of_100(shares[key]) for key in ROW)
    counts = {"condition": condition, "found": found, "false": false, "missed": missed}
    return say("accuracy.of_100", counts, ENGLISH)


def _of_100(share: Figure) -> str:
    if share.value is None:
        return "an unknown number"
    return f"{100 * share.value:.0f}"


def figures_in(text: str, command: str = PRINTED_BY) -> str:
    """What stands between the markers in `text` that name this command.

    Raises `ValueError` without exactly one pair.
    """
    begin = BEGIN.format(command=command)
    blocks = re.findall(f"{re.escape(begin)}\n(.*?){re.escape(END)}", text, re.DOTALL)
    if len(blocks) != 1:
        raise ValueError(f"There must be one {begin} ... {END}; there are {len(blocks)}.")
    return str(blocks[0])
