"""The comparison of one copy with the reference: aligned, checked, measured, drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from .agreement import Agreement, measure_agreement
from .alignment import Alignment, Matrix, find_alignments, invert
from .difference import Box, Difference, find_difference
from .features import Pixels, shrink
from .frame import Frame
from .geometry import describe
from .refinement import refine, straighten
from .result import Geometry, Region, Relation

# Longest side that is aligned at its own size. Several pictures are in memory at a time, and OpenCV
# maps none of more than 32,766 pixels a side.
MAX_SIDE = 4096
# Share of the detailed blocks that agree, from which on it is one picture; and from which on it is
# at least one scene. `manage.py measure_comparison` prints how often that is right.
SAME_FROM, SCENE_FROM = 0.5, 0.15
FEWEST_BLOCKS = 6


@dataclass(frozen=True, eq=False)
class Pair:
    """What was found about one copy. The last fields are None unless it is the same picture."""

    relation: Relation
    inliers: int
    matches: int
    agreement: Agreement
    geometry: Geometry | None = None
    frame: Frame | None = None
    difference: Difference | None = None
    regions: tuple[Region, ...] = ()


@dataclass(frozen=True, eq=False)
class Picture:
    """The pixels (height, width, 3) of a picture at MAX_SIDE at most, and its full `shape`."""

    pixels: Pixels
    shape: tuple[int, ...]


def reduce(pixels: Pixels) -> Picture:
    """The picture as it is aligned."""
    return Picture(shrink(pixels, MAX_SIDE), pixels.shape)


def compare(reference: Pixels, copy: Pixels) -> Pair:
    """Compare a copy with the reference, both RGB of shape (height, width, 3)."""
    return compare_pictures(reduce(reference), reduce(copy))


def compare_pictures(reference: Picture, copy: Picture) -> Pair:
    """As `compare`."""
    best = Pair("different", 0, 0, Agreement(0, 0.0, 0.0))
    for candidate, alignment, frame in _candidates(reference.pixels, copy.pixels):
        if candidate.relation == "same":
            return _measure(candidate, alignment, frame, reference, copy)
        if candidate.agreement.share >= best.agreement.share:
            best = candidate
    return best


def _candidates(first: Pixels, second: Pixels) -> Iterator[tuple[Pair, Alignment, Frame]]:
    for alignment in find_alignments(first, second):
        shown = np.ascontiguousarray(second[:, ::-1]) if alignment.mirrored else second
        refined = refine(first, shown, alignment)
        if refined is None:
            continue
        agreement = measure_agreement(refined[1])
        relation = judge(agreement)
        yield Pair(relation, alignment.inliers, alignment.matches, agreement), *refined


def judge(agreement: Agreement) -> Relation:
    """What the agreement of the aligned pictures says."""
    if agreement.blocks < FEWEST_BLOCKS or agreement.share < SCENE_FROM:
        return "different"
    return "same" if agreement.share >= SAME_FROM else "scene"


def _measure(
    pair: Pair, alignment: Alignment, frame: Frame, reference: Picture, copy: Picture
) -> Pair:
    frame, bent = straighten(frame)
    scale = frame.to_frame[0, 0]
    height, width = reference.pixels.shape[:2]
    geometry = describe(
        replace(alignment, matrix=_at_full_size(alignment, reference, copy)),
        reference.shape,
        copy.shape,
        covered=min(float(frame.mask.sum()) / (scale**2 * height * width), 1.0),
        bent=bent / scale * reference.shape[1] / width,
    )
    difference = find_difference(frame)
    regions = tuple(_to_region(box, frame, reference.pixels) for box in difference.boxes)
    return replace(pair, geometry=geometry, frame=frame, difference=difference, regions=regions)


def _at_full_size(alignment: Alignment, reference: Picture, copy: Picture) -> Matrix:
    """The matrix between the pictures at full size, with the mirroring in it."""
    matrix = invert(_reduction(reference)) @ alignment.matrix @ _reduction(copy)
    if alignment.mirrored:
        mirror = np.array([[-1.0, 0, copy.shape[1] - 1], [0, 1.0, 0], [0, 0, 1.0]])
        matrix = matrix @ mirror
    return np.asarray(matrix, np.float64)


def _reduction(picture: Picture) -> Matrix:
    """The matrix from pixels of the full size to those of the reduced picture."""
    down, across = (
        small / full for small, full in zip(picture.pixels.shape[:2], picture.shape, strict=False)
    )
    return np.array([[across, 0, across / 2 - 0.5], [0, down, down / 2 - 0.5], [0, 0, 1.0]])


def _to_region(box: Box, frame: Frame, reference: Pixels) -> Region:
    left, top, right, bottom, times, area = box
    scale, offset = frame.to_frame[0, 0], frame.to_frame[:2, 2]
    # Edges of pixels, not their middles.
    low = (np.array([left, top]) - 0.5 - offset) / scale + 0.5
    high = (np.array([right, bottom]) - 0.5 - offset) / scale + 0.5
    size = np.array([reference.shape[1], reference.shape[0]], np.float64)
    (x, y), (x2, y2) = np.clip(low / size, 0, 1), np.clip(high / size, 0, 1)
    return Region(float(x), float(y), float(x2), float(y2), times, area)
