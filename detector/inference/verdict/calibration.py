"""From a model's raw log-odds to a probability that means what it says."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from detector.inference.numbers import sigmoid
from detector.inference.weights.ranges import read_fields

FILENAME = "calibration.json"
# Beyond these a fit has found nothing but the ends of the scale. A slope is never negative: it
# would say that what looks generated is real.
MAX_SLOPE, MAX_INTERCEPT = 1000.0, 100.0


@dataclass(frozen=True)
class Calibration:
    """Platt scaling (Platt 1999), with a slope for either side of zero.

    P(AI) = sigmoid(slope * logit + intercept), where negative logits have `slope_below` if there is
    one: that a picture looks like a photograph is often worth less than that it looks generated.
    Fitted on pictures of sources that the model was not trained on.
    """

    slope: float = 1.0
    intercept: float = 0.0
    slope_below: float | None = None

    def slope_at(self, raw: float) -> float:
        """The slope for raw log-odds on this side of zero."""
        return self.slope if raw >= 0 or self.slope_below is None else self.slope_below

    def log_odds(self, raw: float) -> float:
        """The calibrated log-odds of AI of raw ones."""
        return self.slope_at(raw) * raw + self.intercept

    def score(self, raw: float) -> float:
        """The calibrated P(AI) in (0, 1) of raw log-odds."""
        return sigmoid(self.log_odds(raw))

    @classmethod
    def read(cls, folder: Path) -> Calibration:
        """The calibration of a weights folder.

        Raises `OSError`, or `ValueError` for what is out of range.
        """
        fields = read_fields(folder / FILENAME)
        below = "slope_below" in fields
        return cls(
            fields.number("slope", 0, MAX_SLOPE),
            fields.number("intercept", -MAX_INTERCEPT, MAX_INTERCEPT),
            fields.number("slope_below", 0, MAX_SLOPE) if below else None,
        )

    def write(self, folder: Path) -> None:
        """Put the calibration into a weights folder."""
        (folder / FILENAME).write_text(json.dumps(asdict(self), indent=2) + "\n")
