"""Transactions that write, as many at once as the database lets in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from django.db import connection, transaction

_one_writer = threading.Lock()


@contextmanager
def writing() -> Iterator[None]:
    """A transaction; with SQLite, one of the process at a time. Never within another transaction.

    SQLite lets one writer in. The others sleep and try again, whoever is lucky first: of many
    threads that way, each would slow down the one that writes, and all together keep the worker,
    which is another process, out for seconds.
    """
    turn = _one_writer if connection.vendor == "sqlite" else nullcontext()
    with turn, transaction.atomic():
        yield
