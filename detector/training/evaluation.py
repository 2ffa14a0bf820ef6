"""How well each method and the verdict do on pictures that nothing was trained or tuned on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from detector.inference.results import Verdict

from .corpus import Picture
from .metrics import summarise, wilson_interval
from .scoring import PIXEL_METHODS, method_scores

FUSED = "fused"


def evaluate_condition(pictures: Sequence[Picture], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Figures of each pixel method and of the fused verdict under one condition."""
    labels = np.array([picture.label for picture in pictures])
    results = [verdict.methods for verdict in verdicts]
    report = {key: _figures(labels, method_scores(results, key)) for key in PIXEL_METHODS}
    fused = np.array([verdict.score for verdict in verdicts])
    return report | {FUSED: _figures(labels, fused) | _verdict_figures(labels, verdicts)}


def _figures(labels: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    given = ~np.isnan(scores)
    return summarise(labels[given], scores[given]) | {"abstained": int((~given).sum())}


def _verdict_figures(labels: np.ndarray, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Shares of each class that got each verdict, with 95 % intervals."""
    said = np.array([verdict.label for verdict in verdicts])
    figures: dict[str, Any] = {}
    for name, label, verdict in (
        ("real_called_ai", 0, "ai"),
        ("real_called_real", 0, "real"),
        ("ai_called_ai", 1, "ai"),
        ("ai_called_real", 1, "real"),
    ):
        of_class = said[labels == label]
        hits = int((of_class == verdict).sum())
        low, high = wilson_interval(hits, len(of_class))
        figures[name] = round(hits / max(len(of_class), 1), 4)
        figures[f"{name}_interval"] = [round(low, 4), round(high, 4)]
    return figures


def to_markdown(report: dict[str, Any]) -> str:
    """The report as tables, one a condition."""
    lines = [f"# Accuracy on the split {report['split']}", "", report["about"], ""]
    for condition, figures in report["conditions"].items():
        lines += [f"## {condition}", "", *_table(figures), "", _sentence(figures[FUSED]), ""]
    return "\n".join(lines)


def _table(figures: dict[str, Any]) -> list[str]:
    head = ["| method | AUROC | 95 % interval | AP | balanced accuracy | ECE | n AI + real |"]
    head += ["|---|---|---|---|---|---|---|"]
    rows = []
    for name, f in figures.items():
        low, high = f["roc_auc_interval"]
        rows.append(
            f"| {name} | {f['roc_auc']:.3f} | {low:.3f} to {high:.3f} | {f['ap']:.3f} | "
            f"{f['balanced_accuracy']:.3f} | {f['ece']:.3f} | {f['n_ai']} + {f['n_real']} |"
        )
    return head + rows


def _sentence(fused: dict[str, Any]) -> str:
    def share(name: str) -> str:
        low, high = fused[f"{name}_interval"]
        return f"{fused[name]:.1%} ({low:.1%} to {high:.1%})"

    return (
        f"Real pictures: {share('real_called_ai')} called AI, {share('real_called_real')} called "
        f"real. AI pictures: {share('ai_called_ai')} called AI, {share('ai_called_real')} called "
        "real. The others are uncertain."
    )
