"""The figures as CSV and as Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from detector.inference.names import printable
from detector.training.figures.metrics import FIGURES

from .figures import COUNTS, SHARES
from .outcome import FUSED, short_title

COLUMNS = (
    "condition", "method", "figure", "value", "low", "high", "n_ai", "n_real", "reason",
)  # fmt: skip
DASH = "–"


def to_csv(report: dict[str, Any]) -> str:
    """A row for each condition, method and figure."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for condition, methods in report["conditions"].items():
        for method, figures in methods.items():
            writer.writerows([condition, method, *row] for row in _csv_rows(figures))
    return text.getvalue()


def _csv_rows(figures: dict[str, Any]) -> Iterator[list[Any]]:
    decided = [name for name in figures if name.startswith("decided_by_file")]
    for name in (*FIGURES, *SHARES, *COUNTS, *decided):
        if name in figures:
            low, high = figures.get(f"{name}_interval") or (None, None)
            reason = figures.get(f"{name}_reason", "")
            yield [name, figures[name], low, high, figures["n_ai"], figures["n_real"], reason]


def to_markdown(report: dict[str, Any]) -> str:
    """The report as tables, one a condition."""
    lines = [f"# Accuracy on {printable(report['data'])}, {printable(report['split'])}", ""]
    lines += [report["about"], "", f"`{printable(report['command'])}`", ""]
    for condition, methods in report["conditions"].items():
        table = _table(methods, report["methods"])
        lines += [f"## {condition}", "", *table, "", sentence(methods[FUSED]), ""]
    for condition, rows in report.get("kinds", {}).items():  # older reports have none
        heading = f"## Real pictures called AI, by kind, {condition}"
        lines += [heading, "", *_kinds(rows, report["methods"]), ""]
    for condition, rows in report.get("ablation", {}).items():
        lines += [f"## Methods alone and together, {condition}", "", *_ablation(rows), ""]
    for condition, rows in report.get("outcomes", {}).items():
        lines += [f"## Outcomes, {condition}", "", *_outcomes(rows), ""]
    if report.get("stability"):
        lines += ["## The same picture re-encoded", "", *_stability(report["stability"]), ""]
    return "\n".join(lines)


def _ablation(rows: list[dict[str, Any]]) -> list[str]:
    lines = ["| methods | AUROC | ECE | AI found at 1 % false positives |", "|---|---|---|---|"]
    for row in rows:
        cells = " | ".join(_cell(row, name) for name in ("roc_auc", "ece", "recall_at_fpr_1"))
        lines.append(f"| {row['methods'].replace('+', ' + ')} | {cells} |")
    return lines


def _outcomes(rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| outcome | leans to | AI | real | of all AI | of all real | right |",
        "|---" * 7 + "|",
    ]
    for row in rows:
        shares = " | ".join(_cell(row, name) for name in ("of_ai", "of_real", "right"))
        words = f"{row['outcome']} | {row['lean'] or DASH} | {row['n_ai']} | {row['n_real']}"
        lines.append(f"| {words} | {shares} |")
    return lines


def _stability(rows: list[dict[str, Any]]) -> list[str]:
    lines = ["| from | to | n | same verdict | from AI to real or back |", "|---|---|---|---|---|"]
    for row in rows:
        cells = f"{_cell(row, 'kept')} | {_cell(row, 'crossed')}"
        lines.append(f"| {row['from']} | {row['to']} | {row['n']} | {cells} |")
    return lines


def _table(methods: dict[str, Any], titles: dict[str, str]) -> list[str]:
    lines = [
        "| method | AUROC | AP | balanced accuracy | AI found at 1 % false positives | at 5 % "
        "| ECE | n AI + real |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for key, f in methods.items():
        names = ("roc_auc", "ap", "balanced_accuracy", "recall_at_fpr_1", "recall_at_fpr_5", "ece")
        cells = " | ".join(_cell(f, name) for name in names)
        lines.append(f"| {short_title(titles[key])} | {cells} | {f['n_ai']} + {f['n_real']} |")
    return lines


def _cell(figures: dict[str, Any], name: str) -> str:
    if figures[name] is None:
        return DASH
    interval = figures[f"{name}_interval"]
    bounds = f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else ""
    return f"{figures[name]:.3f}{bounds}"


def _kinds(rows: list[dict[str, Any]], titles: dict[str, str]) -> list[str]:
    """A table of the verdict's false positives, and of each method's at a score of 0.5."""
    methods = [key for key in titles if key != FUSED]
    heads = ["kind", "n", "verdict", *(short_title(titles[key]) for key in methods)]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row in rows:
        shares = [
            _cell(row, "called_ai"),
            *(_cell(row["by_method"][m], "called_ai") for m in methods),
        ]
        lines.append(f"| {' | '.join([_name(row['kind']), str(row['n']), *shares])} |")
    return lines


def _name(name: str) -> str:
    """A name from outside as a cell of a table in Markdown."""
    return printable(name).replace("|", "\\|")


def sentence(verdict: dict[str, Any]) -> str:
    """What the verdict called the pictures of either class."""

    def said(name: str) -> str:
        low, high = verdict[f"{name}_interval"]
        return f"{verdict[name]:.1%} ({low:.1%} to {high:.1%})"

    return (
        f"Real pictures: {said('real_called_ai')} called AI, {said('real_called_real')} called "
        f"real. AI pictures: {said('ai_called_ai')} called AI, {said('ai_called_real')} called "
        "real. The others are uncertain. Evidence in the file decided on "
        f"{verdict['decided_by_file_ai']:,} AI and "
        f"{verdict['decided_by_file_real']:,} real pictures."
    )
