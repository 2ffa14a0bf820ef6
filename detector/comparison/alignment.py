"""Where a copy lies on a reference: the matrix that most matched points agree on.

Points are matched (`features`), a homography is fitted that survives wrong matches (MAGSAC, Barath
et al. 2019), and the simplest of similarity, affine map and homography is kept that fits as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .features import Features, Pixels, Points, find_features, match, mirror
from .result import Model

Matrix = npt.NDArray[np.float64]

# The longest sides at which features are looked for, one after the other: a small crop of a large
# picture is found at the larger one only.
SIDES = (1024, 2048)
# Pixels, at the size at which the features were found, by which a point may miss.
TOLERANCE = 3.0
# A simpler model is kept if it holds this share of the points that the homography holds.
SIMPLER = 0.9
# Points that fit by chance: among unrelated pictures the measurement finds fewer than this.
FEWEST_INLIERS = 12
# What no copy of a picture is: scaled further, or stretched more along one side.
SCALES, MAX_STRETCH = (1 / 40, 40.0), 2.5


@dataclass(frozen=True, eq=False)
class Alignment:
    """`matrix` (3, 3) takes pixels of the copy to pixels of the reference.

    Of a `mirrored` copy it is the mirror image, left to right, that the matrix takes. Of `matches`
    points that look alike, `inliers` lie where the matrix says.
    """

    matrix: Matrix
    model: Model
    mirrored: bool
    inliers: int
    matches: int


def find_alignments(reference: Pixels, copy: Pixels) -> Iterator[Alignment]:
    """The plausible alignments, the likeliest first: each is to be checked on the pixels."""
    for side in SIDES:
        if side > SIDES[0] and max(*reference.shape[:2], *copy.shape[:2]) <= SIDES[0]:
            return
        known, features = find_features(reference, side), find_features(copy, side)
        tolerance = TOLERANCE * max(max(reference.shape[:2]) / side, 1)
        for mirrored in (False, True):
            points = mirror(features, copy.shape[1]) if mirrored else features
            found = _align(known, points, tolerance, mirrored)
            if found is not None:
                yield found


def _align(
    known: Features, features: Features, tolerance: float, mirrored: bool
) -> Alignment | None:
    points, targets = match(features, known)
    if len(points) < FEWEST_INLIERS:
        return None
    matrix, mask = cv2.findHomography(
        points, targets, cv2.USAC_MAGSAC, tolerance, maxIters=5000, confidence=0.999
    )
    if matrix is None or int(mask.sum()) < FEWEST_INLIERS:
        return None
    inside = mask.ravel().astype(bool)
    homography = np.asarray(matrix, np.float64)
    matrix, model = simplify(homography, points[inside], targets[inside], tolerance)
    if not is_plausible(matrix, points[inside]):
        return None
    return Alignment(matrix, model, mirrored, int(inside.sum()), len(points))


def simplify(
    homography: Matrix, points: Points, targets: Points, tolerance: float
) -> tuple[Matrix, Model]:
    """The simplest model that holds nearly all points that the homography holds."""
    held = count_held(homography, points, targets, tolerance)
    estimates = (
        ("similarity", cv2.estimateAffinePartial2D),
        ("affine", cv2.estimateAffine2D),
    )
    for name, estimate in estimates:
        rows, _ = estimate(points, targets, method=cv2.RANSAC, ransacReprojThreshold=tolerance)
        if rows is None:
            continue
        matrix = np.vstack([rows, [0.0, 0.0, 1.0]])
        if count_held(matrix, points, targets, tolerance) >= SIMPLER * held:
            return matrix, "similarity" if name == "similarity" else "affine"
    return homography, "homography"


def count_held(matrix: Matrix, points: Points, targets: Points, tolerance: float) -> int:
    """How many points the matrix takes to within the tolerance of their targets."""
    distances = np.linalg.norm(project(matrix, points) - targets, axis=1)
    return int((distances < tolerance).sum())


def project(matrix: Matrix, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The points (n, 2) where the matrix takes them."""
    source = np.asarray(points, np.float64).reshape(-1, 1, 2)
    return np.asarray(cv2.perspectiveTransform(source, matrix), np.float64).reshape(-1, 2)


def invert(matrix: Matrix) -> Matrix:
    """The matrix that takes points back."""
    return np.asarray(np.linalg.inv(matrix), np.float64)


def is_plausible(matrix: Matrix, points: Points) -> bool:
    """Whether a copy may lie so: not inside out, not beyond all scale, not squashed to a line."""
    centre = np.median(points, axis=0).astype(np.float64)
    local = local_map(matrix, centre)
    if not np.isfinite(local).all() or np.linalg.det(local) <= 0:
        return False
    large, small = np.linalg.svd(local, compute_uv=False)
    return bool(SCALES[0] < small and large < SCALES[1] and large < MAX_STRETCH * small)


def local_map(matrix: Matrix, point: npt.NDArray[np.float64]) -> Matrix:
    """The derivative (2, 2) of the matrix at a point (2,): how a small part there is mapped."""
    x, y, w = matrix @ np.array([*point, 1.0])
    jacobian: Matrix = (matrix[:2, :2] - np.outer([x / w, y / w], matrix[2, :2])) / w
    return jacobian
