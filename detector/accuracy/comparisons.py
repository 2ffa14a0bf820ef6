"""The verdict compared with the same verdict of fewer methods, and after re-encoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .condition import ScoreFigures
from .figure import Figure, Row, read_figures

ABLATION_FIGURES = ("roc_auc", "ece", "balanced_accuracy", "recall_at_fpr_1")


@dataclass(frozen=True)
class Ablation(ScoreFigures):
    """The ABLATION_FIGURES of the verdict had it been fused of `methods`, keys joined by "+"."""

    methods: str

    @classmethod
    def from_dict(cls, row: Row) -> Ablation:
        """The figures that `to_dict` gave."""
        figures = read_figures(row, ABLATION_FIGURES)
        return cls(row["n_ai"], row["n_real"], figures, row["methods"])

    def to_dict(self) -> dict[str, Any]:
        """The entries that `from_dict` reads."""
        return {"methods": self.methods, **super().to_dict()}


@dataclass(frozen=True)
class Stability:
    """Of `n` pictures under two conditions, the shares that kept and that reversed the verdict."""

    before: str
    after: str
    n: int
    kept: Figure
    crossed: Figure

    @classmethod
    def from_dict(cls, row: Row) -> Stability:
        """The shares that `to_dict` gave."""
        shares = (Figure.from_dict(row, name) for name in ("kept", "crossed"))
        return cls(row["from"], row["to"], row["n"], *shares)

    def to_dict(self) -> dict[str, Any]:
        """The entries that `from_dict` reads."""
        shares = self.kept.to_dict("kept") | self.crossed.to_dict("crossed")
        return {"from": self.before, "to": self.after, "n": self.n, **shares}
