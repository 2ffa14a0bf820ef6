"""Whether a picture keeps its verdict when it is re-encoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from detector.accuracy.comparisons import Stability
from detector.accuracy.conditions import CLEAN

from .figures import share
from .outcome import Outcome

LABEL_ORDER = {"ai": 1, "uncertain": 0, "real": -1}


def stability(outcomes: Mapping[str, Sequence[Outcome]]) -> tuple[Stability, ...]:
    """A row for each condition but the first: the verdicts compared with those under the first.

    `kept` is the share with the same verdict, `crossed` that of pictures that went from "AI" to
    "real" or back. Where the first is the untouched file, pictures on which evidence in the file
    decided are left out: re-encoding takes that away, and not from the pixels.
    """
    if len(outcomes) < 2:
        return ()
    first, *others = outcomes
    free = np.array([not outcome.decided for outcome in outcomes[first]])
    if not free.any():
        return ()
    before = _sides(outcomes[first])[free]
    return tuple(
        _compare(first, before, other, _sides(outcomes[other])[free])
        for other in others
        if other != CLEAN
    )


def _sides(outcomes: Sequence[Outcome]) -> np.ndarray:
    return np.array([LABEL_ORDER[outcome.label] for outcome in outcomes])


def _compare(first: str, before: np.ndarray, other: str, after: np.ndarray) -> Stability:
    kept, crossed = share(before == after), share(before * after == -1)
    return Stability(first, other, len(before), kept, crossed)
