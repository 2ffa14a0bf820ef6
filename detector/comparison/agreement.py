"""Whether two aligned pictures are copies of one picture, or two photographs of one scene.

Copies agree in every detail that a re-encoding leaves: nearly every block with any detail
correlates, whatever its brightness. A second photograph of the same scene agrees at the points that
were matched, and between them leaves, faces, shadows and the parallax differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .features import Pixels
from .frame import Frame

Grey = npt.NDArray[np.float32]

# Pixels of a block, the deviation from which on it has detail, and the correlation of an agreement.
BLOCK, DETAIL, AGREES = 16, 4.0, 0.7
FEWEST_BLOCKS = 12


@dataclass(frozen=True)
class Agreement:
    """Of `blocks` with detail the `share` in [0, 1] that correlates; the `median` correlation."""

    blocks: int
    share: float
    median: float


def measure_agreement(frame: Frame) -> Agreement:
    """How far the two pictures of a frame agree in detail."""
    first, second = (_grey(pixels) for pixels in (frame.reference, frame.copy))
    correlations = _correlate(first, second, frame)
    if not len(correlations):
        return Agreement(0, 0.0, 0.0)
    share = float((correlations >= AGREES).mean())
    return Agreement(len(correlations), share, float(np.median(correlations)))


def _grey(pixels: Pixels) -> Grey:
    # A little blur: noise of the encoding is no disagreement.
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), np.float32)


def _correlate(first: Grey, second: Grey, frame: Frame) -> npt.NDArray[np.float64]:
    """The correlation of each block that has detail in both; the sign does not change."""
    blocks, others = _blocks(first), _blocks(second)
    whole = _blocks(frame.mask.astype(np.float32)).min(axis=1) == 1
    blocks = blocks - blocks.mean(axis=1, keepdims=True)
    others = others - others.mean(axis=1, keepdims=True)
    deviations = blocks.std(axis=1), others.std(axis=1)
    # A copy may have more or less contrast; one of the two shows that there is something to see.
    detailed = whole & (np.maximum(*deviations) >= DETAIL)
    size = np.maximum(deviations[0] * deviations[1], 1e-6)
    correlations = (blocks * others).mean(axis=1) / size
    return np.asarray(correlations[detailed], np.float64)


def _blocks(grey: Grey) -> Grey:
    """(blocks, BLOCK * BLOCK): the blocks of a picture without the rest at its right and bottom."""
    rows, columns = (side // BLOCK for side in grey.shape)
    cut = grey[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
    return cut.transpose(0, 2, 1, 3).reshape(rows * columns, BLOCK * BLOCK)
