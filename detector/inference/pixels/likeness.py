"""Which measured pictures a picture is like: by its size, and by how it was compressed."""

from __future__ import annotations

from detector.inference.formats import family, format_of
from detector.inference.images import SourceImage

from .jpeg_quality import jpeg_quality

# Short sides in pixels from which on a picture is of this size.
SIZES = {"small": 0, "medium": 512, "large": 1024}
# Conditions of the accuracy report by the JPEG quality that they stand for.
QUALITIES = {quality: f"JPEG {quality}" for quality in (95, 90, 85, 70, 50, 30)}
LOW_RATE_CODEC = "WebP 50"
# What a file without loss, or with little, is most like among those that both classes share: in
# their original files, the formats would tell the classes apart.
MILDEST = QUALITIES[95]
LOOKED_UP = (*QUALITIES.values(), LOW_RATE_CODEC)


def size_of(width: int, height: int) -> str:
    """The name in SIZES for a picture of so many pixels."""
    short = min(width, height)
    return [name for name, least in SIZES.items() if short >= least][-1]


def condition_of(image: SourceImage) -> str:
    """The condition of the accuracy report that the file is most like."""
    if family(image.format) == "JPEG":
        estimate = jpeg_quality(image.data)
        quality = estimate.value if estimate else 100
        return QUALITIES[min(QUALITIES, key=lambda level: abs(level - quality))]
    rate = len(image.data) / (image.width * image.height)
    return LOW_RATE_CODEC if rate < format_of(image.format).low_rate else MILDEST
