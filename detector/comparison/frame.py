"""The common frame: both pictures at the same size and place, as far as they overlap."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .alignment import Matrix, local_map, project
from .features import Pixels

# Longest side of the frame, and the shortest that can be compared.
FRAME_SIDE, LEAST_SIDE = 1200, 24
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Frame:
    """Both pictures, (height, width, 3) each, and the mask of the pixels that both have.

    `to_frame` (3, 3) takes pixels of the reference to pixels of the frame, `copy_to_frame` those of
    the copy.
    """

    reference: Pixels
    copy: Pixels
    mask: Mask
    to_frame: Matrix
    copy_to_frame: Matrix


def make_frame(reference: Pixels, copy: Pixels, matrix: Matrix) -> Frame | None:
    """The frame of an alignment; None where the two overlap by next to nothing."""
    place = _place(reference.shape, copy.shape, matrix)
    if place is None:
        return None
    to_frame, size = place
    copy_to_frame = to_frame @ matrix
    whole = warp(np.full(copy.shape[:2], 255, np.uint8), copy_to_frame, size)
    # What the edge of a copy bleeds into is neither picture.
    inside = cv2.erode(whole, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE) == 255
    return Frame(
        warp(reference, to_frame, size), warp(copy, copy_to_frame, size), inside,
        to_frame, copy_to_frame,
    )  # fmt: skip


def corners(shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """The corners (4, 2) of a picture, as the outer edges of its pixels, clockwise."""
    height, width = shape[:2]
    right, bottom = width - 0.5, height - 0.5
    return np.array([[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]])


def _place(
    shape: tuple[int, ...], copy_shape: tuple[int, ...], matrix: Matrix
) -> tuple[Matrix, tuple[int, int]] | None:
    """The map from the reference to the frame, and the frame's (width, height)."""
    outline = project(matrix, corners(copy_shape))
    low = np.maximum(outline.min(axis=0), -0.5)
    high = np.minimum(outline.max(axis=0), np.array([shape[1], shape[0]]) - 0.5)
    middle = np.array([copy_shape[1], copy_shape[0]], np.float64) / 2
    # Pixels of the copy for each of the reference: the coarser of the two sets the size.
    finest = float(np.sqrt(abs(np.linalg.det(local_map(matrix, middle)))))
    if not np.isfinite(finest) or (high - low).min() <= 0:
        return None
    scale = min(1.0, 1 / finest, FRAME_SIDE / float((high - low).max()))
    width, height = (max(int(round(side * scale)), 1) for side in high - low)
    if min(width, height) < LEAST_SIDE:
        return None
    offset = -low * scale - 0.5
    return np.array([[scale, 0, offset[0]], [0, scale, offset[1]], [0, 0, 1.0]]), (width, height)


def warp(pixels: Pixels, matrix: Matrix, size: tuple[int, int]) -> Pixels:
    """The picture where `matrix` takes it, (width, height) in `size`; averaged where it shrinks."""
    height, width = pixels.shape[:2]
    middle = np.array([width, height], np.float64) / 2
    scale = float(np.sqrt(abs(np.linalg.det(local_map(matrix, middle)))))
    if scale < 1:
        small = max(round(width * scale), 1), max(round(height * scale), 1)
        pixels = np.asarray(cv2.resize(pixels, small, interpolation=cv2.INTER_AREA), np.uint8)
        back = np.array([width / small[0], height / small[1]])
        matrix = matrix @ np.array(
            [[back[0], 0, back[0] / 2 - 0.5], [0, back[1], back[1] / 2 - 0.5], [0, 0, 1.0]]
        )
    warped = cv2.warpPerspective(pixels, matrix, size, flags=cv2.INTER_CUBIC)
    return np.asarray(warped, np.uint8)
