"""One line about accuracy in plain words, from the figures of the report."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext, gettext_noop

from detector.accuracy.readme import say_of_100
from detector.accuracy.report import AccuracyUnknown, read_report
from detector.inference.wording import retell

UNKNOWN = gettext_noop("How often the results are right has not been measured here.")


def say_accuracy() -> str:
    """What becomes of 100 pictures of each class, or that nobody has measured it."""
    try:
        return retell(say_of_100(read_report(settings.ACCURACY_REPORT)), "accuracy")
    except AccuracyUnknown:
        return gettext(UNKNOWN)
