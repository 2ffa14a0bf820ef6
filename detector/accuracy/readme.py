"""The figures of the README: a small table in Markdown and a sentence, printed from the report."""

from __future__ import annotations

import re
import textwrap

from .figure import LABELS, VERDICT, Figure
from .report import Accuracy, AccuracyUnknown, Calls, Condition

BEGIN, END = "<!-- figures: manage.py print_figures -->", "<!-- end of figures -->"
CONDITIONS = ("clean", "JPEG 95", "JPEG 70", "half size + JPEG 70")
HEADS = ("pictures", "AI + real", "AUROC", "AI called AI", "real called AI", "AI called real")
WIDTH = 120  # characters of a line of the README
AI, REAL = LABELS.index("ai"), LABELS.index("real")


def format_figures(accuracy: Accuracy) -> str:
    """What stands between the markers of the README.

    Raises `AccuracyUnknown` where the verdict was not measured under one of CONDITIONS.
    """
    verdict = accuracy.methods[VERDICT]
    conditions = {row.name: row for row in verdict.conditions}
    calls = {row.name: row for row in verdict.calls}
    if missing := [name for name in CONDITIONS if name not in conditions]:
        raise AccuracyUnknown(
            f"The report has no figures under {', '.join(missing)}: run evaluate with --robustness."
        )
    lines = [f"| {' | '.join(HEADS)} |", "|---" * len(HEADS) + "|"]
    lines += [_row(conditions[name], calls[name]) for name in CONDITIONS]
    sentences = textwrap.wrap(_sentences(accuracy, calls[CONDITIONS[1]]), WIDTH)
    return "\n".join(["", *lines, "", *sentences, ""])


def _row(condition: Condition, calls: Calls) -> str:
    cells = (
        condition.name,
        f"{condition.n_ai:,} + {condition.n_real:,}",
        _cell(condition.figures[0], ".3f"),
        *(_cell(share, ".1%") for share in (calls.ai[AI], calls.real[AI], calls.ai[REAL])),
    )
    return f"| {' | '.join(cells)} |"


def _cell(figure: Figure, form: str) -> str:
    """The value with its interval; a dash where there is none."""
    if figure.value is None:
        return "–"
    value = _number(figure.value, form)
    if figure.low is None or figure.high is None:
        return value
    return f"{value} ({_number(figure.low, form)} to {_number(figure.high, form)})"


def _number(value: float, form: str) -> str:
    return format(value, form).replace("%", " %")


def _sentences(accuracy: Accuracy, calls: Calls) -> str:
    facts = accuracy.facts
    return (
        f"Of 100 AI pictures saved as {calls.name} it calls {_of_100(calls.ai[AI])} AI and "
        f"{_of_100(calls.ai[REAL])} real, of 100 real ones {_of_100(calls.real[AI])} AI; the "
        f"others it calls real or leaves uncertain. Measured with version {facts['version']} on "
        f"{facts['n_ai'] + facts['n_real']:,} pictures of {facts['n_sources']} sources that no "
        "method learnt from; in brackets 95 % intervals."
    )


def _of_100(share: Figure) -> str:
    if share.value is None:
        return "an unknown number"
    return f"{100 * share.value:.0f}"


def figures_in(text: str) -> str:
    """What stands between the markers of `text`. Raises `ValueError` without exactly one pair."""
    blocks = re.findall(f"{re.escape(BEGIN)}\n(.*?){re.escape(END)}", text, re.DOTALL)
    if len(blocks) != 1:
        raise ValueError(f"There must be one {BEGIN} ... {END}; there are {len(blocks)}.")
    return str(blocks[0])
