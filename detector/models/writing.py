"""Transactions that write, as many at once as the database lets in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from django.conf import settings
from django.db import OperationalError, connection, transaction

_one_writer = threading.Lock()


@contextmanager
def writing() -> Iterator[None]:
    """A transaction; with SQLite, one of the process at a time. Never within another transaction.

    SQLite lets one writer in. The others sleep and try again, whoever is lucky first: of many
    threads that way, each would slow down the one that writes, and all together keep the worker,
    which is another process, out for seconds. Raises `OperationalError` after LOCK_SECONDS, as a
    database that stays locked does.
    """
    turn = _have_turn() if connection.vendor == "sqlite" else nullcontext()
    with turn, transaction.atomic():
        yield


@contextmanager
def _have_turn() -> Iterator[None]:
    if not _one_writer.acquire(timeout=settings.LOCK_SECONDS):
        raise OperationalError("database is locked by other threads of this process")
    try:
        yield
    finally:
        _one_writer.release()
