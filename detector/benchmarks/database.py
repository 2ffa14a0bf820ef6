"""A scratch database with as many rows as years leave: its size, and the plans of main queries."""

from __future__ import annotations

import re
import statistics
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.models import QuerySet
from django.utils import timezone

from detector.installation import detect, read_image
from detector.models import Analysis, ApiToken, Batch, Delivery, State, Upload
from detector.models.analysis import Key

from .filling import LARGE, fill
from .lines import Line
from .pictures import make_jpeg

ALIAS = "scratch"
SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"},
}
# The tables that grow with each picture.
TABLES = ("detector_analysis", "detector_upload")
STEP = re.compile(
    r"(?:Index(?: Only)? Scan(?: Backward)? using|Bitmap Index Scan on) (?P<index>\w+)"
    r"|(?P<scan>Seq Scan on \w+)"
    r"|SEARCH \w+ USING (?:COVERING )?INDEX (?P<found>\w+)"
    r"|(?P<walk>SCAN \w+)(?: USING (?:COVERING )?INDEX (?P<by>\w+))?"
)


class Query(NamedTuple):
    """A query of a page, of the API or of a worker."""

    name: str
    rows: QuerySet[Any]


def measure_database(
    *, rows: int = 1_000_000, full: int = 100, database: str = "", runs: int = 5
) -> Iterator[Line]:
    """A scratch database of so many analyses and uploads, in SQLite or on a PostgreSQL server; one
    row of `full` has the result of a picture, since a million of them need 14 GB of disk.
    """
    result = _result()
    with open_scratch(database) as connection:
        start = time.perf_counter()
        fill(connection, rows, result, full)
        yield Line(f"{connection.vendor}: filled with {rows:,} rows", f"{_since(start):,.0f} s")
        sizes = list(find_sizes(connection))
        for name, size in sizes:
            yield Line(name, _say_size(size))
        of_result = measure_result(connection)
        yield Line("of these, one result", _say_size(of_result))
        whole = sizes[0][1] + of_result * (rows - rows // full)
        yield Line("Whole database with a result in every row (computed)", _say_size(whole))
        for query in make_queries():
            yield Line(query.name, _describe(query, runs))


def _say_size(size: float) -> str:
    steps = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))
    return next(
        f"{size / step:,.1f} {unit}" for unit, step in steps if size >= step or unit == "kB"
    )


def measure_result(connection: Any) -> float:
    """Mean bytes of a result in the database."""
    size = "length(result)" if connection.vendor == "sqlite" else "pg_column_size(result)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT avg(size) FROM (SELECT {size} AS size FROM detector_analysis"
            " ORDER BY queued_at DESC LIMIT 1000) AS sizes WHERE size > 100"
        )
        return float(cursor.fetchone()[0] or 0)


def _since(start: float) -> float:
    return time.perf_counter() - start


def _result() -> dict[str, Any]:
    """A real result, as each row has one."""
    return detect(read_image(make_jpeg(1.0))).to_dict()


@contextmanager
def open_scratch(url: str) -> Iterator[Any]:
    """The connection to an empty database with all tables, which is gone afterwards."""
    if url:
        with _on_server(url) as entry:
            yield from _connect(entry)
        return
    with TemporaryDirectory() as folder:
        yield from _connect(SQLITE | {"NAME": Path(folder) / "db.sqlite3"})


def _connect(entry: dict[str, Any]) -> Iterator[Any]:
    connections.databases[ALIAS] = {**connections["default"].settings_dict, "OPTIONS": {}, **entry}
    try:
        call_command("migrate", database=ALIAS, verbosity=0)
        yield connections[ALIAS]
    finally:
        connections[ALIAS].close()
        del connections[ALIAS], connections.databases[ALIAS]


