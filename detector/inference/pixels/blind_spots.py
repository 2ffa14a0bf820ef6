"""The limits of the methods for this picture, and how far to trust its verdict.

Every check looks at the header or at a sample of the pixels, so that all take a few milliseconds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from detector.inference.formats import family, format_of
from detector.inference.images import SourceImage
from detector.inference.results import Note

from .abstention import MIN_PICTURE_SIDE, reason_to_abstain
from .jpeg_quality import jpeg_quality
from .patterns import is_pattern

# The tiles that methods 1 and 2 cut: a smaller picture must be mirrored to fill one.
TILE = 256
LOW_QUALITY = 50
# From here down nothing but blocks is left: the quality, and the share of the format's `low_rate`.
EXTREME_QUALITY, EXTREME_RATE = 10, 0.2

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


def blind_spots(image: SourceImage) -> tuple[Note, ...]:
    """Notes on what the methods cannot see here; none for a large, lightly compressed photo."""
    blinding = reason_to_abstain(image)
    compressed = about_compression(image)
    # In a strongly compressed picture most blocks are flat, whatever the picture shows.
    kind = about_kind(image) or (None if compressed else about_pattern(image))
    candidates = (about_size(image), compressed, kind)
    notes = (blinding and Note(blinding.code, blinding.params), *candidates)
    return tuple(note for note in notes if note)


def about_size(image: SourceImage) -> Note | None:
    """Below MIN_PICTURE_SIDE the methods abstain, and say so themselves."""
    if not MIN_PICTURE_SIDE <= min(image.width, image.height) < TILE:
        return None
    return Note("blind.small", {"width": image.width, "height": image.height})


def about_compression(image: SourceImage) -> Note | None:
    if family(image.format) == "JPEG":
        quality = jpeg_quality(image.data)
        if quality is None or quality.value >= LOW_QUALITY:
            return None
        code = "blind.extreme_jpeg" if quality.value <= EXTREME_QUALITY else "blind.jpeg"
        return Note(code, {"quality": quality.value})
    rate, low = len(image.data) / (image.width * image.height), format_of(image.format).low_rate
    if rate >= low:
        return None
    code = "blind.extreme" if rate < EXTREME_RATE * low else "blind.compressed"
    return Note(code, {"format": image.format, "rate": round(rate, 4)})


def about_kind(image: SourceImage) -> Note | None:
    """Whether it looks like a screenshot or like something drawn; a tiny one may be anything."""
    if min(image.width, image.height) < MIN_PICTURE_SIDE:
        return None
    if is_drawn(image):
        return Note("blind.drawn")
    size = image.width, image.height
    if image.format == "PNG" and (size in SCREENS or size[::-1] in SCREENS):
        return Note("blind.screen", {"width": image.width, "height": image.height})
    return None


def about_pattern(image: SourceImage) -> Note | None:
    """Whether there is nothing but surfaces without noise in it, or nothing but noise."""
    if min(image.width, image.height) < MIN_PICTURE_SIDE:
        return None
    return Note("blind.pattern") if is_pattern(image.pixels) else None


def is_drawn(image: SourceImage) -> bool:
    """Whether most of a losslessly kept picture is flat, or whether it has few colours at all."""
    exact = format_of(image.format).exact
    has_few_colours = count_colours(image.pixels) <= FEW_COLOURS
    return has_few_colours or (exact and flat_share(image.pixels) >= MANY_FLAT)


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
