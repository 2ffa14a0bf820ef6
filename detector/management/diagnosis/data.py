"""The data folder and the database: whether they can be used, and by nobody else."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from detector.monitoring.health import NotWorking, check_database, check_disk
from detector.reports.keys import UnusableKey, find_public_key, get_key_path, write_public_key

from .finding import Finding, fault, note, ok, warning

PRIVATE = 0o077  # the rights that nobody else may have


def diagnose() -> Iterator[Finding]:
    """Folder, keys, disk, database, storage."""
    yield _diagnose_rights(settings.DATA_DIR, "The data folder", 0o700)
    key = settings.DATA_DIR / "secret_key"
    if key.exists():
        yield _diagnose_rights(key, "The secret key", 0o600)
    yield from _diagnose_report_key()
    yield _check(check_disk, "Make room, or set DATA_DIR to a folder on another disk.")
    yield _check(check_database, "See the section on backups in docs/operations.md.")
    yield from _diagnose_integrity()
    place = "a bucket (STORAGE_URL)" if settings.STORAGE_URL else "the data folder"
    yield ok(f"Database: {connection.vendor}; files are in {place}.")


def _diagnose_report_key() -> Iterator[Finding]:
    """The key that signs reports, as soon as there is one."""
    try:
        key = find_public_key()
    except UnusableKey as error:
        yield fault(f"{error}", "Put a copy of the key there; without it, there are no reports.")
        return
    if key is None:
        yield note("No report was signed yet; the first one makes the key.")
        return
    yield ok(f"Reports are signed with {write_public_key(key)}.")
    yield _diagnose_rights(get_key_path(), "The key of the reports", 0o600)


def _diagnose_rights(path: Path, what: str, mode: int) -> Finding:
    found = stat.S_IMODE(path.stat().st_mode)
    if found & PRIVATE:
        text = f"{what} has the mode {found:o}, so others of this machine can read it."
        return warning(text, f"`chmod {mode:o} {path}` mends that.")
    return ok(f"{what} can be read by nobody else.")


def _check(check: Callable[[], str], remedy: str) -> Finding:
    try:
        return ok(check())
    except NotWorking as error:
        return fault(str(error), remedy)
    except (DatabaseError, OSError) as error:
        return fault(f"{type(error).__name__}: {error}.", remedy)


def _diagnose_integrity() -> Iterator[Finding]:
    """What SQLite itself says about its file; other databases look after themselves."""
    if connection.vendor != "sqlite":
        return
    try:
        with closing(connection.cursor()) as cursor:
            cursor.execute("PRAGMA quick_check(1)")
            said = str(cursor.fetchone()[0])
    except DatabaseError as error:
        said = str(error)
    if said == "ok":
        yield ok("The database file is whole.")
    else:
        yield fault(f"The database file is damaged: {said}.", "Run `manage.py restore`.")
    yield from _diagnose_backup()


def _diagnose_backup() -> Iterator[Finding]:
    backups = settings.DATA_DIR / "backups"
    if not any(backups.glob("*.tar.gz")):
        yield note("There is no backup in the data folder.", "`manage.py backup` makes one.")
