"""What metrics.json of the weights folders says about training and calibration."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .figure import Figure, Row


@dataclass(frozen=True)
class Weights:
    """What metrics.json of a weights folder says; `training` and `calibration` may be empty.

    `training` counts pictures (n_ai, n_real), sources and generators; `arguments` are those of the
    training command; `chosen_for` are shares that the thresholds of the verdict aim at.
    """

    folder: str
    training: Row
    arguments: Row
    calibration: Row
    roc_auc: Figure
    ece: Figure
    chosen_for: Row


def read_weights(weights_dir: Path, folders: Iterable[str]) -> list[Weights]:
    """The facts of each of the `folders`; empty ones where the file is missing or broken."""
    return [_weights(folder, _read_metrics(weights_dir / folder)) for folder in folders]


def _read_metrics(folder: Path) -> Row:
    try:
        metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        _weights(folder.name, metrics)  # data that cannot be shown counts as missing
        return dict(metrics)
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return {}


def _weights(folder: str, metrics: Row) -> Weights:
    training, calibration = (dict(metrics.get(name) or {}) for name in ("training", "calibration"))
    return Weights(
        folder=folder,
        training=training,
        arguments=dict(training.get("arguments") or {}),
        calibration=calibration,
        roc_auc=Figure.from_dict(calibration, "roc_auc"),
        ece=Figure.from_dict(calibration, "ece"),
        chosen_for=dict(metrics.get("thresholds_chosen_for") or {}),
    )
