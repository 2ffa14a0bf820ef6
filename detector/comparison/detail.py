"""Whether a picture that has more pixels than its copy also shows more: or was only enlarged."""

from __future__ import annotations

import cv2
import numpy as np

from .features import Pixels

# Of a picture that was enlarged, less than this share of its local contrast is finer than what a
# picture of the smaller size can hold.
LEAST_FINE = 0.04
# Smaller differences in size tell nothing.
LEAST_FACTOR = 1.25


def is_enlarged(pixels: Pixels, factor: float) -> bool:
    """Whether reducing the picture by `factor` (above 1) loses nothing of it."""
    if factor < LEAST_FACTOR:
        return False
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    size = max(round(grey.shape[1] / factor), 1), max(round(grey.shape[0] / factor), 1)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    back = cv2.resize(small, grey.shape[::-1], interpolation=cv2.INTER_CUBIC)
    local = float((grey - cv2.GaussianBlur(grey, (0, 0), 2 * factor)).std())
    return local > 0 and float((grey - back).std()) / local < LEAST_FINE
