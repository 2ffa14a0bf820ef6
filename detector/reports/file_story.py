"""What the file says about itself, in the order of a picture's life: the timeline of the result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from detector.inference.results import Finding

# What a file says is a claim, so none of them is worded as a fact.
TAKEN, GENERATED, EDITED = "Camera", "Generator", "Editing"
SAVED, DECLARED, SIGNED = "Saving and sharing", "Declarations", "Content Credentials"
NOTED, UNREADABLE = "Also noted", "Could not be read"

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
    "decisive": "Decides by itself, unless the file contradicts it",
    "strong": "Strong evidence",
    "medium": "Medium evidence",
    "weak": "Weak evidence, a hint",
    "context": "Context only",
}
CONTRADICTS = "Context only, but contradicts a generator"
SAID = "This is the evidence that is quoted at the top of the page."
SIDES = {"ai": "for AI", "real": "for a photograph"}
PARTIAL = "for an edit by AI"


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
    return [Station(title, tuple(entries)) for title, entries in told.items() if entries]


def _station_of(finding: Finding) -> str:
    for title, kinds in KINDS.items():
        if finding.kind in kinds:
            return title
    # Every generator has a kind of its own.
    return GENERATED if finding.claim == "ai" else NOTED


def _entry(finding: Finding, said: str) -> Entry:
    text = SAID if finding.text in said else finding.text
    side = finding.claim if finding.claim in SIDES else ""
    return Entry(text, finding.where, _worth(finding), side)


def _worth(finding: Finding) -> str:
    if finding.claim == "capture":
        return CONTRADICTS
    side = PARTIAL if finding.partial else SIDES.get(finding.claim or "")
    return f"{WORTH[finding.strength]} ({side})" if side else WORTH[finding.strength]
