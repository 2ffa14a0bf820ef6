"""What the methods cannot see in this very picture, and what that means for trust.

Every check looks at the header or at a sample of the pixels, so that all take a few milliseconds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from detector.inference.formats import family, format_of
from detector.inference.images import SourceImage

from .abstention import MIN_SIDE
from .jpeg_quality import jpeg_quality

# The tiles that methods 1 and 2 cut: a smaller picture must be mirrored to fill one.
TILE = 256
LOW_QUALITY = 50
# Width and height of screens, and of their browsers' windows in screenshots; either way up.
SCREENS = {
    (1280, 720), (1280, 800), (1366, 768), (1440, 900), (1536, 864), (1600, 900), (1680, 1050),
    (1920, 1080), (1920, 1200), (2560, 1440), (2560, 1600), (2880, 1800), (3024, 1964),
    (3440, 1440), (3456, 2234), (3840, 2160), (5120, 2880),
    (750, 1334), (828, 1792), (1080, 1920), (1080, 2160), (1080, 2220), (1080, 2280),
    (1080, 2340), (1080, 2400), (1125, 2436), (1170, 2532), (1179, 2556), (1206, 2622),
    (1242, 2208), (1242, 2688), (1284, 2778), (1290, 2796), (1320, 2868), (1440, 2960),
    (1440, 3040), (1440, 3088), (1440, 3120), (1440, 3200), (1536, 2048), (1620, 2160),
    (1640, 2360), (1668, 2224), (1668, 2388), (2048, 2732),
}  # fmt: skip
ROWS, SAMPLES = 64, 128
# Share of neighbours of exactly one colour, and colours in a sample, in what was drawn.
MANY_FLAT, FEW_COLOURS = 0.75, 64

Pixels = npt.NDArray[np.uint8]


def blind_spots(image: SourceImage) -> tuple[str, ...]:
    """Sentences on what the methods cannot see here; none for a large, lightly pressed photo."""
    said = (about_size(image), about_compression(image), about_kind(image))
    return tuple(sentence for sentence in said if sentence)


def about_size(image: SourceImage) -> str | None:
    """Below MIN_SIDE the methods abstain, and say so themselves."""
    if not MIN_SIDE <= min(image.width, image.height) < TILE:
        return None
    return (
        f"The picture is small ({image.width} x {image.height} pixels): the traces that the "
        "methods look for are few here, or were lost when it was made smaller. Do not rely on a "
        "verdict near the middle, and analyse the full size if you can get it."
    )


def about_compression(image: SourceImage) -> str | None:
    if family(image.format) == "JPEG":
        quality = jpeg_quality(image.data)
        measured = f"JPEG, {quality}" if quality and quality.value < LOW_QUALITY else ""
    else:
        rate = len(image.data) / (image.width * image.height)
        low = rate < format_of(image.format).low_rate
        measured = f"{image.format} with {rate:.3f} bytes a pixel" if low else ""
    if not measured:
        return None
    return (
        f"The picture is strongly compressed ({measured}). That removes the traces that methods 1, "
        "2 and 4 look for; do not rely on a verdict near the middle."
    )


def about_kind(image: SourceImage) -> str | None:
    """Whether it looks like a screenshot or like something drawn; a tiny one may be anything."""
    if min(image.width, image.height) < MIN_SIDE:
        return None
    size = image.width, image.height
    if image.format == "PNG" and (size in SCREENS or size[::-1] in SCREENS):
        return (
            f"The picture has exactly the size of a screen ({size[0]} x {size[1]} pixels), so it "
            "may be a screenshot. What a screenshot shows was scaled and drawn anew, which hides "
            "where it comes from: analyse the original file if you can get it."
        )
    if is_drawn(image):
        return (
            "The picture has few colours, or large parts of exactly one colour, as screenshots, "
            "drawings and diagrams have. The noise that the methods look for is missing there, so "
            "the verdict says little."
        )
    return None


def is_drawn(image: SourceImage) -> bool:
    """Whether most of a losslessly kept picture is flat, or whether it has few colours at all."""
    exact = format_of(image.format).exact
    few = count_colours(image.pixels) <= FEW_COLOURS
    return few or (exact and flat_share(image.pixels) >= MANY_FLAT)


def flat_share(pixels: Pixels) -> float:
    """Share (0..1) of pixels of exactly the colour of their right neighbour, in sampled rows."""
    rows = pixels[:: max(len(pixels) // ROWS, 1)]
    if rows.shape[1] < 2:
        return 0.0
    same = rows[:, 1:] == rows[:, :-1]
    return float((same[..., 0] & same[..., 1] & same[..., 2]).mean())


def count_colours(pixels: Pixels) -> int:
    """How many colours a sample of at most about 16,000 pixels has."""
    down, across = (max(side // SAMPLES, 1) for side in pixels.shape[:2])
    sample = pixels[::down, ::across].astype(np.uint32)
    colours = np.sort(sample[..., 0] << 16 | sample[..., 1] << 8 | sample[..., 2], axis=None)
    # `np.unique` would load `numpy.ma`, a tenth of the time that a start takes.
    return 1 + int(np.count_nonzero(np.diff(colours)))
