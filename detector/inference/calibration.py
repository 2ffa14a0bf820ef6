"""From a model's raw log-odds to a probability that means what it says."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from .numbers import sigmoid

FILENAME = "calibration.json"


@dataclass(frozen=True)
class Calibration:
    """Platt scaling (Platt 1999): P(AI) = sigmoid(slope * logit + intercept).

    Fitted on pictures of sources that the model was not trained on.
    """

    slope: float = 1.0
    intercept: float = 0.0

    def log_odds(self, raw: float) -> float:
        """The calibrated log-odds of AI of raw ones."""
        return self.slope * raw + self.intercept

    def score(self, raw: float) -> float:
        """The calibrated P(AI) in (0, 1) of raw log-odds."""
        return sigmoid(self.log_odds(raw))

    @classmethod
    def read(cls, folder: Path) -> Calibration:
        """The calibration of a weights folder. Raises `OSError` or `ValueError`."""
        values = json.loads((folder / FILENAME).read_text())
        try:
            return cls(float(values["slope"]), float(values["intercept"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"{FILENAME} must give slope and intercept as numbers.") from error

    def write(self, folder: Path) -> None:
        """Put the calibration into a weights folder."""
        (folder / FILENAME).write_text(json.dumps(asdict(self), indent=2) + "\n")
