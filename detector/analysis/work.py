"""The analysis itself: from the bytes of a file to plain data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from detector.inference.images import open_image
from detector.inference.pipeline import Detector
from detector.inference.reshipping import check_stability
from detector.inference.shortage import is_shortage
from detector.previews import hash_likeness, make_error_levels, make_preview, make_thumbnail

from .answers import Assessment, ComparisonAnswer, ComparisonJob, Job


def carry_out(detector: Detector, job: Job) -> Assessment:
    """Open, judge and draw one picture.

    Raises `ImageError` for what cannot be opened and `MemoryError` whatever library had too little.
    """
    with _shortage_as_memory_error():
        return _carry_out(detector, job)


def carry_out_comparison(job: ComparisonJob) -> ComparisonAnswer:
    """Open, align and draw several copies; raises what `carry_out` raises."""
    # Not at the top: the server imports this room, and OpenCV is only for the analysis.
    from detector.comparison.comparing import compare_files

    with _shortage_as_memory_error():
        compared = compare_files(job.sources, job.limits)
        return ComparisonAnswer(compared.result, compared.pictures)


@contextmanager
def _shortage_as_memory_error() -> Iterator[None]:
    try:
        yield
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