@contextmanager
def _on_server(url: str) -> Iterator[dict[str, Any]]:
    """A database of its own on a PostgreSQL server; nothing else there is touched."""
    import psycopg

    from ai_image_detector.scale import database

    name = f"scratch_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield database(url, settings.LOCK_SECONDS) | {"NAME": name}
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def find_sizes(connection: Any) -> Iterator[tuple[str, int]]:
    """Bytes of the whole database, and on PostgreSQL of tables and their indexes."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
            yield "Whole database", int(cursor.fetchone()[0])
            return
        cursor.execute("SELECT pg_database_size(current_database())")
        yield "Whole database", int(cursor.fetchone()[0])
        for table in TABLES:
            sql = "SELECT pg_total_relation_size(%s), pg_indexes_size(%s)"
            cursor.execute(sql, [table, table])
            whole, indexes = cursor.fetchone()
            yield f"{table} with its indexes", int(whole)
            yield f"indexes of {table}", int(indexes)


def make_queries() -> list[Query]:
    """The queries that run for every picture, page or request, and those of the sweep."""
    analyses, uploads = Analysis.objects.using(ALIAS), Upload.objects.using(ALIAS)
    now = timezone.now()
    key = Key("0" * 64, "1", uuid.uuid4())
    mine = uploads.filter(owner=LARGE).select_related("analysis").order_by("-created_at", "-id")
    batch = Batch.objects.using(ALIAS).order_by("created_at").first()
    of_batch = uploads.filter(batch=batch).select_related("analysis")
    running = analyses.filter(state=State.RUNNING, lease_until__lt=now)
    due = Delivery.objects.using(ALIAS).due()
    return [
        Query("A worker takes the next picture", _first(analyses.filter(state=State.QUEUED))),
        Query("Known bytes of an upload", analyses.with_key(key)[:1]),
        Query("Pictures that wait, counted", analyses.waiting().values("pk")),
        Query("Lost leases", running.order_by()),
        Query("Expired uploads", uploads.filter(created_at__lt=now.replace(year=1990))),
        Query("A list of the API, newest 50", mine[:51]),
        Query("the same, of one label", mine.filter(analysis__label="ai")[:51]),
        Query("the same, of a rare outcome", mine.filter(analysis__outcome="inconclusive")[:51]),
        Query("A batch, oldest 50", of_batch.order_by("created_at", "id")[:51]),
        Query("States of a batch", of_batch.order_by().values("analysis__state")),
        Query("Messages that are due", due[:20]),
        Query("Another token", ApiToken.objects.using(ALIAS).filter(digest="0" * 64)),
        Query("The admin's newest 100 analyses", analyses.order_by("-queued_at")[:100]),
        Query("The admin's newest 100 failures", _newest(analyses.filter(state=State.FAILED))),
        Query("Whether 500 files have a row", analyses.filter(pk__in=_ids()).values("preview")),
    ]


def _first(waiting: QuerySet[Any]) -> QuerySet[Any]:
    return waiting.order_by("priority", "turn", "queued_at")[:8]


def _newest(analyses: QuerySet[Any]) -> QuerySet[Any]:
    return analyses.order_by("-queued_at")[:100]


def _ids() -> list[uuid.UUID]:
    return [uuid.UUID(int=number + 1) for number in range(500)]


def _describe(query: Query, runs: int) -> str:
    """Milliseconds of a query, and which indexes it uses."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        list(query.rows.iterator())
        times.append(_since(start))
    return f"{statistics.median(times) * 1000:,.1f} ms: {', '.join(read_plan(query.rows))}"


def read_plan(rows: QuerySet[Any]) -> list[str]:
    """The indexes that a query uses; in capitals the tables that it reads as a whole."""
    steps = []
    for step in STEP.finditer(rows.explain()):
        parts = step.groupdict()
        name = parts["index"] or parts["found"] or parts["by"]
        whole = parts["scan"] or parts["walk"]
        steps.append(name or whole.replace("Seq Scan on", "SCAN"))
    return list(dict.fromkeys(steps)) or ["no table"]
