"""Whether a picture keeps its verdict when it is re-encoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from detector.training.pictures.augment import CLEAN

from .figures import share
from .outcome import Outcome

LABEL_ORDER = {"ai": 1, "uncertain": 0, "real": -1}


def stability(outcomes: Mapping[str, Sequence[Outcome]]) -> list[dict[str, Any]]:
    """A row for each condition but the first: the verdicts compared with those under the first.

    `kept` is the share with the same verdict, `crossed` that of pictures that went from "AI" to
    "real" or back. Where the first is the untouched file, pictures on which evidence in the file
    decided are left out: re-encoding takes that away, and not from the pixels.
    """
    if len(outcomes) < 2:
        return []
    first, *others = outcomes
    free = np.array([not outcome.decided for outcome in outcomes[first]])
    if not free.any():
        return []
    before = _sides(outcomes[first])[free]
    return [
        {"from": first, "to": other, "n": int(free.sum()), **_compare(before, _sides(o)[free])}
        for other, o in ((name, outcomes[name]) for name in others if name != CLEAN)
    ]


def _sides(outcomes: Sequence[Outcome]) -> np.ndarray:
    return np.array([LABEL_ORDER[outcome.label] for outcome in outcomes])


def _compare(before: np.ndarray, after: np.ndarray) -> dict[str, Any]:
    return share("kept", before == after) | share("crossed", before * after == -1)
