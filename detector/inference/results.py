"""What a method says about a picture, and what all of them say together.

Every score is the probability that the picture was made by an AI: 0 is real, 1 is AI, in every
method, without exception. `Verdict.to_dict()` is the one JSON that page, API, command line and
database share.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from .shorten import shorten

Status = Literal["ok", "abstained", "unavailable", "error"]
Label = Literal["ai", "real", "uncertain"]
LABEL_WORDS: dict[Label, str] = {
    "ai": "likely AI",
    "real": "likely real",
    "uncertain": "uncertain",
}
Strength = Literal["decisive", "strong", "medium", "weak", "context"]

# A method's own score inside this band is too close to a coin toss to be called a side.
LEAN_REAL, LEAN_AI = 0.4, 0.6
# The most that a method may ask for: its log-odds as they are. A perfect AUROC gives it.
MAX_WEIGHT = 1.0


@dataclass(frozen=True)
class Finding:
    """One sentence of evidence.

    `claim` is the side that the evidence argues for, or None. Only what a trusted signer signed
    argues for "real"; "capture", the claim of a file that a camera took it, argues for nothing and
    only contradicts "ai". `strength` says how much it is worth: only "decisive" evidence sets a
    verdict by itself, "context" argues for nothing. `where` names the place in the file (container
    and key), empty for evidence from pixels. `signed` is evidence that a trusted signer signed.
    """

    text: str
    kind: str = "note"
    claim: Literal["ai", "real", "capture"] | None = None
    where: str = ""
    strength: Strength = "context"
    signed: bool = False


def check_score(score: float | None, weight: float | None) -> None:
    """Raises `ValueError` unless both are None or in range; NaN is in no range."""
    if score is not None and not 0 <= score <= 1:
        raise ValueError(f"A score is in [0, 1], not {score}.")
    if weight is not None and not 0 <= weight <= MAX_WEIGHT:
        raise ValueError(f"A weight is in [0, {MAX_WEIGHT:g}], not {weight}.")


@dataclass(frozen=True)
class MethodResult:
    """The answer of one method; `score` is P(AI) in [0, 1], or None unless `status` is "ok".

    `used` says in a few words what gave the answer (weights, members); `details` holds numbers
    for the curious and must be JSON-serialisable. `weight` is as in `Answer`. Raises `ValueError`
    for a score or a weight out of range.
    """

    key: str
    title: str
    status: Status
    score: float | None = None
    findings: tuple[Finding, ...] = ()
    used: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    elapsed_ms: float = 0.0
    weight: float | None = None

    def __post_init__(self) -> None:
        check_score(self.score, self.weight)

    @property
    def lean(self) -> Label | None:
        """The side that the score is on, "uncertain" near one half, None without a score."""
        if self.score is None:
            return None
        if LEAN_REAL < self.score < LEAN_AI:
            return "uncertain"
        return "ai" if self.score >= LEAN_AI else "real"

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of this method, with `lean` included, within the limit of `shorten`."""
        return shorten(
            asdict(self)
            | {
                "findings": [asdict(finding) for finding in self.findings],
                "lean": self.lean,
                "score": None if self.score is None else round(self.score, 4),
                "elapsed_ms": round(self.elapsed_ms, 1),
            }
        )


@dataclass(frozen=True)
class Agreement:
    """How far the methods that gave a score agree: how many lean to each side."""

    ai: int
    real: int
    uncertain: int
    text: str


@dataclass(frozen=True)
class Thresholds:
    """Up to `real` a picture is called real, from `ai` up AI, between them uncertain."""

    real: float
    ai: float


@dataclass(frozen=True)
class Verdict:
    """The answer about one picture.

    `score` is the calibrated P(AI) of all methods together; `contributions` are the log-odds
    by which each method moved it (they add up, with the intercept, to the log-odds of `score`,
    unless evidence in the file decided; then `decided_by` is the key of that method).
    """

    label: Label
    score: float
    thresholds: Thresholds
    reason: str
    agreement: Agreement
    methods: tuple[MethodResult, ...]
    contributions: dict[str, float] = field(default_factory=dict)
    decided_by: str | None = None
    notes: tuple[str, ...] = ()
    elapsed_ms: float = 0.0
    version: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The one JSON object that page, API, command line and database share."""
        return {
            "verdict": {
                "label": self.label,
                "score": round(self.score, 4),
                "thresholds": asdict(self.thresholds),
                "reason": self.reason,
                "decided_by": self.decided_by,
                "agreement": asdict(self.agreement),
                "contributions": {k: round(v, 3) for k, v in self.contributions.items()},
            },
            "methods": [result.to_dict() for result in self.methods],
            "notes": list(self.notes),
            "elapsed_ms": round(self.elapsed_ms, 1),
            "version": self.version,
        }
