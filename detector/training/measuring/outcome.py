"""The outcome for one picture under one condition, as far as the figures need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from detector.accuracy.names import VERDICT
from detector.inference.methods import METHODS
from detector.inference.results import Label, Status, Verdict


def titles() -> dict[str, str]:
    """The title of whatever is measured: each method of the table, and the VERDICT."""
    return {key: spec.title for key, spec in METHODS.items()} | {VERDICT: "Verdict"}


@dataclass(frozen=True)
class Outcome:
    """The verdict's label, and status and P(AI) of each method and of the VERDICT.

    P(AI) is None where there is none; the verdict abstains where no method said anything, and
    where there was too little to go by. `decided` tells that evidence in the file decided; `kind`
    and `size` are those that serving saw in the picture, "" where it saw none. `outcome` is what a
    person is told, `lean` the side that "uncertain" leans to, "" for none.
    """

    label: Label
    decided: bool
    answers: dict[str, tuple[Status, float | None]]
    kind: str = ""
    size: str = ""
    outcome: str = ""
    lean: str = ""

    @classmethod
    def of(cls, verdict: Verdict, size: str = "") -> Outcome:
        """The outcome of a verdict about a picture of this size (see pixels/likeness.py)."""
        answers = {result.key: (result.status, result.score) for result in verdict.methods}
        decided = verdict.decided_by is not None
        has_score = verdict.score is not None
        total: tuple[Status, float | None] = ("ok" if has_score else "abstained", verdict.score)
        words = (verdict.kind or "", size, verdict.outcome, verdict.lean or "")
        return cls(verdict.label, decided, answers | {VERDICT: total}, *words)

    @property
    def failed(self) -> bool:
        """Whether a method met an error, which may not come again."""
        return any(status == "error" for status, _ in self.answers.values())

    def to_json(self) -> list[Any]:
        """The values that `from_json` reads."""
        words = [self.kind, self.size, self.outcome, self.lean]
        return [self.label, self.decided, self.answers, *words]

    @classmethod
    def from_json(cls, values: list[Any]) -> Outcome:
        """The outcome that `to_json` gave. Raises `ValueError` or `TypeError` for anything else."""
        label, decided, answers, kind, size, outcome, lean = values
        answers = {key: (status, score) for key, (status, score) in answers.items()}
        return cls(label, decided, answers, kind, size, outcome, lean)


def scores_of(outcomes: Sequence[Outcome], key: str) -> np.ndarray:
    """P(AI) of a method or of VERDICT for each picture (n,), NaN where it gave none."""
    scores = [outcome.answers.get(key, ("", None))[1] for outcome in outcomes]
    return np.array([np.nan if score is None else score for score in scores], np.float64)
