"""A site on several machines: PostgreSQL, Redis and S3, and what the programs must know of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.tests.factories import backends
from detector.tests.factories.backends import BUCKET, KEYS, Server, connect_s3
from detector.tests.factories.processes import run_python

PACKAGES = ("celery", "psycopg", "dj_database_url", "storages", "redis")


@dataclass
class Site:
    """Three servers, and the variables of a process that uses them."""

    env: dict[str, str]
    database: Server
    broker: Server
    storage: Server

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(self.env["DATABASE_URL"]) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nothing can be written during the block; what only reads goes on."""
        import psycopg

        with psycopg.connect(self.env["DATABASE_URL"]) as connection:
            connection.execute("LOCK TABLE detector_upload, detector_analysis IN EXCLUSIVE MODE")
            yield

    def empty(self) -> None:
        """Delete all rows."""
        self.query("TRUNCATE detector_upload, detector_analysis, detector_apitoken CASCADE")

    def count(self, state: str) -> int:
        sql = f"SELECT count(*) FROM detector_analysis WHERE state = '{state}'"
        return int(self.query(sql)[0][0])

    def list_keys(self) -> list[str]:
        endpoint = self.env["STORAGE_URL"].partition("endpoint_url=")[2].partition("&")[0]
        listed = connect_s3(endpoint).list_objects_v2(Bucket=BUCKET)
        return [one["Key"] for one in listed.get("Contents", [])]


@contextmanager
def open_machines(folder: Path) -> Iterator[Site]:
    """The servers, with the tables of this program and nothing in them."""
    with ExitStack() as stack:
        database, database_server = stack.enter_context(backends.postgres())
        broker, broker_server = stack.enter_context(backends.redis(folder))
        storage, storage_server = stack.enter_context(backends.s3())
        env = {"DATABASE_URL": database, "CELERY_BROKER_URL": broker, "STORAGE_URL": storage}
        done = run_python("manage.py", "migrate", "-v0", data_dir=folder, **env, **KEYS)
        assert done.returncode == 0, done.stderr
        yield Site(env | KEYS, database_server, broker_server, storage_server)
