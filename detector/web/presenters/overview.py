"""What the operator sees at one look: whether it works, what waits, what failed, what runs.

Every question here is answered from an index or from counts that are kept, so that a million rows
make it no slower.
"""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Min

from detector import __version__
from detector.inference.methods import METHODS
from detector.inference.version import LIBRARIES
from detector.installation import find_members
from detector.models import Analysis, Event, EventCount, Feedback, Heartbeat, Priority, Share, State
from detector.monitoring.health import find_health
from detector.reports.writing import find_version

MOST_ERRORS = 20


@dataclass(frozen=True)
class Queue:
    """The pictures of one priority that wait: how many, and since when the oldest does."""

    priority: str
    waiting: int
    oldest: datetime | None


def build_page() -> dict[str, Any]:
    """The context of overview.html."""
    return {
        "checks": find_health(),
        "queues": [_queue(priority) for priority in Priority],
        "running": Analysis.objects.filter(state=State.RUNNING).order_by().count(),
        "workers": Heartbeat.objects.all()[:MOST_ERRORS],
        "ended": list(EventCount.objects.filter(event=Event.ANALYSIS).order_by("-count")),
        "errors": _last_errors(),
        "sizes": _sizes(),
        "versions": _versions(),
        "members": [member for method in METHODS for member in find_members(method)],
        "links": Share.objects.valid().count(),
        "statements": Feedback.objects.count(),
    }


def _queue(priority: Priority) -> Queue:
    waiting = Analysis.objects.waiting(priority).order_by()
    oldest = waiting.aggregate(oldest=Min("queued_at"))["oldest"]
    return Queue(priority.label, waiting.count(), oldest)


def _last_errors() -> list[Analysis]:
    """The newest analyses that failed. For each priority by itself, as the index has them."""
    rows: list[Analysis] = []
    for priority in Priority:
        failed = Analysis.objects.filter(state=State.FAILED, priority=priority)
        rows += failed.order_by("-queued_at").defer("result")[:MOST_ERRORS]
    return sorted(rows, key=lambda row: row.queued_at, reverse=True)[:MOST_ERRORS]


def _sizes() -> list[tuple[str, int]]:
    """Names and bytes of the disk and of the database, as far as that is a file."""
    disk = shutil.disk_usage(settings.DATA_DIR)
    sizes = [("Disk of the data folder", disk.total), ("Free on it", disk.free)]
    database = Path(str(connection.settings_dict["NAME"]))
    if connection.vendor == "sqlite" and database.is_file():
        sizes.append(("Database", database.stat().st_size))
    return sizes


def _versions() -> list[tuple[str, str]]:
    names = ("django", *LIBRARIES)
    own = [("Program", __version__), ("Version of results", find_version() or "unknown")]
    machine = [("Python", platform.python_version()), ("System", platform.platform())]
    return own + machine + [(name, _release(name)) for name in names]


def _release(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
