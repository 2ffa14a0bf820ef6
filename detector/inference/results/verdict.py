"""The answer about one picture, and its one JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from .agreement import Agreement
from .file_facts import FileFacts
from .finding import Note
from .method_result import MethodResult, Side, check_score
from .provenance import Declaration
from .reading import ADDED, InvalidResult, read

SCHEMA = 1
# The fields of a verdict that are placed beside it in the JSON.
TOP = (
    "id",
    "created",
    "file",
    "methods",
    "notes",
    "elapsed_ms",
    "version",
    "weights",
    "code",
)

Label = Literal["ai", "real", "uncertain"]
Outcome = Literal["ai", "ai_edited", "captured", "no_sign", "uncertain", "not_assessed"]
# What the outcome rests on: a valid signature of a trusted signer, a statement or a payload in the
# file, what the methods see in the pixels, or nothing that could be assessed.
Basis = Literal["trusted_signature", "file", "pixels", "nothing"]
# The words of the C2PA's rubric of asset signals of 6 August 2026, as far as a file states them.
Signal = Literal[
    "fully_genai",
    "partly_genai",
    "may_contain_genai",
    "captured",
    "captured_and_stitched",
    "digital_creation",
    "unknown_provenance",
]


@dataclass(frozen=True)
class Thresholds:
    """Up to `real` a picture is called real, from `ai` up AI, between them uncertain."""

    real: float
    ai: float


@dataclass(frozen=True)
class ExpectedErrors(Note):
    """How often this outcome was wrong for pictures like this one, of known origin.

    `wrong` of `n` pictures of the `kind` under the `condition` of the accuracy report; `low` and
    `high` are the 95 % interval of the share.
    """

    kind: str = ""
    condition: str = ""
    n: int = 0
    wrong: int = 0
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True)
class Stability(Note):
    """The score of the pixels under each re-shipping, and whether the outcome stays the same."""

    scores: Mapping[str, float] = field(default_factory=dict)
    holds: bool = True


@dataclass(frozen=True)
class Verdict:
    """The answer about one picture.

    `outcome` is what a person is told, `basis` what it rests on, `signal` its word in the C2PA's
    vocabulary. `score` is the calibrated P(AI) of all methods together, None where nothing could be
    assessed. `lean` is the side that an uncertain score is on. `contributions` are the log-odds by
    which each method moved the score (they add up, with the intercept, to its log-odds, unless
    evidence in the file decided; then `decided_by` is the key of that method). `moved_most` is the
    key of the method that the verdict rests on most. `conflict` names a contradiction, of the file
    with itself or of a declaration with the pixels. `kind` is the kind of picture, if it is known.
    `reasons` are the sentences of `reason`, and empty in results of earlier versions.
    `weights` and `code` are digests of what answered. Fields that nobody has filled in are None.
    Raises `ValueError` for a score that is not in [0, 1].
    """

    outcome: Outcome
    label: Label
    score: float | None
    thresholds: Thresholds
    reason: str
    agreement: Agreement
    methods: tuple[MethodResult, ...]
    reasons: tuple[Note, ...] = field(default=(), metadata=ADDED)
    lean: Side | None = None
    basis: Basis = "pixels"
    signal: Signal = "unknown_provenance"
    declarations: tuple[Declaration, ...] = ()
    conflict: Note | None = None
    advice: tuple[Note, ...] = ()
    expected_errors: ExpectedErrors | None = None
    stability: Stability | None = None
    kind: str | None = None
    contributions: Mapping[str, float] = field(default_factory=dict)
    decided_by: str | None = None
    moved_most: str | None = None
    notes: tuple[Note, ...] = ()
    elapsed_ms: float = 0.0
    version: str = ""
    weights: str = ""
    code: str = ""
    id: str | None = None
    created: str | None = None
    file: FileFacts | None = None

    def __post_init__(self) -> None:
        check_score(self.score, None)

    @property
    def why(self) -> str:
        """The reason in the current language; one of an earlier version in English."""
        return " ".join(note.text for note in self.reasons) or self.reason

    def to_dict(self) -> dict[str, Any]:
        """The one JSON object that page, API, command line and database share."""
        return {
            "schema": SCHEMA,
            "id": self.id,
            "created": self.created,
            "file": self.file and asdict(self.file),
            "verdict": {
                "outcome": self.outcome,
                "label": self.label,
                "lean": self.lean,
                "score": None if self.score is None else round(self.score, 4),
                "thresholds": asdict(self.thresholds),
                "basis": self.basis,
                "signal": self.signal,
                "reason": self.reason,
                "reasons": [note.to_dict() for note in self.reasons],
                "declarations": [declaration.to_dict() for declaration in self.declarations],
                "conflict": self.conflict and self.conflict.to_dict(),
                "expected_errors": self.expected_errors and self.expected_errors.to_dict(),
                "stability": self.stability and self.stability.to_dict(),
                "advice": [note.to_dict() for note in self.advice],
                "agreement": asdict(self.agreement),
                "decided_by": self.decided_by,
                "moved_most": self.moved_most,
                "contributions": {k: round(v, 3) for k, v in self.contributions.items()},
                "kind": self.kind,
            },
            "methods": [result.to_dict() for result in self.methods],
            "notes": [note.to_dict() for note in self.notes],
            "elapsed_ms": round(self.elapsed_ms, 1),
            "version": self.version,
            "weights": self.weights,
            "code": self.code,
        }

    def named(self, name: str, *, id: str, created: datetime) -> Verdict:
        """The same verdict with its name, id and moment; `created` has a time zone."""
        file = self.file and replace(self.file, name=name)
        return replace(self, id=id, created=created.isoformat(), file=file)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Verdict:
        """The verdict that `to_dict` gave. Raises `InvalidResult`, which names the bad value."""
        if not isinstance(data, Mapping) or data.get("schema") != SCHEMA:
            raise InvalidResult(f"This is no result of schema {SCHEMA}.")
        verdict = data.get("verdict")
        if not isinstance(verdict, Mapping):
            raise InvalidResult("result.verdict is missing; an object belongs there.")
        top = {key: value for key, value in data.items() if key not in ("schema", "verdict")}
        if twice := sorted(top.keys() & verdict.keys()) or sorted(verdict.keys() & set(TOP)):
            raise InvalidResult(f"result.verdict has the unknown field {twice[0]!r}.")
        return read(cls, {**top, **verdict})
