"""The answer of a comparison as plain data: what the database keeps and the page shows.

Nothing here needs OpenCV: the site reads these types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from detector.inference.results.reading import InvalidResult, read

SCHEMA = 1

# "scene": the same scene, or a picture of which large parts were changed.
Relation = Literal["same", "scene", "different"]
Model = Literal["similarity", "affine", "homography"]
# What is drawn of a copy: the part of the reference that it shows, itself in the same place, and
# how much they differ.
VIEWS = ("reference", "copy", "difference")
SUFFIXES = {"reference": "webp", "copy": "webp", "difference": "png"}


@dataclass(frozen=True)
class File:
    """What is known of a file without its analysis; `quality` is that of a JPEG, 1 to 100."""

    format: str
    width: int
    height: int
    quality: int | None
    raw: bool


@dataclass(frozen=True)
class Geometry:
    """Where a copy lies on the reference.

    `across` and `down` are pixels of the copy for each pixel of the reference, along the width and
    the height of the copy. `angle` are degrees by which the copy was turned clockwise, -180 to 180,
    after it was `mirrored` left to right if it was. `left`, `top`, `right` and `bottom` are pixels
    of the reference that the copy lacks at this edge; negative ones are what it has more. `covered`
    is the share of the reference that the copy shows, in [0, 1]. `bent` are pixels of the reference
    by which a smooth bend, as of a lens correction, moves a part at most.
    """

    across: float
    down: float
    angle: float
    mirrored: bool
    left: float
    top: float
    right: float
    bottom: float
    covered: float
    bent: float
    model: Model


@dataclass(frozen=True)
class Region:
    """A changed part: its box in shares of the reference's width and height, and its strength.

    `times` is how many times its difference is the usual one for its texture, at the middle pixel;
    `area` is its share of what both pictures show.
    """

    left: float
    top: float
    right: float
    bottom: float
    times: float
    area: float


@dataclass(frozen=True)
class PairResult:
    """What was found about one copy, of which `place` is the number, from 0.

    Of `matches` points that look alike `inliers` lie where one map takes them. Of `blocks` blocks
    with detail the share `agreeing` in [0, 1] agrees. `mean` is the mean difference in units of
    CIELAB, after size and tone were matched. `enlarged` says that of the two the one with more
    pixels for the same part shows no finer detail than the other. `has_views` says that it was
    drawn (VIEWS). `geometry` is None unless it is the same picture.
    """

    place: int
    relation: Relation
    inliers: int
    matches: int
    blocks: int
    agreeing: float
    geometry: Geometry | None
    mean: float
    regions: tuple[Region, ...]
    enlarged: bool
    has_views: bool

    def view(self, name: str) -> str:
        """The name of the file with one of VIEWS."""
        return f"{self.place}-{name}.{SUFFIXES[name]}"


@dataclass(frozen=True)
class ComparisonResult:
    """The files in their order, which of them is the `reference`, and each other one against it."""

    files: tuple[File, ...]
    reference: int
    pairs: tuple[PairResult, ...]

    def to_dict(self) -> dict[str, Any]:
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_dict(cls, data: Any) -> ComparisonResult:
        """The result that `to_dict` gave. Raises `InvalidResult`, which names the bad value."""
        if not isinstance(data, Mapping) or data.get("schema") != SCHEMA:
            raise InvalidResult(f"This is no comparison of schema {SCHEMA}.")
        return read(cls, {key: value for key, value in data.items() if key != "schema"})

    def pair(self, place: int) -> PairResult | None:
        """The comparison of one file; None for the reference."""
        return next((pair for pair in self.pairs if pair.place == place), None)
