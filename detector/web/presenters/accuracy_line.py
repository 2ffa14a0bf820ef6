"""One line about accuracy in plain words, from the figures of the report."""

from __future__ import annotations

from django.conf import settings

from detector.accuracy.readme import say_of_100
from detector.accuracy.report import AccuracyUnknown, read_report

UNKNOWN = "How often the results are right has not been measured here."


def say_accuracy() -> str:
    """What becomes of 100 pictures of each class, or that nobody has measured it."""
    try:
        return say_of_100(read_report(settings.ACCURACY_REPORT))
    except AccuracyUnknown:
        return UNKNOWN
