"""Who runs what waits in the queue; the setting ANALYSIS_ENGINE says which of these."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.conf import settings

from detector.models import Analysis

from . import beside
from .leases import claim
from .running import run


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
    while claimed := claim(analysis.pk, worker):
        run(claimed)


def _wake_worker(analysis: Analysis) -> None:
    """By the worker beside the web process, which sees the row in the database."""
    beside.wake()


ENGINES: dict[str, Callable[[Analysis], None]] = {
    "INLINE": _run_inline,
    "EMBEDDED": _wake_worker,
}
