"""Pictures in which there is nothing to judge: drawn without noise, or nothing but noise.

A camera leaves noise on every surface, and generators imitate it. What a program draws has exactly
flat or exactly linear surfaces between its edges, and JPEG leaves them so: it adds its ringing only
to the blocks in which there is an edge. So blocks are counted: linear ones, ones with an edge, and
soft ones, which are neither; photographs and generated pictures have many of the last.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float32]

BLOCK = 8
MAX_BLOCKS = 8192  # that are looked at, in rows of blocks spread over the picture
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
# Grey levels by which a value may be off the line between its neighbours, as by rounding.
TOLERANCE = 2.0
# Grey levels between the darkest and the brightest value of a block, from which it has an edge.
EDGE = 30.0
# Of 1,192 photographs and generated pictures 2 have this many linear blocks and this few soft ones:
# a bird before a blue sky, and a flower before a white wall, 160 pixels wide.
MOSTLY_LINEAR, FEW_SOFT = 0.78, 0.06
# Below this correlation with the next pixel, both across and down, there is nothing but noise.
UNRELATED = 0.1


def is_pattern(pixels: Pixels) -> bool:
    """Whether pixels (height, width, 3) of at least one block are drawn, or are pure noise."""
    blocks = sample_blocks(pixels)
    linear, soft = count_blocks(blocks)
    is_drawn = linear >= MOSTLY_LINEAR and soft <= FEW_SOFT * (linear + soft)
    return is_drawn or max(correlation(blocks), correlation(blocks.transpose(0, 2, 1))) < UNRELATED


def sample_blocks(pixels: Pixels) -> Values:
    """The grey values of blocks (n, 8, 8), in whole rows of blocks spread over the picture."""
    rows, columns = (side // BLOCK for side in pixels.shape[:2])
    count = min(rows, max(MAX_BLOCKS // columns, 1))
    tops = np.linspace(0, rows - 1, count).astype(int)
    strips = [pixels[top * BLOCK : (top + 1) * BLOCK, : columns * BLOCK] @ LUMA for top in tops]
    blocks = np.stack(strips).reshape(len(tops), BLOCK, columns, BLOCK).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(blocks, np.float32).reshape(-1, BLOCK, BLOCK)


def count_blocks(blocks: Values) -> tuple[float, float]:
    """Shares (0..1) of blocks (n, 8, 8) that are linear, and of those that are soft."""
    bend = np.maximum(_bend(blocks), _bend(blocks.transpose(0, 2, 1)))
    linear = bend <= TOLERANCE
    edged = blocks.max((1, 2)) - blocks.min((1, 2)) >= EDGE
    return float(linear.mean()), float((~linear & ~edged).mean())


def _bend(blocks: Values) -> Values:
    """By how much a value of each block is at most off the line between those beside it."""
    off = np.abs(2 * blocks[:, :, 1:-1] - blocks[:, :, :-2] - blocks[:, :, 2:])
    return np.asarray(off.max((1, 2)), np.float32)


def correlation(blocks: Values) -> float:
    """Correlation (-1..1) of values with the next one in their block; 1 if all are the same."""
    centred = blocks - blocks.mean()
    variance = float((centred * centred).mean())
    return float((centred[:, :, 1:] * centred[:, :, :-1]).mean()) / variance if variance else 1.0
