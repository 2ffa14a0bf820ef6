"""Prints the figures of the README and of docs/accuracy.md from a report on accuracy."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from detector.accuracy.readme import CONDITIONS, format_figures
from detector.accuracy.report import AccuracyUnknown, read_report
from detector.inference.names import printable
from detector.management.base import DetectorCommand


class Command(DetectorCommand):
    help = "Print the figures of the README and of docs/accuracy.md, as evaluate measured them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--report",
            type=Path,
            default=settings.ACCURACY_REPORT,
            help="The report.json that evaluate wrote (default: docs/accuracy/report.json).",
        )
        parser.add_argument(
            "--all", action="store_true", help="Print a row for every condition of the report."
        )

    def handle(self, **options: Any) -> str:
        try:
            report = read_report(options["report"])
            return format_figures(report, report.conditions if options["all"] else CONDITIONS)
        except AccuracyUnknown as error:
            raise CommandError(
                f"{printable(options['report'])}: {error} Accepted is a report.json that "
                "manage.py evaluate has written."
            ) from error
