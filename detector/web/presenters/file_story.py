"""What the file says about itself, in the order of a picture's life: the timeline of the result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

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
    "decisive": "Sets the verdict by itself, unless the file contradicts it",
    "strong": "Strong evidence",
    "medium": "Medium evidence",
    "weak": "Weak evidence, a hint",
    "context": "Worth knowing, moves nothing",
}
CONTRADICTS = "Moves nothing by itself, but contradicts a generator"
SIDES = {"ai": "for AI", "real": "for a photograph"}


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


def tell_story(findings: Iterable[dict[str, Any]]) -> list[Station]:
    """The stations that the findings (as in the JSON) tell of, in the order of a picture's life."""
    told: dict[str, list[Entry]] = {title: [] for title in KINDS}
    for finding in findings:
        told[_station_of(finding)].append(_entry(finding))
    return [Station(title, tuple(entries)) for title, entries in told.items() if entries]


def _station_of(finding: dict[str, Any]) -> str:
    for title, kinds in KINDS.items():
        if finding["kind"] in kinds:
            return title
    # Every generator has a kind of its own.
    return GENERATED if finding["claim"] == "ai" else NOTED


def _entry(finding: dict[str, Any]) -> Entry:
    claim = finding["claim"] or ""
    worth = WORTH.get(finding["strength"], finding["strength"])
    if claim == "capture":
        worth = CONTRADICTS
    elif claim in SIDES:
        worth = f"{worth} ({SIDES[claim]})"
    return Entry(finding["text"], finding["where"], worth, claim if claim in SIDES else "")
