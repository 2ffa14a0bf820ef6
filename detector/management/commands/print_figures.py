"""Prints the figures of the README from the report on accuracy."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from detector.accuracy.readme import format_figures
from detector.accuracy.report import AccuracyUnknown, read_report
from detector.management.base import DetectorCommand


class Command(DetectorCommand):
    help = "Print the figures of the README, as evaluate measured them (docs/accuracy/report.json)."
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> str:
        try:
            return format_figures(read_report(settings.ACCURACY_REPORT))
        except AccuracyUnknown as error:
            raise CommandError(str(error)) from error
