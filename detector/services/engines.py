"""Who runs what waits in the queue; the setting ANALYSIS_ENGINE says which of these."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable

from django.conf import settings
from django.db import transaction

from detector.models import Analysis, Priority

from . import beside
from .leases import MAX_ATTEMPTS, claim
from .running import run

logger = logging.getLogger(__name__)

# The name of the Celery task, and its queues.
TASK = "detector.analyse"
QUEUES: dict[int, str] = {Priority.INTERACTIVE: "interactive", Priority.BULK: "bulk"}
# A page waits for it while the broker is away.
RETRIES = {"max_retries": 2, "interval_start": 0.2, "interval_step": 0.2}
LOST_AT_ONCE = 20


def start(analysis: Analysis) -> None:
    """Have an analysis run that waits, now or as soon as there is a worker for it."""
    ENGINES[settings.ANALYSIS_ENGINE](analysis)


def start_engine() -> None:
    """What a server does once, at its start."""
    if settings.ANALYSIS_ENGINE == "EMBEDDED":
        beside.start_worker()


def _run_inline(analysis: Analysis) -> None:
    """In this process, before anything else: for tests."""
    worker = f"inline {uuid.uuid4()}"
    for _ in range(MAX_ATTEMPTS):
        if claimed := claim(analysis.pk, worker):
            run(claimed)


def _wake_worker(analysis: Analysis) -> None:
    """By the worker beside the web process, which sees the row in the database."""
    beside.wake()


def _send(analysis: Analysis) -> None:
    """By any Celery worker, as soon as the row can be seen."""
    pk, priority = str(analysis.pk), analysis.priority
    transaction.on_commit(lambda: _send_message(pk, priority))


def _send_message(pk: str, priority: int) -> None:
    # Not at the top: only where there is a broker its packages are installed.
    from kombu.exceptions import OperationalError

    from ai_image_detector.celery import app

    try:
        app.send_task(TASK, [pk], queue=QUEUES[priority], retry_policy=RETRIES)
    except OperationalError as error:
        logger.error("The broker is away: %s", error)  # `send_lost` sends it again


def send_lost() -> None:
    """Send those that wait longest once more: nobody works at them though somebody is idle."""
    waiting = Analysis.objects.in_order()
    for pk, priority in waiting.values_list("pk", "priority")[:LOST_AT_ONCE]:
        _send_message(str(pk), priority)


ENGINES: dict[str, Callable[[Analysis], None]] = {
    "INLINE": _run_inline,
    "EMBEDDED": _wake_worker,
    "CELERY": _send,
}
