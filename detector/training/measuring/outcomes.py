"""How often each outcome was given to pictures of either class, and how often it was right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from detector.accuracy.figure import Figure
from detector.accuracy.outcomes import OutcomeShares

from .figures import share
from .outcome import Outcome

# What is counted, by outcome and lean, and the class of the pictures for which it is right. A
# person who is told "cannot tell" without a lean, or "too little to go by", is told neither.
RIGHT: dict[tuple[str, str], int | None] = {
    ("ai", ""): 1,
    ("ai_edited", ""): 1,
    ("uncertain", "ai"): 1,
    ("uncertain", ""): None,
    ("uncertain", "real"): 0,
    ("no_sign", ""): 0,
    ("captured", ""): 0,
    ("not_assessed", ""): None,
}
NEITHER = Figure(None, reason="it names no side")
NONE_GIVEN = Figure(None, reason="no picture got it")


def count_outcomes(labels: np.ndarray, outcomes: Sequence[Outcome]) -> tuple[OutcomeShares, ...]:
    """A row for each outcome and lean; `labels` (n,) are 0 (real) or 1 (AI).

    `n_ai` and `n_real` count the pictures that got it, `of_ai` and `of_real` are their shares of
    all pictures of their class, and `right` is the share of its pictures for which it was right,
    which depends on how many of each class were measured.
    """
    pairs = [(outcome.outcome, outcome.lean) for outcome in outcomes]
    return tuple(_row(pair, labels, np.array([one == pair for one in pairs])) for pair in RIGHT)


def _row(pair: tuple[str, str], labels: np.ndarray, hits: np.ndarray) -> OutcomeShares:
    outcome, lean = pair
    return OutcomeShares(
        outcome,
        lean,
        n_ai=int((hits & (labels == 1)).sum()),
        n_real=int((hits & (labels == 0)).sum()),
        of_ai=share(hits[labels == 1]),
        of_real=share(hits[labels == 0]),
        right=_share_right(RIGHT[pair], labels[hits]),
    )


def _share_right(right: int | None, labels: np.ndarray) -> Figure:
    """`labels` (n,) are those of the pictures that got the outcome."""
    if right is None:
        return NEITHER
    return share(labels == right) if len(labels) else NONE_GIVEN


def count_under_each(
    labels: np.ndarray, outcomes: Mapping[str, Sequence[Outcome]]
) -> dict[str, tuple[OutcomeShares, ...]]:
    """The rows of `count_outcomes` by condition."""
    return {name: count_outcomes(labels, rows) for name, rows in outcomes.items()}
