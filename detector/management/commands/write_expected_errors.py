"""Writes what results say about their own errors, from the report of an evaluation."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from detector.accuracy.report import parse_report
from detector.inference.runtime import WEIGHTS_DIR
from detector.management.base import DetectorCommand


class Command(DetectorCommand):
    help = (
        "Write detector/weights/accuracy from the report.json of manage.py evaluate: how often "
        "each outcome was wrong, by kind, size and compression. Results show it."
    )
    requires_system_checks: list[str] = []  # the file that the checks miss is made here

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "report",
            type=Path,
            nargs="?",
            default=settings.ACCURACY_REPORT,
            help="The report.json (default: %(default)s).",
        )
        parser.add_argument("--output", type=Path, default=WEIGHTS_DIR, help="Weights folder.")

    def handle(self, *, report: Path, output: Path, **options: Any) -> str:
        from detector.inference.verdict.expected import ACCURACY_FOLDER, load_counts
        from detector.training.learning.export import write_folder
        from detector.training.measuring.errors import write_expected_errors

        try:
            parsed = parse_report(report.read_text())
            write_folder(
                output / ACCURACY_FOLDER, lambda draft: write_expected_errors(parsed, draft)
            )
        except OSError as error:
            raise CommandError(str(error)) from error
        except ValueError as error:
            raise CommandError(
                f"{report} is not a report.json that manage.py evaluate has written."
            ) from error
        return f"Wrote the errors of {len(load_counts(output).cells)} groups of pictures."
