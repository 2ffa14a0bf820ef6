"""The figures as CSV and as Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from detector.accuracy.comparisons import Ablation, Stability
from detector.accuracy.condition import Calls, Condition
from detector.accuracy.figure import Figure
from detector.accuracy.groups import Group
from detector.accuracy.names import VERDICT
from detector.accuracy.outcomes import OutcomeShares
from detector.accuracy.report import Report
from detector.inference.names import printable

from .wording import DASH, format_number, format_share, short_title

COLUMNS = (
    "condition", "method", "figure", "value", "low", "high", "n_ai", "n_real", "reason",
)  # fmt: skip
Titles = Mapping[str, str]


def to_csv(report: Report) -> str:
    """A row for each condition, method and figure."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name, condition in report.conditions.items():
        for method in condition.methods:
            writer.writerows([name, method, *row] for row in _csv_rows(condition, method))
    return text.getvalue()


def _csv_rows(condition: Condition, method: str) -> Iterator[list[Any]]:
    """The figures of a method, then its counts; those of the verdict with its calls."""
    row, calls = condition.methods[method], condition.calls
    is_verdict = method == VERDICT
    for name, figure in (row.figures | (calls.shares if is_verdict else {})).items():
        bounds = (figure.low, figure.high)
        yield [name, figure.value, *bounds, row.n_ai, row.n_real, figure.reason]
    for name, count in (row.counts | (calls.decided if is_verdict else {})).items():
        yield [name, count, None, None, row.n_ai, row.n_real, ""]


def to_markdown(report: Report) -> str:
    """The report as tables, one a condition."""
    facts = report.facts
    lines = [f"# Accuracy on {printable(facts.data)}, {printable(facts.split)}", ""]
    lines += [report.about, "", f"`{printable(facts.command)}`", ""]
    for heading, table in _tables(report):
        lines += [f"## {heading}", "", *table, ""]
    return "\n".join(lines)


def _tables(report: Report) -> Iterator[tuple[str, list[str]]]:
    """Each table with its heading; none of sections that an older report lacks."""
    titles = report.methods
    for name, condition in report.conditions.items():
        yield name, [*_methods(condition, titles), "", sentence(condition.calls)]
    for name, groups in report.groups.get("generators", {}).items():
        yield f"AI pictures by generator, {name}", _generators(groups, titles)
    for name, groups in report.groups.get("kinds", {}).items():
        yield f"Real pictures called AI, by kind, {name}", _kinds(groups, titles)
    for name, subsets in (report.ablation or {}).items():
        yield f"Methods alone and together, {name}", _ablation(subsets)
    for name, rows in (report.outcomes or {}).items():
        yield f"Outcomes, {name}", _outcomes(rows)
    if report.stability:
        yield "The same picture re-encoded", _stability(report.stability)


def _ablation(rows: Sequence[Ablation]) -> list[str]:
    lines = ["| methods | AUROC | ECE | AI found at 1 % false positives |", "|---|---|---|---|"]
    for row in rows:
        cells = _cells(row.figures[name] for name in ("roc_auc", "ece", "recall_at_fpr_1"))
        lines.append(f"| {row.methods.replace('+', ' + ')} | {cells} |")
    return lines


def _outcomes(rows: Sequence[OutcomeShares]) -> list[str]:
    lines = [
        "| outcome | leans to | AI | real | of all AI | of all real | right |",
        "|---" * 7 + "|",
    ]
    for row in rows:
        shares = _cells((row.of_ai, row.of_real, row.right))
        words = f"{row.outcome} | {row.lean or DASH} | {row.n_ai} | {row.n_real}"
        lines.append(f"| {words} | {shares} |")
    return lines


def _stability(rows: Sequence[Stability]) -> list[str]:
    lines = ["| from | to | n | same verdict | from AI to real or back |", "|---|---|---|---|---|"]
    for row in rows:
        cells = _cells((row.kept, row.crossed))
        lines.append(f"| {row.before} | {row.after} | {row.n} | {cells} |")
    return lines


def _methods(condition: Condition, titles: Titles) -> list[str]:
    lines = [
        "| method | AUROC | AP | balanced accuracy | AI found at 1 % false positives | at 5 % "
        "| ECE | ECE by chance | n AI + real |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    recalls = ("recall_at_fpr_1", "recall_at_fpr_5")
    names = ("roc_auc", "ap", "balanced_accuracy", *recalls, "ece", "ece_by_chance")
    for key, row in condition.methods.items():
        cells = _cells(row.figures[name] for name in names)
        lines.append(f"| {short_title(titles[key])} | {cells} | {row.n_ai} + {row.n_real} |")
    return lines


def _cells(figures: Iterable[Figure]) -> str:
    return " | ".join(map(format_number, figures))


def _generators(groups: Sequence[Group], titles: Titles) -> list[str]:
    """A table of each generator's pictures against all real ones, lowest AUROC first."""
    heads = ["generator", "n", "called AI", *(f"AUROC {short_title(t)}" for t in titles.values())]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for group in groups:
        cells = _cells([group.called_ai, *(group.areas[key] for key in titles)])
        lines.append(f"| {_name(group.name)} | {group.n} | {cells} |")
    return lines


def _kinds(groups: Sequence[Group], titles: Titles) -> list[str]:
    """A table of the verdict's false positives, and of each method's at a score of 0.5."""
    methods = [key for key in titles if key != VERDICT]
    heads = ["kind", "n", "verdict", *(short_title(titles[key]) for key in methods)]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for group in groups:
        called = group.by_method or {}
        shares = _cells([group.called_ai, *(called[key].share for key in methods)])
        lines.append(f"| {_name(group.name)} | {group.n} | {shares} |")
    return lines


def _name(name: str) -> str:
    """A name from outside as a cell of a table in Markdown."""
    return printable(name).replace("|", "\\|")


def sentence(calls: Calls) -> str:
    """What the verdict called the pictures of either class."""
    shares = {name: format_share(figure) for name, figure in calls.shares.items()}
    return (
        f"Real pictures: {shares['real_called_ai']} called AI, {shares['real_called_real']} called "
        f"real. AI pictures: {shares['ai_called_ai']} called AI, {shares['ai_called_real']} called "
        "real. The others are uncertain. Evidence in the file decided on "
        f"{calls.decided_ai:,} AI and {calls.decided_real:,} real pictures."
    )
