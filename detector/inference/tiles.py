"""Which parts of a picture the pixel methods look at: native-resolution tiles.

Rescaling would wash out the very traces that the methods look for.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


def tile_positions(height: int, width: int, size: int, count: int) -> list[tuple[int, int]]:
    """(top, left) of at most `count` tiles of `size` pixels, spread evenly over the picture.

    Tiles do not overlap unless the picture is smaller than a tile in a direction, where there
    is one position, 0.
    """
    rows, columns = max(height // size, 1), max(width // size, 1)
    while rows * columns > count:
        # Thin out the direction with more tiles: both stay covered as long as they can.
        if rows >= columns:
            rows -= 1
        else:
            columns -= 1
    return [
        (top, left) for top in _spread(height, size, rows) for left in _spread(width, size, columns)
    ]


def _spread(length: int, size: int, count: int) -> list[int]:
    """`count` starts, each in the middle of its share of what is left free."""
    free = max(length - size * count, 0)
    gap = free / count
    return [math.floor(gap / 2 + i * (size + gap)) for i in range(count)]


def cut_tiles(pixels: Pixels, size: int, count: int) -> Pixels:
    """Tiles of shape (n, size, size, 3); pictures smaller than a tile are mirrored at the edges."""
    height, width = pixels.shape[:2]
    pixels = mirror_to(pixels, size)
    positions = tile_positions(height, width, size, count)
    return np.stack([pixels[top : top + size, left : left + size] for top, left in positions])


def mirror_to(pixels: Pixels, size: int) -> Pixels:
    """The picture with at least `size` rows and columns, mirrored at the lower and right edge."""
    missing = [max(size - side, 0) for side in pixels.shape[:2]]
    if not any(missing):
        return pixels
    return np.pad(pixels, ((0, missing[0]), (0, missing[1]), (0, 0)), "symmetric")


def strip_positions(height: int, width: int, size: int, count: int) -> list[tuple[int, int]]:
    """(top, left) of at most `count` squares along the longer side that cover what they can.

    They overlap where the sides are no multiple of one another. The short side is `size`.
    """
    long = max(height, width)
    n = min(-(-long // size), count)
    starts = np.linspace(0, long - size, n).round().astype(int) if n > 1 else [(long - size) // 2]
    return [(int(start), 0) if height >= width else (0, int(start)) for start in starts]


def scale_to(pixels: Pixels, short_side: int) -> Pixels:
    """The whole picture with `short_side` pixels on its short side."""
    import cv2

    height, width = pixels.shape[:2]
    factor = short_side / min(height, width)
    size = max(round(width * factor), short_side), max(round(height * factor), short_side)
    # Area averaging enlarges like nearest-neighbour: blocks that no camera or generator makes.
    interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, size, interpolation=interpolation))


def whole_and_crops(pixels: Pixels, size: int, crops: int) -> Pixels:
    """The middle square scaled to `size`, then at most `crops` native tiles: (n, size, size, 3)."""
    return np.concatenate(
        [scale_to(middle_square(pixels), size)[None], cut_tiles(pixels, size, crops)]
    )


def middle_square(pixels: Pixels) -> Pixels:
    """The largest square in the middle of the picture."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[top : top + side, left : left + side]
