"""Traces of an earlier JPEG: saved before with other tables, or a PNG that was once a JPEG.

Quantising a DCT coefficient twice leaves gaps and heaps in its histogram (J. Lukas and J. Fridrich,
2003; A. Popescu and H. Farid, 2004). What the histogram would be without them is learnt from the
same picture cut four pixels off the grid, and each first step is tried on that by the likelihood
model of T. Bianchi and A. Piva ("Image forgery localization via block-grained analysis of JPEG
artifacts", 2012). Without a JPEG around it the second step is 1 (Z. Fan and R. de Queiroz,
"Identification of bitmap compression history", 2003).

Measured on 240 photographs shrunk to a quarter, which removes the compression they had, saved by
the standard tables with colour at half size. Found, with the right quality within 2:

    first  then 60   75   85   90   95  100   PNG
    60          -  .98  .99  .98  .97  .98   .98
    75        .93    -  .99  .98  .98  .98   .98
    85        .88  .91    -  .98  .96  .97   .98
    90          0    0  .24    -  .97  .96   .95
    95          0    0    0    0    -    0     0

Called re-saved though saved once: 1 of 1,440 JPEGs, 0 of 240 PNGs.
Both saves must share the grid: a picture that was cropped or resized between them gives nothing.
It says that somebody saved the picture again, as every website does, and nothing about an AI.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from detector.inference.pixels.jpeg_quality import Table, scaled_tables

Floats = npt.NDArray[np.float64]
Method = Image.Transpose

MAX_SIDE = 1024  # of the middle of the picture: enough blocks, and little work
# (vertical, horizontal): the low frequencies, which have enough coefficients that are not zero.
FREQUENCIES = ((0, 1), (1, 0), (2, 0), (1, 1), (0, 2), (0, 3), (1, 2), (2, 1), (3, 0))
HIGHEST = 128  # of the coefficients that are counted
BINS = 4  # for each unit of a coefficient that was not yet quantised
MIN_STEP, MAX_STEP = 3, 40  # of a first quantisation; a smaller one drowns in the rounding
MIN_COUNT = 100  # of the coefficients of a frequency that are not zero
# Decoding rounds to whole numbers, in brightness and in three colours: these stand for the bell
# curve of 0.4 that this adds to a coefficient.
ROUNDING = (-0.51, -0.13, 0.13, 0.51)
HEDGE = 0.1  # the share of coefficients that do not follow the model
# Mean log-likelihood ratio of a coefficient from which on it counts.
FROM_JPEG, FROM_PIXELS = 0.007, 0.02

# The share of what the frequencies say one by one that standard tables must explain. Flat drawings
# and screenshots have gaps in their histograms too, but of no standard tables.
AGREEMENT = 0.9

# How each orientation of EXIF is undone, and which axes (x, y) run backwards once it is applied.
UNTURN: dict[int, tuple[Method, bool, bool]] = {
    2: (Method.FLIP_LEFT_RIGHT, True, False),
    3: (Method.ROTATE_180, True, True),
    4: (Method.FLIP_TOP_BOTTOM, False, True),
    5: (Method.TRANSPOSE, False, False),
    6: (Method.ROTATE_90, True, False),
    7: (Method.TRANSVERSE, True, True),
    8: (Method.ROTATE_270, False, True),
}


@dataclass(frozen=True)
class EarlierJpeg:
    """An earlier compression: evidence per coefficient (0 or more) and its standard quality."""

    evidence: float
    quality: int


def find_earlier_jpeg(rgb: Image.Image, table: Table | None, orientation: int = 1) -> EarlierJpeg:
    """Look for a compression before that of `table`, or at all if `table` is None.

    `rgb` is the upright picture, `table` its steps of brightness in rows (64), `orientation` the
    EXIF orientation that was applied to it (1 to 8).
    """
    luma = cut_on_grid(rgb, orientation)
    on_grid, off_grid = _coefficients(luma), _coefficients(luma[4:, 4:])
    steps = [1] * len(FREQUENCIES)
    if table is not None:
        steps = [int(table[8 * down + across]) for down, across in FREQUENCIES]
        if not _on_grid(on_grid, steps):
            return EarlierJpeg(0.0, 0)
    ratios, count = np.zeros((len(steps), MAX_STEP + 1)), 0
    for place, step in enumerate(steps):
        ratios[place], total = _ratios(on_grid[place], off_grid[place], step)
        count += total
    return _conclude(ratios / max(count, 1))


def cut_on_grid(rgb: Image.Image, orientation: int) -> npt.NDArray[np.uint8]:
    """The brightness of the middle, (height, width) of at most 1024, as the file stores it.

    It is turned back to the way it was compressed and begins at a corner of an 8 x 8 block.
    """
    undo, *backwards = UNTURN.get(orientation, (None, False, False))
    spans = [_span(size, back) for size, back in zip(rgb.size, backwards, strict=True)]
    (left, right), (top, bottom) = spans
    middle = rgb.crop((left, top, right, bottom)).convert("L")
    return np.asarray(middle if undo is None else middle.transpose(undo))


def _span(size: int, backwards: bool) -> tuple[int, int]:
    """The middle of a side, beginning at a block, or ending at one if the side runs backwards."""
    length = min(size, MAX_SIDE)
    start = (size - length) // 2 // 8 * 8
    return (size - start - length, size - start) if backwards else (start, start + length)


@cache
def _basis() -> Floats:
    """(64, frequencies): what a block is multiplied with."""
    places = 2 * np.arange(8) + 1
    waves = np.cos(places * np.arange(8)[:, None] * np.pi / 16) / 2
    waves[0] /= np.sqrt(2)
    return np.stack([np.outer(waves[v], waves[u]).ravel() for v, u in FREQUENCIES], axis=1)


def _coefficients(luma: npt.NDArray[np.uint8]) -> Floats:
    """(frequencies, blocks) of the DCT of whole blocks."""
    rows, columns = luma.shape[0] // 8, luma.shape[1] // 8
    whole = luma[: 8 * rows, : 8 * columns].reshape(rows, 8, columns, 8)
    # Put into order as bytes, which are an eighth to move.
    blocks = whole.swapaxes(1, 2).reshape(-1, 64).astype(np.float64)
    return np.ascontiguousarray((blocks @ _basis()).T)


def _on_grid(coefficients: Floats, steps: list[int]) -> bool:
    """Whether the coefficients are multiples of their steps, as they must be in this JPEG."""
    for place, step in enumerate(steps):
        values = coefficients[place]
        multiples = values[np.abs(values) > step] / step
        if step >= MIN_STEP and len(multiples) >= MIN_COUNT:
            return float(np.abs(multiples - np.rint(multiples)).mean()) < 0.2
    return True  # with such small steps there is no telling


def _ratios(on_grid: Floats, off_grid: Floats, step: int) -> tuple[Floats, int]:
    """(log-likelihood ratios for each first step up to MAX_STEP, how many coefficients)."""
    top = HIGHEST // max(step, 1)
    multiples = np.abs(np.rint(on_grid / step))
    counts = np.bincount(multiples[multiples < top].astype(np.int64), minlength=top)[1:top]
    zeros = np.zeros(MAX_STEP + 1)
    if top < 4 or counts.sum() < MIN_COUNT:
        return zeros, 0
    fine = np.bincount(
        (np.abs(off_grid) * BINS).astype(np.int64).clip(0, HIGHEST * BINS),
        minlength=HIGHEST * BINS + 1,
    )[:-1]
    twice = _histograms(fine, step, top)
    once = _shares(np.bincount(_bins(_middles(), step, top), fine, top + 1)[1:top])
    zeros[MIN_STEP:] = np.log(HEDGE + (1 - HEDGE) * twice / once) @ counts
    return zeros, int(counts.sum())


def _middles() -> Floats:
    middles: Floats = (np.arange(HIGHEST * BINS) + 0.5) / BINS
    return middles


def _bins(values: npt.NDArray[Any], step: int, top: int) -> npt.NDArray[np.int64]:
    return np.abs(np.rint(values / step)).clip(0, top).astype(np.int64)


def _histograms(fine: npt.NDArray[np.int64], step: int, top: int) -> Floats:
    """(first steps, multiples 1 to top - 1): what each first step would have made of it."""
    starts, rows, values = _first_multiples()
    count = MAX_STEP + 1 - MIN_STEP
    weights = np.add.reduceat(np.tile(fine, count), starts)
    total = np.zeros(count * (top + 1))
    for error in ROUNDING:
        places = _bins(values + error, step, top) + (top + 1) * rows
        total += np.bincount(places, weights, len(total))
    return _shares(total.reshape(count, -1)[:, 1:top])


@cache
def _first_multiples() -> tuple[npt.NDArray[Any], npt.NDArray[Any], Floats]:
    """What each first step makes of the bins of `_middles`, in one row a step, one after the other.

    The place of the first bin of each multiple of a step, the row of the step, and the multiple.
    """
    first = np.arange(MIN_STEP, MAX_STEP + 1)[:, None]
    multiples = np.rint(_middles() / first)
    starts = np.flatnonzero(np.diff(multiples, axis=1, prepend=-1))
    values = np.asarray((multiples * first).ravel()[starts], np.float64)
    return starts, starts // multiples.shape[1], values


def _shares(counts: npt.NDArray[Any]) -> Floats:
    """Counts as shares of their row, none of them zero."""
    shares: Floats = (counts + 0.5) / (counts + 0.5).sum(axis=-1, keepdims=True)
    return shares


def _conclude(ratios: Floats) -> EarlierJpeg:
    """The standard tables that explain the most, if the frequencies agree on them."""
    freely = float(ratios.max(axis=1).clip(0).sum())
    best, quality = max((_of_quality(ratios, quality), quality) for quality in range(30, 96))
    if best < AGREEMENT * freely:
        return EarlierJpeg(0.0, 0)
    return EarlierJpeg(max(best, 0.0), quality)


def _of_quality(ratios: Floats, quality: int) -> float:
    table = scaled_tables("luma")[quality - 1]
    steps = [int(table[8 * down + across]) for down, across in FREQUENCIES]
    return float(
        sum(row[step] for row, step in zip(ratios, steps, strict=True) if step <= MAX_STEP)
    )
