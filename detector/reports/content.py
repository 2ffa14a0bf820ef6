"""What a report says, part by part, in words: the printed page and the PDF show just this.

It is made from the twin alone, so that everything that people read is in the signed JSON as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.dateformat import format as format_date
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from detector.inference.results import Finding, MethodResult, Note, Verdict
from detector.inference.wording import retell, words, write_number

from .file_story import Station, tell_story
from .twin import MakerAnswer, Twin, read_verdict
from .words import (
    counts,
    kind_of,
    percent,
    prediction_word,
    say_limits,
    signal_word,
    tells_story,
)

Pairs = tuple[tuple[str, str], ...]
Rows = tuple["MethodRow", ...]

# Here and not where the PDF is drawn: the package for that is large.
PAPERS = ("a4", "letter")
PART = {
    "decides": gettext_noop("Decides"),
    "counts": gettext_noop("Counts"),
    "not": gettext_noop("Does not count"),
    "silent": gettext_noop("No score"),
}
UNKNOWN_WEIGHTS = gettext_noop(
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
        heading=words("outcome", verdict.outcome).strip('"'),
        lean=_say_lean(verdict),
        chance=_say_chance(verdict),
        statements=tuple(_statements(verdict)),
        reasons=tuple(_reasons(verdict)),
        limits=say_limits(),
        advice=tuple(note.text for note in verdict.advice),
        picture=tuple(_picture(verdict)),
        ran=tuple(row for row in rows if row.kind not in ("unavailable", "error")),
        missing=tuple(row for row in rows if row.kind in ("unavailable", "error")),
        stations=tuple(tell_story(_file_findings(verdict))),
        answers=tuple(MakerAnswer(**answer) for answer in twin["reported_by_you"]),
        thresholds=_thresholds(verdict),
        versions=_versions(verdict),
        weights=weights,
        weights_note="" if weights else _(UNKNOWN_WEIGHTS),
        moment=moment,
        analysed=say_moment(moment, twin["time_zone"]),
        author=twin["author"],
        note=twin["note"],
        public_key=twin["signature"]["public_key"],
    )


def say_moment(moment: datetime, zone: str) -> str:
    """Day, time to the second and zone, as the language writes them."""
    return f"{format_date(moment, get_format('DATE_FORMAT'))}, {moment:%H:%M:%S} {zone}"


def _say_lean(verdict: Verdict) -> str:
    if not verdict.lean:
        return ""
    return _("It %(lean)s.") % {"lean": words("lean", verdict.lean)}


def _say_chance(verdict: Verdict) -> str:
    if verdict.score is None or verdict.basis == "nothing":
        return ""
    if verdict.basis != "pixels":
        return _("Set by what the file says, not measured in the pixels.")
    said = _("estimated chance that an AI made this picture")
    return f"{percent(verdict.score)} {said}"


def _statements(verdict: Verdict) -> Iterator[str]:
    """What the file states about its origin, with who says so and when."""
    for one in verdict.declarations:
        by = ", ".join(filter(None, (one.who, retell(one.trust_note, "standing"), one.when)))
        yield f"{one.text} ({by})" if by else one.text


def _reasons(verdict: Verdict) -> Iterator[str]:
    """What the outcome rests on, how often it is wrong, and what else is to be known."""
    yield verdict.why
    extras: tuple[Note | None, ...] = (verdict.conflict, verdict.expected_errors, verdict.stability)
    for note in filter(None, (*extras, *verdict.notes)):
        if note.text not in verdict.why:
            yield note.text


def _picture(verdict: Verdict) -> Iterator[tuple[str, str]]:
    if file := verdict.file:
        if file.name:  # a shared report without the picture does not name it
            yield _("File"), file.name
        yield "SHA-256", file.sha256
        facts = {"width": file.width, "height": file.height, "size": write_number(file.size, ",")}
        size = _("%(width)d × %(height)d pixels, %(size)s bytes") % facts
        yield _("Format"), f"{file.format}, {size}"
    kind = words("kinds", verdict.kind).strip('"').capitalize() if verdict.kind else _("Unknown")
    yield _("Kind of picture"), kind
    yield _("In the words of the C2PA"), signal_word(verdict.signal)


def _row(method: MethodResult, verdict: Verdict) -> MethodRow:
    kind = kind_of(method)
    return MethodRow(
        title=method.title,
        kind=kind,
        prediction=prediction_word(kind),
        chance="–" if method.score is None else percent(method.score),
        part=_(PART[_part(method, verdict)]),
        used=method.used_words or "–",
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
        _("Up to a chance of %(chance)s (%(number)s), the result is “%(outcome)s”.")
        % _bound(real, "no_sign"),
        _("From %(chance)s (%(number)s) up, it is “%(outcome)s”.") % _bound(ai, "ai"),
        _("Between them it is “%(outcome)s”.") % {"outcome": words("outcome", "uncertain")},
    )


def _bound(threshold: float, outcome: str) -> dict[str, str]:
    return {
        "chance": percent(threshold),
        "number": write_number(threshold, ".4g"),
        "outcome": words("outcome", outcome),
    }


def _versions(verdict: Verdict) -> Pairs:
    return (
        (_("Version"), verdict.version),
        (_("Digest of the code"), verdict.code),
        (_("Digest of all weights"), verdict.weights),
    )
