"""Saves database, pictures and keys into one archive, while the site runs."""

from __future__ import annotations

import sqlite3
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from detector import __version__
from detector.management.backups import write_backup
from detector.management.base import DetectorCommand


class Command(DetectorCommand):
    help = (
        "Save database, kept pictures, trust lists and the secret key into one archive, which "
        "`manage.py restore` takes. The site may run meanwhile."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output", type=Path, help="Default: DATA_DIR/backups/TIME.tar.gz")

    def handle(self, *, output: Path | None, **options: Any) -> None:
        database = find_database()
        target = output or self._default()
        if target.exists():
            raise CommandError(f"{target} exists; name a file that does not.")
        names = (
            f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()
        )
        try:
            count = write_backup(settings.DATA_DIR, database, target, __version__, names)
        except (OSError, sqlite3.Error) as error:
            raise CommandError(f"{target} cannot be written: {error}. Nothing is left.") from error
        self.stdout.write(f"{target}: {count} files. It holds pictures and keys; keep it safe.")

    def _default(self) -> Path:
        folder = settings.DATA_DIR / "backups"
        folder.mkdir(mode=0o700, exist_ok=True)
        return Path(folder / f"{timezone.now():%Y%m%d-%H%M%S-%f}.tar.gz")


def find_database() -> Path:
    """The file of the database. Raises `CommandError` where others keep the data."""
    if connection.vendor != "sqlite":
        raise CommandError("The database is not in the data folder; save it with `pg_dump`.")
    if settings.STORAGE_URL:
        raise CommandError("The pictures are in a bucket (STORAGE_URL); save them there.")
    return Path(connection.settings_dict["NAME"])
