"""Whether the heat map of a method shows where its evidence is: deletion (Petsiuk et al. 2018).

Masking the tenth of the picture that argues most for AI must lower the log-odds more than masking a
tenth at random. Two controls: cells drawn one by one, and the same mask moved elsewhere, which
keeps its shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.inference.images import SourceImage
from detector.inference.method import Method
from detector.inference.numbers import log_odds
from detector.inference.pixels.conditions import as_picture
from detector.inference.pixels.tiles import Pixels
from detector.training.figures.intervals import Z

SHARE = 0.1
Mask = npt.NDArray[np.bool_]


def hottest(heat: npt.NDArray[np.float64]) -> Mask:
    """The SHARE of cells (rows, columns) with the highest values, one at least."""
    count = max(round(SHARE * heat.size), 1)
    mask = np.zeros(heat.size, np.bool_)
    mask[np.argsort(-heat.ravel(), kind="stable")[:count]] = True
    return mask.reshape(heat.shape)


def scattered(mask: Mask, rng: np.random.Generator) -> Mask:
    """As many cells as in `mask`, drawn at random."""
    return rng.permutation(mask.ravel()).reshape(mask.shape)


def moved(mask: Mask, rng: np.random.Generator) -> Mask:
    """The same cells moved by a random distance, round the edges."""
    down, right = (int(rng.integers(1, size)) for size in mask.shape)
    return np.roll(mask, (down, right), (0, 1))


def grey_out(pixels: Pixels, mask: Mask) -> Pixels:
    """The picture with the cells of `mask` in its mean colour."""
    height, width = pixels.shape[:2]
    rows = np.arange(height) * mask.shape[0] // height
    columns = np.arange(width) * mask.shape[1] // width
    copy = pixels.copy()
    copy[mask[np.ix_(rows, columns)]] = pixels.mean((0, 1)).round().astype(np.uint8)
    return copy


def middle_square(image: SourceImage) -> SourceImage:
    """The largest square in the middle of a picture.

    For a method that looks at nothing else: beside it, no mask would change anything.
    """
    height, width = image.pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return as_picture(np.ascontiguousarray(image.pixels[top : top + side, left : left + side]))


def falls(method: Method, image: SourceImage, seed: int) -> dict[str, float] | None:
    """The fall of one picture's log-odds under each mask; None if the method abstains."""
    answer = method.predict(image)
    heat = answer.exhibit("heat_map")
    if answer.score is None or heat is None:
        return None
    mask = hottest(np.array(heat["log_odds"]))
    rng = np.random.default_rng(seed)
    masks = {"hottest": mask, "random": scattered(mask, rng), "moved": moved(mask, rng)}
    scores = {
        name: method.predict(as_picture(grey_out(image.pixels, mask))).score
        for name, mask in masks.items()
    }
    if None in scores.values():  # the rest of the picture is blank
        return None
    before = log_odds(answer.score)
    return {name: before - log_odds(score) for name, score in scores.items() if score is not None}


def summarise_falls(falls: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Mean falls with 95 % intervals, and how often the hottest tenth counts most."""
    table = {name: np.array([fall[name] for fall in falls]) for name in falls[0]}
    figures: dict[str, Any] = {"n": len(falls), "share_masked": SHARE}
    for name, values in table.items():
        figures[name] = {"mean": round(float(values.mean()), 3), "interval": _interval(values)}
    for name in ("random", "moved"):
        figures[f"above_{name}"] = round(float((table["hottest"] > table[name]).mean()), 4)
    return figures


def _interval(values: np.ndarray) -> list[float] | None:
    """95 % interval of the mean of values (n,); None for a single one."""
    if len(values) < 2:
        return None
    half = Z * values.std(ddof=1) / np.sqrt(len(values))
    return [round(float(values.mean() + side * half), 3) for side in (-1, 1)]
