"""Which copy is nearer to the camera, and so the better evidence: points with a reason for each.

The points are a rule of thumb, not a measurement. They say what somebody who examines files looks
for: the sensor's own data first, then what only a camera writes, then what every later program
takes away. Anybody can forge most of it, which the page says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from detector.inference.results import Note

from .result import ComparisonResult

# Whether Content Credentials are valid and of a trusted signer, valid, broken, or not there.
Credentials = Literal["trusted", "valid", "broken", "none"]
Certainty = Literal["clear", "likely", "open"]

# The lead in points from which on the first copy is clearly, and likely, the nearest to the camera.
CLEAR, LIKELY = 4, 2
# Qualities of JPEG that are not told apart.
SIMILAR_QUALITY = 3


@dataclass(frozen=True)
class CopyFacts:
    """What the file of one copy says, as method 3 reads it, beside its `File` in the result.

    `captured`: it holds the settings of an exposure; `maker_notes`: and the camera maker's notes.
    `thumbnail` is "same", "changed" or "other", or "" without one. `editor` is a program's name.
    `shared`: a platform has marked the file. `generated`: the file itself speaks of an AI.
    """

    captured: bool = False
    maker_notes: bool = False
    thumbnail: str = ""
    credentials: Credentials = "none"
    editor: str = ""
    shared: bool = False
    generated: bool = False


@dataclass(frozen=True)
class Ranked:
    """One copy with its points, and the reasons that gave or cost them, the weightiest first."""

    place: int
    points: int
    reasons: tuple[Note, ...] = field(default=())


@dataclass(frozen=True)
class Ranking:
    """The copies, the nearest to the camera first, and how sure that is."""

    copies: tuple[Ranked, ...]
    certainty: Certainty


Reason = tuple[int, Note]


def rank(result: ComparisonResult, facts: Sequence[CopyFacts]) -> Ranking:
    """Rank the copies of a comparison; `facts` are in the order of its files."""
    copies = [_rank(place, result, each) for place, each in enumerate(facts)]
    ordered = sorted(copies, key=lambda copy: -copy.points)
    lead = ordered[0].points - ordered[1].points
    certainty: Certainty = "clear" if lead >= CLEAR else "likely" if lead >= LIKELY else "open"
    return Ranking(tuple(ordered), certainty)


def _rank(place: int, result: ComparisonResult, facts: CopyFacts) -> Ranked:
    reasons = [*_about_origin(place, result, facts), *_about_pixels(place, result)]
    reasons += _about_later(facts)
    ordered = sorted(reasons, key=lambda reason: -abs(reason[0]))
    return Ranked(place, sum(points for points, _ in reasons), tuple(note for _, note in ordered))


def _about_origin(place: int, result: ComparisonResult, facts: CopyFacts) -> Iterator[Reason]:
    """What only a camera, or its signature, puts into a file."""
    if result.files[place].raw:
        yield 8, Note("copy.raw")
    if facts.credentials == "trusted":
        yield 6, Note("copy.trusted")
    elif facts.credentials == "valid":
        yield 2, Note("copy.signed")
    if facts.captured:
        yield 3, Note("copy.captured")
    if facts.maker_notes:
        yield 2, Note("copy.maker_notes")
    if facts.thumbnail == "same":
        yield 1, Note("copy.thumbnail_same")


def _about_later(facts: CopyFacts) -> Iterator[Reason]:
    """What programs after the camera leave behind."""
    if facts.generated:
        yield -6, Note("copy.generated")
    if facts.credentials == "broken":
        yield -4, Note("copy.broken")
    if facts.thumbnail in ("changed", "other"):
        yield -3, Note("copy.thumbnail_differs")
    if facts.shared:
        yield -3, Note("copy.shared")
    if facts.editor:
        yield -2, Note("copy.edited", {"program": facts.editor})


def _about_pixels(place: int, result: ComparisonResult) -> Iterator[Reason]:
    """How much of the picture it holds, and how well."""
    if any(pair.relation != "same" for pair in result.pairs):
        return  # there is no one picture that a copy could hold more of
    if shows_most(place, result):
        yield 2, Note("copy.shows_most")
    if is_finest(place, result):
        yield 2, Note("copy.finest")
    qualities = [each.quality or 100 for each in result.files]
    if qualities[place] == max(qualities) and max(qualities) > min(qualities) + SIMILAR_QUALITY:
        yield 1, Note("copy.quality", {"quality": result.files[place].quality})


def shows_most(place: int, result: ComparisonResult) -> bool:
    """Whether it shows clearly more of the scene than some other copy, and no less than any."""
    areas = [scene_area(each, result) for each in range(len(result.files))]
    return areas[place] >= 0.99 * max(areas) and min(areas) < 0.97 * max(areas)


def scene_area(place: int, result: ComparisonResult) -> float:
    """The area that a copy shows, by that of the reference."""
    pair = result.pair(place)
    if pair is None or pair.geometry is None:
        return 1.0
    reference, geometry = result.files[result.reference], pair.geometry
    across = 1 - (geometry.left + geometry.right) / reference.width
    down = 1 - (geometry.top + geometry.bottom) / reference.height
    return max(across, 0.0) * max(down, 0.0)


def is_finest(place: int, result: ComparisonResult) -> bool:
    """Whether it has clearly more pixels for the same part than another copy, not only enlarged."""
    scales = [_scale(each, result) for each in range(len(result.files))]
    if scales[place] < 0.99 * max(scales) or min(scales) >= 0.9 * max(scales):
        return False
    pair = result.pair(place)
    if pair is not None:
        return not pair.enlarged
    return not any(each.enlarged and _scale(each.place, result) < 0.9 for each in result.pairs)


def _scale(place: int, result: ComparisonResult) -> float:
    """Pixels along a side, by those of the reference, for the same part of the scene."""
    pair = result.pair(place)
    if pair is None or pair.geometry is None:
        return 1.0
    return float((pair.geometry.across * pair.geometry.down) ** 0.5)
