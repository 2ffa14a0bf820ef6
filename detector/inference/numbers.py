"""Probabilities and their log-odds."""

from __future__ import annotations

import math
from typing import Literal

# Scores are kept away from 0 and 1: no evidence in pixels is surer than 1 in 1,000.
MIN_SCORE = 0.001


def log_odds(score: float) -> float:
    """log(p / (1 - p)) of a score in [0, 1], kept away from 0 and 1 by MIN_SCORE."""
    score = min(max(score, MIN_SCORE), 1 - MIN_SCORE)
    return math.log(score / (1 - score))


def sigmoid(value: float) -> float:
    """The probability in [0, 1] whose log-odds are `value`."""
    if value < 0:  # exp of a large positive number would overflow
        return 1 - sigmoid(-value)
    return 1 / (1 + math.exp(-value))


def side_of(log_odds: float) -> Literal["ai", "real"]:
    """The side that log-odds argue for."""
    return "ai" if log_odds >= 0 else "real"
