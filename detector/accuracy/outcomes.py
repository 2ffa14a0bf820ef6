"""How often each outcome was given, and how often each label, in groups of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .figure import Figure, Row
from .names import CLASSES, LABELS


@dataclass(frozen=True)
class OutcomeShares:
    """An outcome and its lean, the pictures of each class that got it, and how often it was right.

    `of_ai` and `of_real` are shares of all pictures of a class, `right` is one of the pictures
    that got the outcome.
    """

    outcome: str
    lean: str
    n_ai: int
    n_real: int
    of_ai: Figure
    of_real: Figure
    right: Figure

    @classmethod
    def from_dict(cls, row: Row) -> OutcomeShares:
        """The shares that `to_dict` gave."""
        shares = (Figure.from_dict(row, name) for name in ("of_ai", "of_real", "right"))
        return cls(row["outcome"], row["lean"], row["n_ai"], row["n_real"], *shares)

    def to_dict(self) -> dict[str, Any]:
        """The entries that `from_dict` reads."""
        return {
            "outcome": self.outcome,
            "lean": self.lean,
            "n_ai": self.n_ai,
            "n_real": self.n_real,
            **self.of_ai.to_dict("of_ai"),
            **self.of_real.to_dict("of_real"),
            **self.right.to_dict("right"),
        }


@dataclass(frozen=True)
class LabelCounts:
    """How many pictures of a class got each of LABELS, by condition, kind and size.

    Kind and size are those that serving saw in the picture, "" where it saw none.
    """

    truth: str
    condition: str
    kind: str
    size: str
    counts: dict[str, int]

    @property
    def n(self) -> int:
        """The number of pictures."""
        return sum(self.counts.values())

    @classmethod
    def from_dict(cls, row: Row) -> LabelCounts:
        """The counts that `to_dict` gave. Raises `ValueError` for a class that is none."""
        if row["truth"] not in CLASSES:
            raise ValueError(f"A class is one of {', '.join(CLASSES)}, not {row['truth']!r}.")
        counts = {label: row[label] for label in LABELS}
        return cls(row["truth"], row["condition"], row["kind"], row["size"], counts)

    def to_dict(self) -> dict[str, Any]:
        """The entries that `from_dict` reads."""
        return {
            "truth": self.truth,
            "condition": self.condition,
            "kind": self.kind,
            "size": self.size,
            "n": self.n,
            **self.counts,
        }
