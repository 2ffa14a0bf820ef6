"""What a report says, part by part, in words: the printed page and the PDF show just this.

It is made from the twin alone, so that everything that people read is in the signed JSON as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from detector.inference.results import Finding, MethodResult, Note, Verdict
from detector.inference.wording import words
from detector.inference.wording.verdict import LEANS, OUTCOMES

from .file_story import Station, tell_story
from .twin import MakerAnswer, Twin, read_verdict
from .words import LIMITS, PREDICTIONS, SIGNALS, counts, kind_of, percent, tells_story

Pairs = tuple[tuple[str, str], ...]
Rows = tuple["MethodRow", ...]

# Here and not where the PDF is drawn: the package for that is large.
PAPERS = ("a4", "letter")
PART = {"decides": "Decides", "counts": "Counts", "not": "Does not count", "silent": "No score"}
UNKNOWN_WEIGHTS = (
    "The weights of this installation have changed since this analysis, so the digests of single "
    "folders are not known. The digest of all weights above is that of the analysis."
)


@dataclass(frozen=True)
class MethodRow:
    """A row of the comparison table; `part` says whether the method counts, `kind` is its side."""

    title: str
    kind: str
    prediction: str
    chance: str
    part: str
    used: str
    findings: tuple[str, ...]


@dataclass(frozen=True)
class Content:
    """A whole report; `outcome` is the code of the result, `heading` its words."""

    outcome: str
    heading: str
    lean: str
    chance: str
    statements: tuple[str, ...]
    reasons: tuple[str, ...]
    limits: tuple[str, ...]
    advice: tuple[str, ...]
    picture: Pairs
    ran: Rows
    missing: Rows
    stations: tuple[Station, ...]
    answers: tuple[MakerAnswer, ...]
    thresholds: tuple[str, ...]
    versions: Pairs
    weights: Pairs
    weights_note: str
    moment: datetime
    analysed: str
    author: str
    note: str
    public_key: str


def compose(twin: Twin) -> Content:
    """The report of a signed twin. Raises `NotGenuine` for a result of another schema."""
    verdict, moment = read_verdict(twin), datetime.fromisoformat(twin["analysed"])
    rows = [_row(method, verdict) for method in verdict.methods]
    weights = tuple((each["name"], each["digest"]) for each in twin["weights"])
    return Content(
        outcome=verdict.outcome,
        heading=OUTCOMES.get(verdict.outcome, verdict.outcome),
        lean=f"It {LEANS[verdict.lean]}." if verdict.lean else "",
        chance=_say_chance(verdict),
        statements=tuple(_statements(verdict)),
        reasons=tuple(_reasons(verdict)),
        limits=LIMITS,
        advice=tuple(note.text for note in verdict.advice),
        picture=tuple(_picture(verdict)),
        ran=tuple(row for row in rows if row.kind not in ("unavailable", "error")),
        missing=tuple(row for row in rows if row.kind in ("unavailable", "error")),
        stations=tuple(tell_story(_file_findings(verdict))),
        answers=tuple(MakerAnswer(**answer) for answer in twin["reported_by_you"]),
        thresholds=_thresholds(verdict),
        versions=_versions(verdict),
        weights=weights,
        weights_note="" if weights else UNKNOWN_WEIGHTS,
        moment=moment,
        analysed=f"{moment.day} {moment:%B %Y, %H:%M:%S} {twin['time_zone']}",
        author=twin["author"],
        note=twin["note"],
        public_key=twin["signature"]["public_key"],
    )


def _say_chance(verdict: Verdict) -> str:
    if verdict.score is None or verdict.basis == "nothing":
        return ""
    if verdict.basis != "pixels":
        return "Set by what the file says, not measured in the pixels."
    return f"{percent(verdict.score)} estimated chance that an AI made this picture"


def _statements(verdict: Verdict) -> Iterator[str]:
    """What the file states about its origin, with who says so and when."""
    for one in verdict.declarations:
        by = ", ".join(filter(None, (one.who, one.trust_note, one.when)))
        yield f"{one.text} ({by})" if by else one.text


def _reasons(verdict: Verdict) -> Iterator[str]:
    """What the outcome rests on, how often it is wrong, and what else is to be known."""
    yield verdict.reason
    extras: tuple[Note | None, ...] = (verdict.conflict, verdict.expected_errors, verdict.stability)
    for note in filter(None, (*extras, *verdict.notes)):
        if note.text not in verdict.reason:
            yield note.text


def _picture(verdict: Verdict) -> Iterator[tuple[str, str]]:
    if file := verdict.file:
        if file.name:  # a shared report without the picture does not name it
            yield "File", file.name
        yield "SHA-256", file.sha256
        yield "Format", f"{file.format}, {file.width} × {file.height} pixels, {file.size:,} bytes"
    kind = words("kinds", verdict.kind).strip('"').capitalize() if verdict.kind else "Unknown"
    yield "Kind of picture", kind
    yield "In the words of the C2PA", SIGNALS.get(verdict.signal, verdict.signal)


def _row(method: MethodResult, verdict: Verdict) -> MethodRow:
    kind = kind_of(method)
    return MethodRow(
        title=method.title,
        kind=kind,
        prediction=PREDICTIONS.get(kind, kind),
        chance="–" if method.score is None else percent(method.score),
        part=PART[_part(method, verdict)],
        used=method.used or "–",
        findings=() if tells_story(method) else tuple(note.text for note in method.findings),
    )


def _part(method: MethodResult, verdict: Verdict) -> str:
    if method.score is None:
        return "silent"
    if not counts(method, verdict):
        return "not"
    return "counts" if verdict.basis == "pixels" else "decides"


def _file_findings(verdict: Verdict) -> Iterator[Finding]:
    for method in verdict.methods:
        if tells_story(method):
            yield from method.findings


def _thresholds(verdict: Verdict) -> tuple[str, ...]:
    real, ai = verdict.thresholds.real, verdict.thresholds.ai
    return (
        f"Up to a chance of {percent(real)} ({real:.4g}), the result is “{OUTCOMES['no_sign']}”.",
        f"From {percent(ai)} ({ai:.4g}) up, it is “{OUTCOMES['ai']}”.",
        f"Between them it is “{OUTCOMES['uncertain']}”.",
    )


def _versions(verdict: Verdict) -> Pairs:
    return (
        ("Version", verdict.version),
        ("Digest of the code", verdict.code),
        ("Digest of all weights", verdict.weights),
    )
