"""The answer of one method, and the exhibits that it shows beside its score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from detector.inference.shorten import shorten
from detector.inference.wording import retell, say

from .finding import Finding
from .provenance import Declaration
from .reading import PRIVATE

Status = Literal["ok", "abstained", "unavailable", "error"]
Side = Literal["ai", "real"]
# "decides": evidence in the file set the verdict by itself. "counts": the score moves the verdict
# by its weight. "second_opinion": the score has no weight; it is shown and never counted.
Role = Literal["decides", "counts", "second_opinion"]
ExhibitKind = Literal[
    "heat_map", "feature_groups", "spectrum", "parameters", "credentials", "members"
]

# Between these a score is too close to a coin toss to lean to a side.
LEAN_REAL, LEAN_AI = 0.4, 0.6
# The most that a method may ask for: its log-odds as they are. A perfect AUROC gives it.
MAX_WEIGHT = 1.0


def lean_of(score: float | None) -> Side | None:
    """The side that a score (P(AI) in [0, 1]) is on; None near one half and without a score."""
    if score is None or LEAN_REAL < score < LEAN_AI:
        return None
    return "ai" if score >= LEAN_AI else "real"


def check_score(score: float | None, weight: float | None) -> None:
    """Raises `ValueError` unless both are None or in range; NaN is in no range."""
    if score is not None and not 0 <= score <= 1:
        raise ValueError(f"A score is in [0, 1], not {score}.")
    if weight is not None and not 0 <= weight <= MAX_WEIGHT:
        raise ValueError(f"A weight is in [0, {MAX_WEIGHT:g}], not {weight}.")


@dataclass(frozen=True)
class Exhibit:
    """Something to look at beside a score; the keys of the JSON object `data` depend on `kind`.

    heat_map {"rows", "columns", "log_odds"} · feature_groups {"groups": [{"name", "log_odds"}]} ·
    spectrum {"side", "levels"} (a byte for each level, in base64) · parameters {"rows": [[name,
    value]]} · credentials (what the Content Credentials say) · members {"members": [...]}.
    """

    kind: ExhibitKind
    data: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "data": dict(self.data)}


@dataclass(frozen=True)
class MethodResult:
    """The answer of one method; `score` is P(AI) in [0, 1], or None unless `status` is "ok".

    `number` and `name` are those of the table of methods. `weight` is what its log-odds are
    multiplied by in the verdict, 0 for a second opinion. `used` says in a few words what gave the
    answer (weights, members).

    Four fields are not in its JSON: `declarations` go to the verdict, `least_weight` is the weight
    that the method asks for at least (see `Answer`), `raw_log_odds` are those of each weights
    folder before calibration, which training needs, and `features` are arrays (f,) that the kind of
    picture is read from, by weights folder. Raises `ValueError` for a score or a weight out
    of range.
    """

    DERIVED: ClassVar[tuple[str, ...]] = ("lean",)

    key: str
    number: int
    name: str
    status: Status
    score: float | None = None
    findings: tuple[Finding, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    used: str = ""
    role: Role = "second_opinion"
    weight: float = 0.0
    elapsed_ms: float = 0.0
    declarations: tuple[Declaration, ...] = field(default=(), compare=False, metadata=PRIVATE)
    least_weight: float | None = field(default=None, compare=False, metadata=PRIVATE)
    raw_log_odds: Mapping[str, float] = field(default_factory=dict, compare=False, metadata=PRIVATE)
    features: Mapping[str, Any] = field(
        default_factory=dict, compare=False, repr=False, metadata=PRIVATE
    )

    def __post_init__(self) -> None:
        check_score(self.score, self.least_weight)

    @property
    def title(self) -> str:
        """ "Method 1: Deep Learning Model", in the current language."""
        return write_title(self.number, retell(self.name, "method_name"))

    @property
    def used_words(self) -> str:
        """What gave the answer, in the current language as far as the catalogue has it."""
        return retell(self.used, "method_used")

    @property
    def lean(self) -> Side | None:
        """The side that the score is on; None near one half and without a score."""
        return lean_of(self.score)

    def exhibit(self, kind: ExhibitKind) -> Any:
        """The data of the first exhibit of this kind; None if there is no such exhibit."""
        return next((exhibit.data for exhibit in self.exhibits if exhibit.kind == kind), None)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of this method, within the limit of `shorten`."""
        return shorten(
            {
                "key": self.key,
                "number": self.number,
                "name": self.name,
                "role": self.role,
                "weight": round(self.weight, 4),
                "status": self.status,
                "score": None if self.score is None else round(self.score, 4),
                "lean": self.lean,
                "findings": [finding.to_dict() for finding in self.findings],
                "exhibits": [exhibit.to_dict() for exhibit in self.exhibits],
                "used": self.used,
                "elapsed_ms": round(self.elapsed_ms, 1),
            }
        )


def write_title(number: int, name: str) -> str:
    """The name of a method in headings: "Method 1: Deep Learning Model"."""
    return say("method_named.title", {"number": number, "name": name})
