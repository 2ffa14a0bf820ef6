"""A finer alignment: small blocks of both pictures are laid on one another, and the matrix follows.

Phase correlation (Kuglin and Hines, 1975) finds the shift of a block to a fraction of a pixel,
whatever its brightness. What remains after the matrix is a smooth bend, as of a lens correction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from .alignment import Alignment, Matrix, invert, project
from .features import Pixels
from .frame import Frame, make_frame
from .result import Model

Points = npt.NDArray[np.float64]
Grey = npt.NDArray[np.float32]

BLOCK = 64
# How sure phase correlation must be of a shift, and the longest that is believed, in pixels.
RESPONSE, LONGEST_SHIFT = 0.15, 12.0
FEWEST_BLOCKS = 12
# With so many blocks the scale along each side is told apart: whole pixels make them differ.
BLOCKS_FOR_AFFINE = 30
ROUNDS = 2
# Pixels of the frame: a shift that the refined matrix leaves is noise below this.
NOISE = 0.5


@dataclass(frozen=True, eq=False)
class Shifts:
    """The middles of blocks (n, 2) in the frame, and where the copy has the same part (n, 2)."""

    middles: Points
    shifts: Points


def refine(reference: Pixels, copy: Pixels, alignment: Alignment) -> tuple[Alignment, Frame] | None:
    """The alignment with a matrix that fits better, and its frame; None without an overlap."""
    frame = make_frame(reference, copy, alignment.matrix)
    for _ in range(ROUNDS):
        if frame is None:
            return None
        matrix = _follow(measure_shifts(frame), frame, alignment.model)
        if matrix is None:
            break
        closer = make_frame(reference, copy, matrix)
        if closer is None:
            break
        alignment, frame = replace(alignment, matrix=matrix), closer
    return (alignment, frame) if frame is not None else None


def measure_shifts(frame: Frame) -> Shifts:
    """The shift of each block that has enough detail to tell it."""
    first, second = (_flatten(pixels) for pixels in (frame.reference, frame.copy))
    size = min(BLOCK, *(side // 2 * 2 for side in frame.mask.shape))
    window = cv2.createHanningWindow((size, size), cv2.CV_32F)
    middles, shifts = [], []
    for top, left in _places(frame.mask.shape, size):
        part = np.s_[top : top + size, left : left + size]
        if not frame.mask[part].all() or first[part].std() < 0.3 or second[part].std() < 0.3:
            continue
        shift, response = cv2.phaseCorrelate(first[part], second[part], window)
        if response > RESPONSE and np.hypot(shift[0], shift[1]) < min(LONGEST_SHIFT, size / 4):
            middles.append((left + (size - 1) / 2, top + (size - 1) / 2))
            shifts.append(shift)
    return Shifts(np.array(middles).reshape(-1, 2), np.array(shifts).reshape(-1, 2))


def _places(shape: tuple[int, ...], size: int) -> list[tuple[int, int]]:
    """(top, left) of blocks that cover the frame, evenly and at most 16 x 16 of them."""
    tops, lefts = (
        np.unique(np.linspace(0, side - size, min(max(side * 2 // size, 1), 16)).astype(int))
        for side in shape
    )
    return [(int(top), int(left)) for top in tops for left in lefts]


def _flatten(pixels: Pixels) -> Grey:
    """The grey with even brightness and contrast: mean 0, deviation 1 nearly everywhere."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    low = cv2.GaussianBlur(grey, (0, 0), 8)
    deviation = np.sqrt(np.maximum(cv2.GaussianBlur(grey * grey, (0, 0), 8) - low * low, 0))
    return np.asarray((grey - low) / (deviation + 4), np.float32)


def _follow(shifts: Shifts, frame: Frame, model: Model) -> Matrix | None:
    """The matrix that takes the copy where the blocks of the reference are; None if too few do."""
    if len(shifts.middles) < FEWEST_BLOCKS:
        return None
    # In the copy's own pixels a block of the reference is found at `source`.
    source = project(invert(frame.copy_to_frame), shifts.middles + shifts.shifts)
    target = project(invert(frame.to_frame), shifts.middles)
    if model == "similarity" and len(source) >= BLOCKS_FOR_AFFINE:
        model = "affine"
    return fit(source, target, model, 1.5 / frame.to_frame[0, 0])


def fit(source: Points, target: Points, model: Model, tolerance: float) -> Matrix | None:
    """The map of this model from `source` to `target`, both (n, 2), that most of them agree on."""
    if model == "homography":
        matrix, _ = cv2.findHomography(source, target, cv2.RANSAC, tolerance)
        return None if matrix is None else np.asarray(matrix, np.float64)
    estimate = cv2.estimateAffinePartial2D if model == "similarity" else cv2.estimateAffine2D
    rows, _ = estimate(source, target, method=cv2.RANSAC, ransacReprojThreshold=tolerance)
    return None if rows is None else np.vstack([rows, [0.0, 0.0, 1.0]])


# What a matrix cannot do


def straighten(frame: Frame) -> tuple[Frame, float]:
    """The frame with the copy bent back onto the reference, and by how many pixels at most.

    A lens correction bends a picture smoothly: polynomials of the third degree hold it. 0 and the
    same frame where the matrix leaves no such bend.
    """
    shifts = measure_shifts(frame)
    if len(shifts.middles) < 4 * FEWEST_BLOCKS:
        return frame, 0.0
    size = np.array(frame.mask.shape[::-1], np.float64)
    weights = _fit_bend(shifts, size)
    bend = _terms(shifts.middles, size) @ weights
    before, after = (
        float(np.median(np.linalg.norm(rest, axis=1)))
        for rest in (shifts.shifts, shifts.shifts - bend)
    )
    if before < NOISE or after > before / 2:
        return frame, 0.0
    return _bend(frame, weights, size)


def _fit_bend(shifts: Shifts, size: Points) -> Points:
    """The weights (10, 2) of the polynomials, without the blocks that fit them least."""
    kept = np.ones(len(shifts.middles), bool)
    for _ in range(3):
        terms = _terms(shifts.middles, size)
        weights = np.linalg.lstsq(terms[kept], shifts.shifts[kept], rcond=None)[0]
        misses = np.linalg.norm(shifts.shifts - terms @ weights, axis=1)
        kept = misses <= max(3 * float(np.median(misses)), 0.1)
    return np.asarray(weights, np.float64)


def _terms(points: Points, size: Points) -> Points:
    x, y = (2 * points / size - 1).T
    one = np.ones_like(x)
    return np.stack([one, x, y, x * x, x * y, y * y, x**3, x * x * y, x * y * y, y**3], axis=1)


def _bend(frame: Frame, weights: Points, size: Points) -> tuple[Frame, float]:
    height, width = frame.mask.shape
    columns, rows = np.meshgrid(np.arange(width, dtype=float), np.arange(height, dtype=float))
    places = np.stack([columns.ravel(), rows.ravel()], axis=1)
    bend = (_terms(places, size) @ weights).reshape(height, width, 2)
    x, y = (columns + bend[..., 0]).astype(np.float32), (rows + bend[..., 1]).astype(np.float32)
    copy = cv2.remap(frame.copy, x, y, cv2.INTER_CUBIC)
    mask = cv2.remap(frame.mask.astype(np.uint8), x, y, cv2.INTER_NEAREST) == 1
    longest = float(np.linalg.norm(bend[frame.mask], axis=1).max()) if frame.mask.any() else 0.0
    return replace(frame, copy=np.asarray(copy, np.uint8), mask=mask & frame.mask), longest
