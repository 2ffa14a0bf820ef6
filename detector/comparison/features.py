"""Distinctive points of a picture, and which of two pictures' points are the same.

SIFT (Lowe, Distinctive image features from scale-invariant keypoints, 2004): the points are found
again after scaling, turning, re-encoding and changes of brightness.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float32]

MAX_POINTS = 4000
# SIFT leaves out points of less contrast; its default of 0.04 finds few in fog and smooth sky.
CONTRAST = 0.02
# A match counts if its distance is this much smaller than that of the second best (Lowe, 7.1).
RATIO = 0.8


@dataclass(frozen=True, eq=False)
class Features:
    """Points (n, 2) in pixels of the picture as it was given, and their descriptors (n, 128)."""

    points: Points
    descriptors: Points


def find_features(pixels: Pixels, side: int) -> Features:
    """The features of an RGB picture (height, width, 3), looked for at `side` pixels at most."""
    small = shrink(pixels, side)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    sift = cv2.SIFT.create(nfeatures=MAX_POINTS, contrastThreshold=CONTRAST)
    keypoints, descriptors = sift.detectAndCompute(grey, None)
    if descriptors is None:
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32))
    points = np.asarray(cv2.KeyPoint.convert(keypoints), np.float64)
    scale = np.array([pixels.shape[1] / small.shape[1], pixels.shape[0] / small.shape[0]])
    # RootSIFT (Arandjelovic and Zisserman, 2012): the distance of the roots tells more.
    roots = np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-6))
    return Features(((points + 0.5) * scale - 0.5).astype(np.float32), roots.astype(np.float32))


def shrink(pixels: Pixels, side: int) -> Pixels:
    """The picture with its longest side reduced to `side`; itself if it is not longer."""
    height, width = pixels.shape[:2]
    factor = side / max(height, width)
    if factor >= 1:
        return pixels
    size = max(round(width * factor), 1), max(round(height * factor), 1)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def mirror(features: Features, width: int) -> Features:
    """The features of the mirror image of a picture of this width, without looking at it again.

    A descriptor holds 4 x 4 histograms of 8 directions, turned with its point: in the mirror image
    the rows of histograms stand in the other order, and directions turn the other way.
    """
    histograms = features.descriptors.reshape(-1, 4, 4, 8)[:, ::-1]
    turned = np.roll(histograms[..., ::-1], 1, axis=-1)
    points = np.stack([width - 1 - features.points[:, 0], features.points[:, 1]], axis=1)
    return Features(points, np.ascontiguousarray(turned.reshape(-1, 128)))


def match(first: Features, second: Features) -> tuple[Points, Points]:
    """The points of both that look the same, each (n, 2), by row."""
    if min(len(first.points), len(second.points)) < 2:
        return first.points[:0], second.points[:0]
    # Of descriptors of length 1, the squared distance is 2 - 2 x the product.
    products = first.descriptors @ second.descriptors.T
    best = products.argmax(axis=1)
    rows = np.arange(len(best))
    highest = products[rows, best].copy()
    products[rows, best] = -1
    nearest, next_nearest = (2 - 2 * each for each in (highest, products.max(axis=1)))
    distinct = np.flatnonzero(nearest < RATIO**2 * next_nearest)
    # One point of the second picture answers only one: the most alike.
    order = distinct[np.argsort(nearest[distinct], kind="stable")]
    chosen = order[np.unique(best[order], return_index=True)[1]]
    return first.points[chosen], second.points[best[chosen]]
