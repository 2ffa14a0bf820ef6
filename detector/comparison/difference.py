"""Where two aligned pictures differ more than re-encoding, resizing or a change of tone explains.

What an encoding changes depends on the texture: flat parts change little, fine texture a lot. So
the difference of each place is measured against that of all places with as much texture in this
pair of pictures. A re-encoding raises all of them alike and shows nothing; a retouched part stands
out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from .drawing_scale import TIMES
from .frame import Frame, Mask
from .tone import Values, match_tone, to_lab

# Deviations of the blur, in pixels of the frame, that is tried to make both equally sharp.
BLURS = (0.0, 0.6, 1.0, 1.5, 2.2)
# Deviation of the window over which a difference is averaged, in shares of the longest side.
WINDOW, LEAST_WINDOW = 1 / 250, 2.0
TEXTURE_BINS = 12
# Of CIELAB.
LIGHT, COLOUR = slice(0, 1), slice(1, 3)
# Units of CIELAB: smaller differences are not seen, and not counted as many times the usual.
FLOOR = 0.6
# A part that is called changed has TIMES the usual difference, and one of so many units of CIELAB.
# At its strongest place it has STRONG times the usual one: what an encoding does to fine texture
# and clipped colours stays below that, a retouched part hardly ever does.
VISIBLE, STRONG = 4.0, 2 * TIMES
# The least share of the overlap that a changed part has, its least area in pixels of the frame
# (what JPEG encodes together), and how many parts are listed.
LEAST_AREA, LEAST_PIXELS, MAX_REGIONS = 1 / 1500, 16 * 16, 12


class Box(NamedTuple):
    """A changed part in pixels of the frame; `times` and `area` as in `Region`."""

    left: int
    top: int
    right: int
    bottom: int
    times: float
    area: float


@dataclass(frozen=True, eq=False)
class Difference:
    """`times` (height, width) is how many times the usual difference each place of the frame has.

    `mean` is the mean difference in units of CIELAB after size and tone were matched. `changed` is
    the mask of the parts in `boxes` and of those beyond the number that are listed.
    """

    times: Values
    mean: float
    changed: Mask
    boxes: tuple[Box, ...]


def find_difference(frame: Frame) -> Difference:
    """The differences of a frame beyond encoding, size and tone.

    What a change of tone has clipped can be told from the other picture only: the difference counts
    that is the smaller one of the two directions.
    """
    reference, copy = (to_lab(pixels) for pixels in (frame.reference, frame.copy))
    sigma = max(max(frame.mask.shape) * WINDOW, LEAST_WINDOW)
    directions = [
        _compare(reference, match_tone(reference, copy, frame.mask), frame.mask, sigma),
        _compare(copy, match_tone(copy, reference, frame.mask), frame.mask, sigma),
    ]
    times = np.minimum(*(direction[0] for direction in directions))
    size = np.minimum(*(direction[1] for direction in directions))
    changed = _clean((times >= TIMES) & (size >= VISIBLE) & frame.mask, sigma)
    boxes, changed = _regions(changed, times, int(frame.mask.sum()))
    mean = float(size[frame.mask].mean()) if frame.mask.any() else 0.0
    return Difference(times, mean, changed, boxes)


def _compare(first: Values, second: Values, mask: Mask, sigma: float) -> tuple[Values, Values]:
    """How many times the usual difference each place has, and the difference in CIELAB."""
    first, second = match_sharpness(first, second, mask)
    gaps = np.where(mask[..., None], first - second, 0)
    sizes, times = [], []
    for channels, width in ((LIGHT, sigma), (COLOUR, 1.5 * sigma)):
        size = _spread(gaps[..., channels], width)
        # Colour is kept at half the size, so what it loses depends on its own texture.
        texture = np.minimum(*(_texture(each[..., channels], width) for each in (first, second)))
        sizes.append(size)
        times.append(_times_usual(size, texture, mask))
    return np.maximum(*times), np.asarray(np.hypot(*sizes), np.float32)


def match_sharpness(reference: Values, copy: Values, mask: Mask) -> tuple[Values, Values]:
    """Both as blurred as the softer one is, judged by where they differ least in the middle."""
    choices = [(first, 0.0) for first in BLURS] + [(0.0, second) for second in BLURS[1:]]

    def gap(choice: tuple[float, float]) -> float:
        pair = (_blur(reference[..., 0], choice[0]), _blur(copy[..., 0], choice[1]))
        return float(np.median(np.abs(pair[0] - pair[1])[mask])) if mask.any() else 0.0

    first, second = min(choices, key=gap)
    return _blur(reference, first), _blur(copy, second)


def _blur(values: Values, sigma: float) -> Values:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32) if sigma else values


def _spread(gaps: Values, sigma: float) -> Values:
    """The root of the mean square of the gaps (height, width, channels) around each place."""
    return np.sqrt(np.maximum(_blur((gaps**2).sum(axis=2), sigma), 0))


def _texture(values: Values, sigma: float) -> Values:
    """The deviation of the channels (height, width, channels) around each place."""
    mean = _blur(values, 2 * sigma).reshape(values.shape)
    square = _blur((values**2).sum(axis=2), 2 * sigma)
    return np.asarray(np.sqrt(np.maximum(square - (mean**2).sum(axis=2), 0)), np.float32)


def _times_usual(sizes: Values, texture: Values, mask: Mask) -> Values:
    """The differences by the usual one of places with as much texture."""
    inside = texture[mask]
    if not len(inside):
        return np.zeros_like(sizes)
    edges = np.unique(np.quantile(inside, np.linspace(0, 1, TEXTURE_BINS + 1)))
    middles, usual = [], []
    for low, high in zip(edges, edges[1:], strict=False):
        members = sizes[mask & (texture >= low) & (texture <= high)]
        if len(members):
            middles.append((low + high) / 2)
            usual.append(float(np.median(members)))
    if not middles:
        middles, usual = [0.0], [float(np.median(sizes[mask]))]
    expected = np.interp(texture, middles, usual) + FLOOR
    return np.asarray(np.where(mask, sizes / expected, 0), np.float32)


def _clean(changed: Mask, sigma: float) -> Mask:
    """The mask without specks, and with what lies close together joined."""
    size = 2 * round(sigma) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    opened = cv2.morphologyEx(changed.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    return np.asarray(cv2.morphologyEx(opened, cv2.MORPH_CLOSE, kernel) == 1)


def _regions(changed: Mask, times: Values, overlap: int) -> tuple[tuple[Box, ...], Mask]:
    """The changed parts, the largest first, and their mask."""
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(changed.astype(np.uint8))
    areas = statistics[1:, cv2.CC_STAT_AREA]
    least = max(LEAST_AREA * overlap, LEAST_PIXELS)
    large = [int(n) + 1 for n in np.argsort(-areas) if areas[n] >= least]
    kept = [label for label in large if times[labels == label].max() >= STRONG]
    boxes = []
    for label in kept[:MAX_REGIONS]:
        left, top, width, height, area = (int(value) for value in statistics[label])
        strength = float(np.median(times[labels == label]))
        boxes.append(Box(left, top, left + width, top + height, strength, area / overlap))
    return tuple(boxes), np.isin(labels, kept) if count > 1 else np.zeros_like(changed)
