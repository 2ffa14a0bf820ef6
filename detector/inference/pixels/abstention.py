"""When pixels cannot tell anything, for every method that reads pixels."""

from __future__ import annotations

from detector.inference.formats import RAW
from detector.inference.images import SourceImage
from detector.inference.results import Finding

MIN_PICTURE_SIDE = 64
# Standard deviation of all values, 0..255: below it the picture is blank.
MIN_CONTRAST = 2.0


def reason_to_abstain(image: SourceImage) -> Finding | None:
    """Why pixels cannot tell anything here, or None if they may."""
    if image.format == RAW:
        return Finding("blind.raw")
    if image.invisible:
        return Finding("blind.invisible")
    if min(image.width, image.height) < MIN_PICTURE_SIDE:
        params = {"width": image.width, "height": image.height, "least": MIN_PICTURE_SIDE}
        return Finding("blind.tiny", params)
    if image.contrast < MIN_CONTRAST:
        return Finding("blind.blank")
    return None
