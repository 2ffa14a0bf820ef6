"""When pixels cannot tell anything, for every method that reads pixels."""

from __future__ import annotations

from detector.inference.images import SourceImage

MIN_SIDE = 64
# Standard deviation of all values, 0..255: below it the picture is blank.
MIN_CONTRAST = 2.0


def reason_to_abstain(image: SourceImage) -> str | None:
    """Why pixels cannot tell anything here, or None if they may."""
    if image.invisible:
        return "Every pixel is fully transparent: a viewer shows nothing, so nothing is judged."
    if min(image.width, image.height) < MIN_SIDE:
        return (
            f"The picture has {image.width} x {image.height} pixels; below {MIN_SIDE} on a side "
            "there is too little to judge by."
        )
    if float(image.pixels[::4, ::4].std()) < MIN_CONTRAST:
        return "The picture is blank: there is nothing to judge by."
    return None
