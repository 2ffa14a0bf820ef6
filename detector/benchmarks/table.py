"""The table of all measurements, by the names that `manage.py benchmark` takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .crowds import measure_clients, measure_pages, measure_worker
from .database import measure_database
from .hostile import measure_hostile
from .kills import measure_kills
from .lines import Line
from .members import measure_members
from .one_picture import measure_again, measure_large, measure_methods
from .programs import measure_scan, measure_start
from .queueing import measure_queue
from .storage import measure_storage
from .vitals import measure_vitals
from .workers import measure_workers

Measure = Callable[..., Iterator[Line]]

# The first line of the docstring says what is measured, the keyword arguments are its sizes.
MEASUREMENTS: dict[str, Measure] = {
    "start": measure_start,
    "methods": measure_methods,
    "large": measure_large,
    "again": measure_again,
    "members": measure_members,
    "scan": measure_scan,
    "worker": measure_worker,
    "pages": measure_pages,
    "clients": measure_clients,
    "hostile": measure_hostile,
    "workers": measure_workers,
    "queue": measure_queue,
    "storage": measure_storage,
    "database": measure_database,
    "kills": measure_kills,
    "vitals": measure_vitals,
}
