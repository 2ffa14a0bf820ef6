"""Deletes results, previews and sessions that have expired, and what killed processes left."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from detector.sweep import sweep


class Command(BaseCommand):
    help = (
        "Delete results older than RETENTION_HOURS, expired sessions, and pictures and temporary "
        "files that a killed process left behind. A server does so by itself."
    )

    def handle(self, **options: Any) -> str:
        return str(sweep())
