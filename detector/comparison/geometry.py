"""How a copy was cropped, scaled, turned and mirrored, in numbers that a person can check."""

from __future__ import annotations

import numpy as np

from .alignment import Alignment, local_map, project
from .frame import corners
from .result import Geometry


def describe(
    alignment: Alignment,
    shape: tuple[int, ...],
    copy_shape: tuple[int, ...],
    *,
    covered: float,
    bent: float = 0.0,
) -> Geometry:
    """The geometry of an alignment between pictures of these shapes (height, width, ...)."""
    middle = np.array([copy_shape[1], copy_shape[0]], np.float64) / 2
    local = local_map(alignment.matrix, middle)
    mirrored = bool(np.linalg.det(local) < 0)
    turned = np.diag([-1.0, 1.0]) @ local if mirrored else local
    across, down = np.linalg.norm(local, axis=0)
    outline = project(alignment.matrix, corners(copy_shape))
    low, high = outline.min(axis=0), outline.max(axis=0)
    height, width = shape[:2]
    return Geometry(
        across=float(1 / across),
        down=float(1 / down),
        # The matrix turns the copy back.
        angle=float(-np.degrees(np.arctan2(turned[1, 0], turned[0, 0]))),
        mirrored=mirrored,
        left=float(low[0] + 0.5),
        top=float(low[1] + 0.5),
        right=float(width - 0.5 - high[0]),
        bottom=float(height - 0.5 - high[1]),
        covered=covered,
        bent=bent,
        model=alignment.model,
    )
