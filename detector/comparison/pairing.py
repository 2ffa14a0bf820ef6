"""The comparison of one copy with the reference: aligned, checked, measured, drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from .agreement import Agreement, measure_agreement
from .alignment import Alignment, Matrix, find_alignments
from .difference import Box, Difference, find_difference
from .features import Pixels, shrink
from .frame import Frame
from .geometry import describe
from .refinement import refine, straighten
from .result import Geometry, Region, Relation

# Longest side that is aligned at its own size: OpenCV maps no picture of more than 32,766 pixels.
MAX_SIDE = 8192
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


def compare(reference: Pixels, copy: Pixels) -> Pair:
    """Compare a copy with the reference, both RGB of shape (height, width, 3)."""
    first, second = shrink(reference, MAX_SIDE), shrink(copy, MAX_SIDE)
    best = Pair("different", 0, 0, Agreement(0, 0.0, 0.0))
    for candidate, alignment, frame in _candidates(first, second):
        if candidate.agreement.share >= best.agreement.share:
            best, kept = candidate, (alignment, frame)
        if candidate.relation == "same":
            return _measure(candidate, *kept, (reference, copy), (first, second))
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
    pair: Pair,
    alignment: Alignment,
    frame: Frame,
    originals: tuple[Pixels, Pixels],
    reduced: tuple[Pixels, Pixels],
) -> Pair:
    frame, bent = straighten(frame)
    scale = frame.to_frame[0, 0]
    covered = float(frame.mask.sum()) / (scale**2 * reduced[0].shape[0] * reduced[0].shape[1])
    full = replace(alignment, matrix=_at_full_size(alignment, originals, reduced))
    bent_pixels = bent / scale * originals[0].shape[1] / reduced[0].shape[1]
    geometry = describe(
        full, originals[0].shape, originals[1].shape, covered=min(covered, 1.0), bent=bent_pixels
    )
    difference = find_difference(frame)
    regions = tuple(_to_region(box, frame, reduced[0]) for box in difference.boxes)
    return replace(pair, geometry=geometry, frame=frame, difference=difference, regions=regions)


def _at_full_size(
    alignment: Alignment, originals: tuple[Pixels, Pixels], reduced: tuple[Pixels, Pixels]
) -> Matrix:
    """The matrix between the original pictures, from that between the reduced ones."""
    first, second = (
        _resizing(original, small) for original, small in zip(originals, reduced, strict=True)
    )
    matrix = np.linalg.inv(first) @ alignment.matrix @ second
    if alignment.mirrored:
        width = originals[1].shape[1]
        matrix = matrix @ np.array([[-1.0, 0, width - 1], [0, 1.0, 0], [0, 0, 1.0]])
    return np.asarray(matrix, np.float64)


def _resizing(original: Pixels, small: Pixels) -> Matrix:
    """The matrix from pixels of the original to those of its reduced copy."""
    across = small.shape[1] / original.shape[1]
    down = small.shape[0] / original.shape[0]
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
