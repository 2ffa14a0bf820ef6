"""The analysis itself: from the bytes of a file to plain data."""

from __future__ import annotations

from detector.inference.images import open_image
from detector.inference.pipeline import Detector
from detector.inference.reshipping import check_stability
from detector.inference.shortage import is_shortage
from detector.previews import hash_likeness, make_error_levels, make_preview, make_thumbnail

from .answers import Assessment, Job


def carry_out(detector: Detector, job: Job) -> Assessment:
    """Open, judge and draw one picture.

    Raises `ImageError` for what cannot be opened and `MemoryError` whatever library had too little.
    """
    try:
        return _carry_out(detector, job)
    except Exception as error:
        if is_shortage(error):
            raise MemoryError("too little for this picture") from error
        raise


def _carry_out(detector: Detector, job: Job) -> Assessment:
    image = open_image(job.data, job.limits)
    verdict = detector.detect(image)
    if job.with_stability:
        verdict = check_stability(detector, image, verdict)
    if not job.with_pictures:
        return Assessment(verdict)
    return Assessment(
        verdict,
        preview=make_preview(image.rgb),
        error_levels=make_error_levels(image.rgb),
        thumbnail=make_thumbnail(image.rgb),
        likeness=hash_likeness(image.rgb),
    )
