"""The colours of one picture as another program, exposure or white balance shows them.

One robust regression gives the colours of the reference from those of the copy and from the place
in the picture: curves, saturation, black and white, vignetting. What a few parts alone have changed
moves it little (iteratively reweighted least squares, Huber).
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .features import Pixels
from .frame import Mask

Values = npt.NDArray[np.float32]

SAMPLES, ROUNDS = 20_000, 6
# Of CIELAB, where a difference of 1 is just visible.
LEAST_RESIDUAL = 1.0
ROWS = 256  # of a picture that are mapped at a time


def to_lab(pixels: Pixels) -> Values:
    """CIELAB (height, width, 3) as float32: L 0 to 100, a and b about -127 to 127."""
    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def match_tone(reference: Values, copy: Values, mask: Mask) -> Values:
    """The copy with the colours of the reference, both CIELAB of the same shape."""
    rows, columns = np.nonzero(mask)
    chosen = np.linspace(0, len(rows) - 1, min(SAMPLES, len(rows))).astype(int)
    places = rows[chosen], columns[chosen]
    terms = _terms(copy[places], *places, mask.shape)
    weights = _fit(terms, reference[places].astype(np.float64))
    matched = np.empty_like(copy)
    for top in range(0, len(copy), ROWS):
        part = copy[top : top + ROWS]
        at = np.indices(part.shape[:2])
        mapped = _terms(part.reshape(-1, 3), at[0].ravel() + top, at[1].ravel(), mask.shape)
        matched[top : top + ROWS] = clip((mapped @ weights).reshape(part.shape))
    return matched


def clip(lab: npt.NDArray[np.float64]) -> Values:
    """The colours as a file of 8 bits can hold them."""
    rgb = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB).clip(0, 1)
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB), np.float32)


def _terms(
    colours: Values,
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    shape: tuple[int, ...],
) -> npt.NDArray[np.float64]:
    """The terms (n, 15) of the regression: of the colours (n, 3) up to the third power of L."""
    light, a, b = (colours.astype(np.float64) / 100).T
    y, x = 2 * rows / shape[0] - 1, 2 * columns / shape[1] - 1
    one = np.ones_like(light)
    colour = [one, light, a, b, light**2, light**3, light * a, light * b, a * b, a * a, b * b]
    return np.stack([*colour, x, y, x * x, y * y], axis=1)


def _fit(terms: npt.NDArray[np.float64], colours: npt.NDArray[np.float64]) -> Values:
    """The weights (15, 3) that most of the samples agree on."""
    shares = np.ones(len(terms))
    for _ in range(ROUNDS):
        root = np.sqrt(shares)[:, None]
        # A little of a ridge: a grey copy has no a and b to weigh.
        square = (terms * root).T @ (terms * root) + 1e-6 * len(terms) * np.eye(terms.shape[1])
        weights = np.linalg.solve(square, terms.T @ (colours * shares[:, None]))
        residuals = np.linalg.norm(colours - terms @ weights, axis=1)
        limit = max(1.345 * 1.4826 * float(np.median(residuals)), LEAST_RESIDUAL)
        shares = np.minimum(1.0, limit / np.maximum(residuals, 1e-9)) ** 2
    return np.asarray(weights, np.float32)
