"""Whether this installation can take a picture and analyse it: what `/readyz` and metrics tell.

Each check does what the work itself needs (write, lock, read) instead of believing a setting. The
sentences are for everybody: they name no path, no address and no picture.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.backends.sqlite3.base import DatabaseWrapper as SQLite
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Sum

from detector.inference.methods import METHODS
from detector.inference.methods.deep_learning import JOINT, LOOKS
from detector.inference.methods.neural_head import find_other
from detector.inference.runtime import WEIGHTS_DIR
from detector.inference.verdict.fusion import load_fusion
from detector.inference.weights.folder import check_digests
from detector.models import Analysis, Heartbeat

# How old an answer may be: a flood of questions costs no more than one a second.
SECONDS_KEPT = 1.0
# A database that does not let anybody write for so long keeps uploads waiting.
LOCK_SECONDS = 1.0
# How many of the largest uploads must fit on the disk, and what the database needs beside them.
UPLOADS_THAT_FIT, BESIDE_UPLOADS_MB = 4, 64


class NotWorking(Exception):
    """A check fails; the message says why, for everybody."""


@dataclass(frozen=True)
class Check:
    """What one check has found; `detail` is a sentence."""

    name: str
    is_ok: bool
    detail: str


def find_health() -> tuple[Check, ...]:
    """All checks, at most SECONDS_KEPT old."""
    with _lock:
        made, checks = _latest
        if not checks or time.monotonic() - made > SECONDS_KEPT:
            checks = tuple(_run(name, check) for name, check in CHECKS.items())
            _remember(checks)
        return checks


_lock = threading.Lock()
_latest: tuple[float, tuple[Check, ...]] = (0.0, ())


def _remember(checks: tuple[Check, ...]) -> None:
    global _latest
    _latest = (time.monotonic(), checks)


def _run(name: str, check: Callable[[], str]) -> Check:
    try:
        return Check(name, True, check())
    except NotWorking as error:
        return Check(name, False, str(error))
    except DatabaseError:
        return Check(name, False, "The database does not answer.")
    except OSError as error:
        return Check(name, False, f"The data folder cannot be used: {error.strerror}.")


def check_models() -> str:
    """Whether the fusion and the weights of all methods are as they shipped."""
    for folder in {name for spec in METHODS.values() for name in spec.weights}:
        try:
            check_digests(WEIGHTS_DIR / folder)
        except OSError as error:
            raise NotWorking(f"The weights {folder} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise NotWorking(f"The weights {error}.") from error
    _check_head()
    try:
        load_fusion(WEIGHTS_DIR)
    except (OSError, ValueError) as error:
        raise NotWorking("The fusion of the methods is missing or damaged.") from error
    return "All weights are as they shipped."


def _check_head() -> None:
    """The head of method 1 reads the features of the very networks that it was fitted on."""
    try:
        other = find_other(WEIGHTS_DIR / JOINT, LOOKS)
    except (OSError, ValueError) as error:
        raise NotWorking(f"The weights {JOINT} cannot be read: {error}.") from error
    if other:
        raise NotWorking(f"The weights {JOINT} were fitted on another {other}.")


def check_database() -> str:
    """Whether the database can be read and written, and has the tables of this version."""
    database = connections[DEFAULT_DB_ALIAS]  # `connection` stands for it, of another type
    if isinstance(database, SQLite) and not database.is_in_memory_db():
        _take_lock(Path(database.settings_dict["NAME"]))
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotWorking("The database is of an earlier version; run `manage.py migrate`.")
    return "The database can be read and written."


def _take_lock(file: Path) -> None:
    """Take the lock of a writer and return it. Raises `NotWorking`."""
    try:
        # Not Django's connection, which waits for the lock as long as an upload does.
        database = sqlite3.connect(f"{file.as_uri()}?mode=rw", timeout=LOCK_SECONDS, uri=True)
        with closing(database):
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        raise NotWorking(f"The database cannot be written: {error}.") from error
    except sqlite3.DatabaseError as error:
        remedy = "`manage.py restore` puts a backup in its place"
        raise NotWorking(f"The database is damaged ({error}); {remedy}.") from error


def check_disk() -> str:
    """Whether some of the largest uploads fit into the data folder, which takes a file now."""
    free = shutil.disk_usage(settings.DATA_DIR).free // 2**20
    needed = UPLOADS_THAT_FIT * settings.MAX_UPLOAD_MB + BESIDE_UPLOADS_MB
    if free < needed:
        raise NotWorking(f"The disk has {free} MB left; {needed} MB are needed.")
    try:
        with tempfile.TemporaryFile(dir=settings.TEMP_DIR) as file:
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        why = "is full" if full else f"cannot be written: {error.strerror}"
        raise NotWorking(f"The data folder {why}.") from error
    return f"{free} MB are left on the disk."


def check_queue() -> str:
    """Whether some worker lives that has an analysis process; tells how many pictures wait."""
    waiting = Analysis.objects.waiting().count()
    said = f"{waiting} of at most {settings.ANALYSIS_QUEUE} pictures wait"
    if settings.ANALYSIS_ENGINE == "INLINE":
        return f"{said}; each is analysed in its own request."
    alive = Heartbeat.objects.alive()
    workers = alive.count()
    processes = alive.aggregate(sum=Sum("processes"))["sum"] or 0
    if not workers:
        raise NotWorking(f"No worker has given a sign of life; {said}.")
    if not processes:
        raise NotWorking(f"No analysis process runs; {said}.")
    return f"{said}; number of workers: {workers}, of analysis processes: {processes}."


CHECKS: dict[str, Callable[[], str]] = {
    "models": check_models,
    "database": check_database,
    "queue": check_queue,
    "disk": check_disk,
}
