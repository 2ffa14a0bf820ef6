"""Deletes results and previews older than RETENTION_HOURS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from detector.models import Detection


class Command(BaseCommand):
    help = (
        "Delete what is older than RETENTION_HOURS. Every upload does so too; run this from cron "
        "where days may pass without one."
    )

    def handle(self, **options: Any) -> str:
        return f"Deleted {Detection.objects.expired().delete_with_files()} results."
