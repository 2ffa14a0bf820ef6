"""Backups of the data folder: one archive with the database, the kept pictures, and the keys.

A backup is taken while the site runs. SQLite copies its database in one state; pictures that are
deleted meanwhile are missing, as if they had expired. The first member of the archive describes it,
the last one holds the digest of every other, so that an archive that was cut off is recognised.
"""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

ABOUT, DIGESTS, DATABASE = "about.json", "digests.json", "db.sqlite3"
# What is kept of the data folder beside the database; the rest is made again when it is needed.
KEPT = ("secret_key", "report_key.pem", "media", "trust")
FORMAT = 1
MAX_JSON = 64 * 2**20  # bytes


class BadBackup(ValueError):
    """The archive is no backup, is damaged, or of another version; the message says which."""


@dataclass(frozen=True)
class About:
    """When a backup was taken, by which version, and the migrations that its database has."""

    made: str
    version: str
    migrations: tuple[str, ...]


def write_backup(
    data_dir: Path, database: Path, target: Path, version: str, migrations: Iterator[str]
) -> int:
    """Write an archive that only its owner can read; returns how many files are in it.

    Nothing is at `target` until it is whole. Raises `OSError` and `sqlite3.Error`.
    """
    made = datetime.now(UTC).isoformat(timespec="seconds")
    about = {
        "format": FORMAT,
        "made": made,
        "version": version,
        "migrations": sorted(migrations),
    }
    draft = target.with_name(f".{target.name}.draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    try:
        with _copy(database, data_dir) as copy, tarfile.open(draft, "w:gz") as archive:
            digests = {ABOUT: _add_bytes(archive, ABOUT, json.dumps(about).encode())}
            digests[DATABASE] = _add_file(archive, DATABASE, copy) or ""
            digests |= _add_kept(archive, data_dir)
            _add_bytes(archive, DIGESTS, json.dumps(digests).encode())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return len(digests) - 1


@contextmanager
def _copy(database: Path, data_dir: Path) -> Iterator[Path]:
    """A copy of a database in one state, whoever writes into it meanwhile."""
    with tempfile.TemporaryDirectory(dir=data_dir, prefix="backup-") as folder:
        path = Path(folder) / DATABASE
        source = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
        with closing(source), closing(sqlite3.connect(path)) as copy:
            source.backup(copy)
            check_database(copy)
        yield path


def check_database(database: sqlite3.Connection) -> None:
    """Raises `sqlite3.DatabaseError` for one that is damaged."""
    (said,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise sqlite3.DatabaseError(f"The database is damaged: {said}")


def _add_kept(archive: tarfile.TarFile, data_dir: Path) -> dict[str, str]:
    digests = {}
    for top in KEPT:
        root = data_dir / top
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            name = path.relative_to(data_dir).as_posix()
            if (
                path.is_file()
                and not path.is_symlink()
                and (digest := _add_file(archive, name, path))
            ):
                digests[name] = digest
    return digests


def _add_file(archive: tarfile.TarFile, name: str, path: Path) -> str | None:
    """The digest of the file; None if it was deleted meanwhile."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            info = archive.gettarinfo(arcname=name, fileobj=file)
            info.mode, info.uid, info.gid, info.uname, info.gname = 0o600, 0, 0, "", ""
            file.seek(0)
            archive.addfile(info, file)
    except FileNotFoundError:
        return None
    return digest


def _add_bytes(archive: tarfile.TarFile, name: str, data: bytes) -> str:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    archive.addfile(info, io.BytesIO(data))
    return hashlib.sha256(data).hexdigest()


def unpack(archive: Path, folder: Path) -> About:
    """Unpack a backup into an empty folder, and check every file of it. Raises `BadBackup`."""
    try:
        with tarfile.open(archive, "r:gz") as file:
            for member in file:
                _check_member(member)
                file.extract(member, folder, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BadBackup(f"{archive.name} cannot be unpacked: {error}.") from error
    digests = _read_json(folder / DIGESTS)
    about = _read_json(folder / ABOUT)
    _check_digests(folder, digests)
    if about.get("format") != FORMAT:
        raise BadBackup(f"{archive.name} has the format {about.get('format')!r}; accepted is 1.")
    return About(str(about["made"]), str(about["version"]), tuple(about["migrations"]))


def _check_member(member: tarfile.TarInfo) -> None:
    top = PurePosixPath(member.name).parts[:1]
    if not member.isfile() or not top or top[0] not in (ABOUT, DIGESTS, DATABASE, *KEPT):
        raise BadBackup(f"The archive holds {member.name[:80]!r}, which is no part of a backup.")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_JSON:
            raise ValueError("too long")
        data = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadBackup(f"The archive is cut off or no backup ({path.name}: {error}).") from error
    if not isinstance(data, dict):
        raise BadBackup(f"The archive is no backup: {path.name} holds no object.")
    return data


def _check_digests(folder: Path, digests: dict[str, Any]) -> None:
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    files.discard(DIGESTS)
    for name in sorted(files ^ digests.keys()):
        raise BadBackup(f"{name[:80]!r} is missing from the archive, or from its list of files.")
    for name in sorted(files):
        with (folder / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digests[name]:
                raise BadBackup(f"{name!r} is not the file that was saved (another SHA-256).")


def put_in_place(folder: Path, data_dir: Path, database: Path, aside: Path) -> None:
    """Replace the data by what was unpacked; what was there before goes to the folder `aside`."""
    aside.mkdir(mode=0o700)
    journals = [database.with_name(f"{database.name}{end}") for end in ("-wal", "-shm")]
    for path in (database, *journals, *(data_dir / name for name in KEPT)):
        if path.exists():
            path.rename(aside / path.name)
    (folder / DATABASE).rename(database)
    for name in KEPT:
        if (folder / name).exists():
            (folder / name).rename(data_dir / name)
