"""What the file says about itself, in the order of a picture's life: the timeline of the result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from detector.inference.results import Finding

# What a file says is a claim, so none of them is worded as a fact.
TAKEN = gettext_noop("Camera")
GENERATED = gettext_noop("Generator")
EDITED = gettext_noop("Editing")
SAVED = gettext_noop("Saving and sharing")
DECLARED = gettext_noop("Declarations")
SIGNED = "Content Credentials"
NOTED = gettext_noop("Also noted")
UNREADABLE = gettext_noop("Could not be read")

# The station of each kind of finding, and the stations in their order.
KINDS = {
    TAKEN: {"camera", "gps", "capture", "thumbnail"},
    GENERATED: {"watermark", "stealth"},
    EDITED: {"editor", "samsung"},
    SAVED: {"compression", "re-saved", "platform"},
    DECLARED: {"iptc", "iptc-ai", "google", "aigc-label"},
    SIGNED: {"c2pa"},
    NOTED: {"silent"},
    UNREADABLE: {"unreadable"},
}
# How much it is worth, not what it moved: the strongest alone counts.
WORTH = {
    "decisive": gettext_noop("Decides by itself, unless the file contradicts it"),
    "strong": gettext_noop("Strong evidence"),
    "medium": gettext_noop("Medium evidence"),
    "weak": gettext_noop("Weak evidence, a hint"),
    "context": gettext_noop("Context only"),
}
CONTRADICTS = gettext_noop("Context only, but contradicts a generator")
SAID = gettext_noop("This is the evidence that is quoted at the top of the page.")
SIDES = {"ai": gettext_noop("for AI"), "real": gettext_noop("for a photograph")}
PARTIAL = gettext_noop("for an edit by AI")


@dataclass(frozen=True)
class Entry:
    """One finding: what it says, where it stands, how much it is worth, and the side's class."""

    text: str
    where: str
    worth: str
    side: str


@dataclass(frozen=True)
class Station:
    """One step in the life of the picture with what the file says about it."""

    title: str
    entries: tuple[Entry, ...]


def tell_story(findings: Iterable[Finding], *, said: str = "") -> list[Station]:
    """The stations that the findings tell of, in the order of a picture's life.

    A sentence that is a part of `said` stands elsewhere on the page and is not repeated.
    """
    told: dict[str, list[Entry]] = {title: [] for title in KINDS}
    for finding in findings:
        told[_station_of(finding)].append(_entry(finding, said))
    return [Station(gettext(title), tuple(entries)) for title, entries in told.items() if entries]


def _station_of(finding: Finding) -> str:
    for title, kinds in KINDS.items():
        if finding.kind in kinds:
            return title
    # Every generator has a kind of its own.
    return GENERATED if finding.claim == "ai" else NOTED


def _entry(finding: Finding, said: str) -> Entry:
    text = gettext(SAID) if finding.text in said else finding.text
    side = finding.claim if finding.claim in SIDES else ""
    return Entry(text, finding.where, _worth(finding), side)


def _worth(finding: Finding) -> str:
    if finding.claim == "capture":
        return gettext(CONTRADICTS)
    side = PARTIAL if finding.partial else SIDES.get(finding.claim or "")
    worth = gettext(WORTH[finding.strength])
    return f"{worth} ({gettext(side)})" if side else worth
