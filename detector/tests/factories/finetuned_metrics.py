"""The metrics.json of a fine-tuned model, in the form in which fine-tuning writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FIGURES: dict[str, Any] = {
    "n": 200,
    "accuracy": 0.91,
    "accuracy_interval": [0.862, 0.942],
    "roc_auc": 0.968,
    "roc_auc_interval": [0.944, 0.985],
    "confusion": [[93, 7], [11, 89]],
}
METRICS: dict[str, Any] = {
    "model": "vit_ai_detector_finetuned",
    "base": {"name": "dinov2", "state": "bundled", "why": "It is the best one here."},
    "data": {
        "counts": {
            "train": {"ai": 700, "real": 700},
            "val": {"ai": 150, "real": 150},
            "test": {"ai": 100, "real": 100},
        }
    },
    "epochs": [
        {"epoch": 1.0, "train_loss": 0.61, "loss": 0.52, "accuracy": 0.78, "roc_auc": 0.86},
        {"epoch": 2.0, "train_loss": 0.40, "loss": 0.41, "accuracy": 0.86, "roc_auc": 0.93},
        {"epoch": 3.0, "train_loss": 0.28, "loss": 0.36, "accuracy": 0.90, "roc_auc": 0.96},
    ],
    "headline": "JPEG 90",
    "test": FIGURES,
    "conditions": {"clean": {"fine-tuned": FIGURES}, "JPEG 90": {"fine-tuned": FIGURES}},
}


def write_metrics(folder: Path, **changes: Any) -> None:
    """A folder that looks like a fine-tuned model, with other values for some fields."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text("{}")
    (folder / "metrics.json").write_text(json.dumps(METRICS | changes))
