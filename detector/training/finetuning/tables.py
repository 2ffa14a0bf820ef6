"""The test's figures as text: for the terminal and for the model card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from detector.inference.names import printable

from .testing import BASE, FINE_TUNED

HEAD = ("test pictures", "n", "model", "accuracy (95 % interval)", "AUROC (95 % interval)")


def test_rows(metrics: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """A row for each condition and model, then held-out generators and other sources."""
    for condition, models in metrics["conditions"].items():
        yield from _rows(condition, models, metrics["change"].get(condition))
    for generator, conditions in metrics["held_out"].items():
        for condition, models in conditions.items():
            yield from _rows(f"held-out {printable(generator)}, {condition}", models)
    for condition, models in metrics.get("other_sources", {}).items():
        change = metrics["change_on_other_sources"].get(condition)
        yield from _rows(f"other sources, {condition}", models, change)


def _rows(
    name: str, models: dict[str, Any], change: Sequence[float] | None = None
) -> Iterator[tuple[str, ...]]:
    for model in (FINE_TUNED, BASE):
        if figures := models.get(model):
            accuracy = _with_interval(figures, "accuracy", "{:.1%}")
            roc_auc = _with_interval(figures, "roc_auc", "{:.3f}")
            yield name, str(figures["n"]), model, accuracy, roc_auc
    if change:
        difference = "{:+.3f} ({:+.3f} to {:+.3f})".format(*change)
        yield name, str(models[BASE]["n"]), "difference", "", difference


def _with_interval(figures: dict[str, Any], name: str, format: str) -> str:
    low, high = (format.format(bound) for bound in figures[f"{name}_interval"])
    return f"{format.format(figures[name])} ({low} to {high})"


def as_text(metrics: dict[str, Any]) -> str:
    """Aligned columns."""
    rows = [HEAD, *test_rows(metrics)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def as_markdown(metrics: dict[str, Any]) -> list[str]:
    """The lines of a table."""
    rows = [HEAD, tuple("---" for _ in HEAD), *test_rows(metrics)]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
