"""The curves of a method: the ROC, and the true share of AI for each score."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .figure import Row


@dataclass(frozen=True)
class Bin:
    """Of `n` pictures with similar scores, the mean score and the share that is AI.

    In both, the classes count alike.
    """

    score: float
    share_ai: float
    n: int


@dataclass(frozen=True)
class Curve:
    """The `recall` at evenly spaced shares of false positives, and the bins of the scores."""

    recall: tuple[float, ...]
    reliability: tuple[Bin, ...]

    @classmethod
    def from_dict(cls, row: Row) -> Curve:
        """The curve that `to_dict` gave."""
        bins = (Bin(part["score"], part["share_ai"], part["n"]) for part in row["reliability"])
        return cls(tuple(row["recall"]), tuple(bins))

    def to_dict(self) -> dict[str, Any]:
        """The entries that `from_dict` reads."""
        return {
            "recall": list(self.recall),
            "reliability": [asdict(bin_) for bin_ in self.reliability],
        }
