"""Asks the methods that count about a picture once more, as it looks after it was passed on.

Done on request only: it takes about as long as the methods that count, four times.
"""

from __future__ import annotations

from .images import SourceImage
from .pipeline import Detector
from .pixels.conditions import RESHIPPED, as_picture
from .results import Stability, Verdict
from .shortage import is_shortage
from .verdict.fusion import load_fusion
from .verdict.stability import apply_stability, counting, judge_stability, rescore


def assess_stability(detector: Detector, image: SourceImage, verdict: Verdict) -> Stability | None:
    """How the verdict on the pixels of `image` changes; None if it does not rest on them."""
    if not any(result.role == "counts" for result in verdict.methods):
        return None
    keys = counting(verdict, load_fusion(detector.runtime.weights_dir).file_method)
    if not keys:
        return None
    scores = {name: _score(detector, image, verdict, keys, name) for name in RESHIPPED}
    return judge_stability(verdict, scores)


def check_stability(detector: Detector, image: SourceImage, verdict: Verdict) -> Verdict:
    """The verdict with its stability, changed if the picture does not hold it."""
    return apply_stability(verdict, assess_stability(detector, image, verdict))


def _score(
    detector: Detector, image: SourceImage, verdict: Verdict, keys: tuple[str, ...], condition: str
) -> float | None:
    """P(AI) of the re-shipped pixels; None where the picture cannot be re-shipped so."""
    import cv2

    try:
        copy = as_picture(RESHIPPED[condition](image.pixels))
    except cv2.error:  # more rows or columns than a JPEG can hold, or too little memory
        return None
    except Exception as error:
        if is_shortage(error):  # the verdict itself is there: it is not lost for want of this
            return None
        raise
    return rescore(verdict, detector.run_methods(copy, keys))
