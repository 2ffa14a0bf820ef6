"""A limit on the size of one method's result: a file of 20 KB may hold megabytes of text.

What a file says goes into findings and exhibits; each place has limits of its own, and a file has
many places. This is the one limit on all of it together: page, JSON and row get what is left.
"""

from __future__ import annotations

import json
from typing import Any

from .wording import ENGLISH, say

MAX_BYTES = 100_000  # of the JSON of one method; up to 10,000 are usual
# Longest text and longest list that are kept: the first pair by which the result fits.
STEPS = ((2000, 200), (500, 100), (200, 40), (80, 20), (40, 8))
CUT = ("findings", "exhibits", "used")


def shorten(result: dict[str, Any]) -> dict[str, Any]:
    """`result`, the JSON object of a method, in at most MAX_BYTES; a finding says what is missing.

    Findings come strongest first, so that the last are the first to go.
    """
    if _size(result) <= MAX_BYTES:
        return result
    for step in STEPS:
        scissors = _Scissors(*step)
        shorter = result | {key: scissors.cut(result[key]) for key in CUT}
        shorter["findings"].append(scissors.finding())
        if _size(shorter) <= MAX_BYTES:
            return shorter
    # Nothing that is read nests so deep; but the limit holds for whatever will be.
    return shorter | {"exhibits": [], "findings": [scissors.finding()]}


def _size(value: Any) -> int:
    return len(json.dumps(value))


class _Scissors:
    """Cuts texts and lists, and counts."""

    def __init__(self, longest: int, limit: int) -> None:
        self.longest, self.most = longest, limit
        self.texts = self.items = 0

    def cut(self, value: Any) -> Any:
        """The same value with shorter texts and lists; keys are ours and stay."""
        if isinstance(value, str) and len(value) > self.longest:
            self.texts += 1
            return value[: self.longest] + "…"
        if isinstance(value, dict):
            return {key: self.cut(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            self.items += max(0, len(value) - self.most)
            return [self.cut(item) for item in value[: self.most]]
        return value

    def finding(self) -> dict[str, Any]:
        params = {"longest": self.longest, "texts": self.texts, "items": self.items}
        return {
            "code": "result.shortened",
            "params": params,
            "text": say("result.shortened", params, ENGLISH),
            "kind": "shortened",
            "claim": None,
            "where": "",
            "strength": "context",
            "signed": False,
            "partial": False,
        }
