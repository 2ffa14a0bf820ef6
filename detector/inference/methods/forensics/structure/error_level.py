"""Error levels: the places where a picture changes most when it is saved again as a JPEG.

N. Krawetz, "A picture's worth: digital image analysis and forensics" (Black Hat 2007). It can show
a part that was pasted in from a file of another compression. It cannot tell an AI's picture from a
photograph: edges, texture and strong colours are bright in every picture, plain areas dark, and one
more save by a website makes all parts alike. So it is for people to look at and gives no score.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageChops

QUALITY = 90
LONGEST = 512
MAX_WORKED_ON = 2048
BLOCK = 16  # the unit of a JPEG with halved colour
WHITE_SHARE = 0.995  # values brighter than this share of the pixels become white
MIN_WHITE = 6.0  # a smaller difference than this is rounding and must not be made white


def error_level_picture(rgb: Image.Image) -> Image.Image:
    """The changes of an RGB picture under JPEG at quality 90, made bright.

    The result is RGB, of the same shape within a block, at most 512 pixels on its longer side. Of a
    picture of over 2048 pixels whole blocks of 16 x 16 are left out evenly: shrinking it would wipe
    out the very differences that this is about. Of a strip narrower than a block only
    the start is shown.
    """
    sample = _thin_out(rgb)
    buffer = io.BytesIO()
    # Pillow would write the comment of the uploaded file, which may be too long for a JPEG.
    sample.save(buffer, "JPEG", quality=QUALITY, comment=b"")
    difference = ImageChops.difference(sample, Image.open(buffer).convert("RGB"))
    shrink = -(-max(difference.size) // LONGEST)
    levels = np.asarray(difference.reduce(shrink), np.float32)
    white = max(float(np.quantile(levels, WHITE_SHARE)) if levels.size else 0.0, MIN_WHITE)
    return Image.fromarray((levels * (255.0 / white)).clip(0, 255).astype(np.uint8))


def _thin_out(rgb: Image.Image) -> Image.Image:
    """Every n-th block in both directions, so that at most 2048 pixels a side are left."""
    step = -(-max(rgb.size) // MAX_WORKED_ON)
    if step == 1:
        return rgb
    if min(rgb.size) < BLOCK:  # no whole block, and a JPEG has at most 65,500 pixels a side
        return rgb.crop((0, 0, min(rgb.width, MAX_WORKED_ON), min(rgb.height, MAX_WORKED_ON)))
    rows, columns = rgb.height // BLOCK, rgb.width // BLOCK
    # Row by row: an array of the whole picture may be large.
    across = (0, columns * BLOCK)
    lines = [
        np.asarray(rgb.crop((across[0], top, across[1], top + BLOCK)))
        .reshape(BLOCK, columns, BLOCK, 3)[:, ::step]
        .reshape(BLOCK, -1, 3)
        for top in range(0, rows * BLOCK, step * BLOCK)
    ]
    return Image.fromarray(np.concatenate(lines))
