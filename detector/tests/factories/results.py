"""What the tests of the result page put into a verdict."""

from __future__ import annotations

import base64
from typing import Any

from detector.inference.methods import METHODS
from detector.inference.results import Declaration

FIRST = next(iter(METHODS))
READS_FILE = next(key for key, spec in METHODS.items() if spec.about == "file")
HEAT = {"rows": 2, "columns": 3, "log_odds": [[3.0, 0.0, -1.0], [0.5, 0.0, 0.0]]}
GROUPS = [{"name": "noise patterns", "log_odds": 1.5}, {"name": "baseline", "log_odds": -0.2}]
LEVELS = base64.b64encode(bytes(range(256)) * 16).decode()
MEMBERS: list[dict[str, Any]] = [
    {"name": "a", "title": "Own ViT", "state": "FINE-TUNED", "source": "models/a",
     "score": 0.9, "reason": "", "accuracy": "95%"},
    {"name": "b", "title": "Swin", "state": "unavailable", "source": "",
     "score": None, "reason": "Run make models.", "accuracy": None},
]  # fmt: skip
FACTS: dict[str, Any] = {
    "who": "Adobe Inc.",
    "tool": "Firefly",
    "action": "edited",
    "signed": True,
    "valid": True,
}
STATED = Declaration(
    "declared.edited_by",
    {"tool": "Firefly"},
    **FACTS,
    trust_note="validly signed",
    outcome_evidence="ai_edited",
)
