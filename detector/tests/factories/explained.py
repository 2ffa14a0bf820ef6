"""What a verdict needs so that its page shows all charts."""

from __future__ import annotations

import base64
from typing import Any

from detector.inference.results import Exhibit

GROUPS = [{"name": "chroma noise patterns", "log_odds": 1.5}]
HEAT = {"rows": 2, "columns": 3, "log_odds": [[3, 0, -1], [0, 2, 0]]}
EXPLAINED: dict[str, dict[str, Any]] = {
    "deep_learning": {"exhibits": (Exhibit("heat_map", HEAT),)},
    "statistical": {
        "exhibits": (
            Exhibit("feature_groups", {"groups": GROUPS}),
            Exhibit("spectrum", {"side": 64, "levels": base64.b64encode(bytes(4096)).decode()}),
        )
    },
}
MOVES = {"intercept": -0.4, "deep_learning": 2.0, "statistical": 1.0, "huggingface": -0.5}
