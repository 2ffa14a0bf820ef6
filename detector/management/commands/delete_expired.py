"""Deletes results, previews and sessions that have expired, and what killed processes left."""

from __future__ import annotations

from typing import Any

from detector.management.base import DetectorCommand


class Command(DetectorCommand):
    help = (
        "Delete results older than RETENTION_HOURS, expired sessions, and pictures and temporary "
        "files that a killed process left behind. A running server does this by itself."
    )

    def handle(self, **options: Any) -> str:
        from detector.sweep import sweep

        return str(sweep())
