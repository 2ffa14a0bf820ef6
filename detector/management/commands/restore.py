"""Puts a backup in the place of the data; what was there before is kept beside it."""

from __future__ import annotations

import fcntl
import sqlite3
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from detector.management.backups import (
    DATABASE,
    About,
    BadBackup,
    check_database,
    put_in_place,
    unpack,
)
from detector.management.base import DetectorCommand

from .backup import find_database


class Command(DetectorCommand):
    help = (
        "Put a backup in the place of database, pictures and keys. No server and no worker may "
        "run. The archive is checked before anything changes; the data of before are kept."
    )
    requires_system_checks: list[str] = []  # it mends what they complain about
    expected = (BadBackup,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("archive", type=Path, help="An archive of `manage.py backup`.")

    def handle(self, *, archive: Path, **options: Any) -> None:
        database = find_database()
        connection.close()
        with (
            _alone(),
            tempfile.TemporaryDirectory(
                dir=settings.DATA_DIR, prefix="restore-", ignore_cleanup_errors=True
            ) as folder,
        ):
            about = unpack(archive, Path(folder))
            _check_version(about)
            _check_file(Path(folder) / DATABASE)
            aside = settings.DATA_DIR / f"replaced-{timezone.now():%Y%m%d-%H%M%S-%f}"
            put_in_place(Path(folder), settings.DATA_DIR, database, aside)
        self.stdout.write(
            f"The data of {about.made} (version {about.version}) are in place. Run `manage.py "
            f"migrate` before you start the site. The data of before are in {aside}; delete them "
            "when you need them no more."
        )


@contextmanager
def _alone() -> Iterator[None]:
    """Keep servers and workers out. Raises `CommandError` where one runs."""
    with open(settings.DATA_DIR / "serving.lock", "a") as file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CommandError("A server or a worker runs; stop it first.") from error
        yield


def _check_version(about: About) -> None:
    """Raises `BadBackup` for one of a later version: its tables would not be understood."""
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    names = {f"{app}.{name}" for app, name in known}
    own = {name for name in about.migrations if name.startswith("detector.")}
    if unknown := sorted(own - names):
        raise BadBackup(
            f"The backup is of version {about.version}, whose migration {unknown[0]!r} is not "
            "known here. Install that version or a later one first."
        )


def _check_file(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as database:
            check_database(database)
    except sqlite3.Error as error:
        raise BadBackup(f"The database in the backup is damaged: {error}.") from error
