"""Whether anybody analyses what waits: nobody is left waiting for a worker that does not live.

Two things tell. The server that has the worker beside it leaves a file in the data folder while one
worker after the other ends. And the rows do, whatever the engine: a picture has waited for long,
and no worker has given a sign of life.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from detector.analysis.answers import NotAnalysed
from detector.models import Analysis, Heartbeat, Priority

logger = logging.getLogger(__name__)

# A worker needs so long at most to start with cold disks, or to give up what it was at.
GRACE = timedelta(seconds=120)


class NoWorker(NotAnalysed):
    status, retry_after = 503, 30

    def __init__(self) -> None:
        super().__init__(
            "No program analyses pictures at present, so this one would only wait. The server's "
            "log says why. Try again later."
        )


def check_worker() -> None:
    """Raises `NoWorker` where a picture that is sent now would wait for nothing."""
    if settings.ANALYSIS_ENGINE == "EMBEDDED" and _failing_file().exists():
        raise NoWorker
    if _is_stalled():
        logger.error("Pictures wait for over %d s, and no worker takes them.", GRACE.seconds)
        raise NoWorker


def say_failing(failing: bool) -> None:
    """Tell all processes of this data folder whether the worker beside them fails to live."""
    if failing:
        _failing_file().touch()
    else:
        _failing_file().unlink(missing_ok=True)


def _failing_file() -> Path:
    return Path(settings.DATA_DIR) / "worker.failing"


def _is_stalled() -> bool:
    """Whether somebody waits for longer than a worker takes to start, and no worker lives."""
    waiting = Analysis.objects.waiting(Priority.INTERACTIVE).order_by("queued_at")
    oldest = waiting.values_list("queued_at", flat=True).first()
    if oldest is None or oldest > timezone.now() - GRACE:
        return False
    return not Heartbeat.objects.alive().exists()
