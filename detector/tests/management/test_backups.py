"""Backups: taken at any moment, checked as a whole, and put in place without losing anything."""

from __future__ import annotations

import fcntl
import io
import json
import sqlite3
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from detector.management import backups
from detector.management.backups import BadBackup, unpack, write_backup
from detector.tests.factories.processes import run_python
from detector.tests.factories.servers import migrate

MIGRATIONS = ("detector.0001_detection",)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a small database and some files."""
    folder = tmp_path / "data"
    for name, text in {
        "secret_key": "the key",
        "media/previews/a.webp": "a preview",
        "media/originals/b": "an original that waits",
        "trust/signers.json": "{}",
        "tmp/upload": "nobody's",
        "logins/x": "nobody's",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    with closing(sqlite3.connect(folder / "db.sqlite3")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE pair (a, b)")
        database.execute("INSERT INTO pair VALUES (0, 0)")
        database.commit()
    return folder


def save(data: Path, name: str = "one.tar.gz") -> Path:
    target = data.parent / name
    write_backup(data, data / "db.sqlite3", target, "1.2", iter(MIGRATIONS))
    return target


def open_again(archive: Path, tmp_path: Path) -> Path:
    folder = tmp_path / f"{archive.name}-again"
    folder.mkdir()
    about = unpack(archive, folder)
    assert (about.version, about.migrations) == ("1.2", MIGRATIONS)
    return folder


def test_everything_that_counts_comes_back_and_nothing_else(data: Path, tmp_path: Path) -> None:
    archive = save(data)
    assert archive.stat().st_mode & 0o777 == 0o600
    folder = open_again(archive, tmp_path)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files - {"about.json", "digests.json"} == {
        "db.sqlite3", "secret_key", "media/previews/a.webp", "media/originals/b",
        "trust/signers.json",
    }  # fmt: skip
    assert (folder / "media" / "originals" / "b").read_text() == "an original that waits"
    with closing(sqlite3.connect(folder / "db.sqlite3")) as database:
        assert database.execute("SELECT * FROM pair").fetchall() == [(0, 0)]
    assert not list(data.glob("backup-*"))


@pytest.mark.slow
def test_a_backup_has_one_state_whoever_writes_meanwhile(data: Path, tmp_path: Path) -> None:
    """Each transaction keeps two numbers equal; every copy must have them equal, too."""
    end = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(data / "db.sqlite3", timeout=30)) as database:
            while not end.is_set():
                database.execute("UPDATE pair SET a = a + 1")
                database.execute("UPDATE pair SET b = b + 1")
                database.commit()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        archives = [save(data, f"{number}.tar.gz") for number in range(8)]
    finally:
        end.set()
        thread.join()
    for archive in archives:
        folder = open_again(archive, tmp_path)
        with closing(sqlite3.connect(folder / "db.sqlite3")) as database:
            ((a, b),) = database.execute("SELECT * FROM pair")
        assert a == b


def test_a_picture_that_goes_meanwhile_is_left_out(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = backups._add_file

    def add(archive: tarfile.TarFile, name: str, path: Path) -> str | None:
        if name.endswith("a.webp"):
            path.unlink()
        return known(archive, name, path)

    monkeypatch.setattr(backups, "_add_file", add)
    folder = open_again(save(data), tmp_path)
    assert not (folder / "media" / "previews").exists()
    assert (folder / "media" / "originals" / "b").exists()


def test_a_backup_that_fails_leaves_nothing(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "_add_kept", fail)
    with pytest.raises(OSError, match="No space"):
        save(data)
    assert [path.name for path in data.parent.iterdir()] == ["data"]


def test_a_damaged_database_is_not_saved(data: Path) -> None:
    (data / "db.sqlite3").write_bytes(b"no database " * 1000)
    with pytest.raises(sqlite3.DatabaseError):
        save(data)
    assert not (data.parent / "one.tar.gz").exists()


# What is refused


def refusal(archive: Path, tmp_path: Path) -> str:
    folder = tmp_path / "refused"
    folder.mkdir()
    with pytest.raises(BadBackup) as caught:
        unpack(archive, folder)
    return str(caught.value)


def rewrite(archive: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with tarfile.open(archive) as file:
        parts = {member.name: file.extractfile(member).read() for member in file}  # type: ignore[union-attr]
    change(parts)
    with tarfile.open(archive, "w:gz") as file:
        for name, content in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_an_archive_that_was_cut_off_is_refused(data: Path, tmp_path: Path, share: float) -> None:
    archive = save(data)
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(len(whole) * share)])
    assert "cannot be unpacked" in (said := refusal(archive, tmp_path)) or "cut off" in said


def test_something_else_is_refused(data: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("text")
    assert "cannot be unpacked" in refusal(tmp_path / "text", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["../evil", "/evil", "media/../../evil", "evil", "db.sqlite3/evil"]
)
def test_no_file_gets_out_of_the_folder(data: Path, tmp_path: Path, name: str) -> None:
    archive = save(data)
    rewrite(archive, lambda parts: parts.update({name: b"evil"}))
    assert refusal(archive, tmp_path)
    assert not list(tmp_path.rglob("evil"))


def test_a_link_is_refused(data: Path, tmp_path: Path) -> None:
    archive = tmp_path / "link.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        info = tarfile.TarInfo("media")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc"
        file.addfile(info)
    assert "no part of a backup" in refusal(archive, tmp_path)


def test_a_changed_file_is_named(data: Path, tmp_path: Path) -> None:
    archive = save(data)
    rewrite(archive, lambda parts: parts.update({"secret_key": b"another key"}))
    assert "'secret_key' is not the file that was saved" in refusal(archive, tmp_path)


def test_a_missing_file_is_named(data: Path, tmp_path: Path) -> None:
    archive = save(data)
    rewrite(archive, lambda parts: parts.__delitem__("media/originals/b"))
    assert "'media/originals/b' is missing" in refusal(archive, tmp_path)


# The commands


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = migrate(tmp_path / "site")
    (folder / "media" / "previews").mkdir(parents=True)
    (folder / "media" / "previews" / "a.webp").write_text("a preview")
    return folder


def count_rows(site: Path) -> int:
    with closing(sqlite3.connect(site / "db.sqlite3")) as database:
        (count,) = database.execute("SELECT count(*) FROM detector_heartbeat").fetchone()
    return int(count)


def add_row(site: Path, name: str) -> None:
    with closing(sqlite3.connect(site / "db.sqlite3")) as database:
        sql = "INSERT INTO detector_heartbeat VALUES (?, '2026-01-01 00:00:00', 1)"
        database.execute(sql, [name])
        database.commit()


@pytest.mark.slow
def test_a_site_comes_back_as_it_was(site: Path, tmp_path: Path) -> None:
    add_row(site, "before")
    key = (site / "secret_key").read_text()
    archive = tmp_path / "backup.tar.gz"
    done = run_python("manage.py", "backup", "--output", str(archive), data_dir=site)
    assert done.returncode == 0 and "keep it safe" in done.stdout, done.stderr
    done = run_python("manage.py", "backup", "--output", str(archive), data_dir=site)
    assert done.returncode and "exists" in done.stderr

    add_row(site, "after")
    (site / "media" / "previews" / "a.webp").unlink()
    (site / "secret_key").write_text("lost")
    done = run_python("manage.py", "restore", str(archive), data_dir=site)
    assert done.returncode == 0, done.stderr
    assert count_rows(site) == 1 and (site / "secret_key").read_text() == key
    assert (site / "media" / "previews" / "a.webp").read_text() == "a preview"
    (aside,) = site.glob("replaced-*")
    assert str(aside) in done.stdout and (aside / "secret_key").read_text() == "lost"
    assert count_rows(aside) == 2
    assert not list(site.glob("restore-*"))
    done = run_python("manage.py", "migrate", "--check", data_dir=site)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_damaged_database_is_refused_with_the_way_back(site: Path, tmp_path: Path) -> None:
    add_row(site, "before")
    assert run_python("manage.py", "backup", data_dir=site).returncode == 0
    (archive,) = (site / "backups").iterdir()
    assert (site / "backups").stat().st_mode & 0o777 == 0o700
    (site / "db.sqlite3").write_bytes(b"damaged " * 4096)
    done = run_python("manage.py", "serve", "--port", "0", data_dir=site)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "manage.py restore" in done.stderr
    done = run_python("manage.py", "restore", str(archive), data_dir=site)
    assert done.returncode == 0, done.stderr
    assert count_rows(site) == 1


@pytest.fixture
def here(settings: Settings, data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The commands in this process, on the small data folder."""
    settings.DATA_DIR = data
    monkeypatch.setattr(
        "detector.management.commands.restore.find_database", lambda: data / "db.sqlite3"
    )
    monkeypatch.setattr("detector.management.commands.restore.connection.close", lambda: None)
    yield data


def test_no_server_may_run_meanwhile(here: Path) -> None:
    archive = save(here)
    with open(here / "serving.lock", "a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        with pytest.raises(CommandError, match="stop it first"):
            call_command("restore", archive)
    assert not list(here.glob("replaced-*"))


def test_a_backup_of_a_later_version_is_refused_before_anything_changes(here: Path) -> None:
    archive = here.parent / "later.tar.gz"
    names = iter(["detector.0001_detection", "detector.9999_later"])
    write_backup(here, here / "db.sqlite3", archive, "9.9", names)
    with pytest.raises(CommandError, match="of version 9.9.*'detector.9999_later'"):
        call_command("restore", archive)
    assert (here / "secret_key").read_text() == "the key" and not list(here.glob("replaced-*"))


def test_where_others_keep_the_data_the_command_says_so(settings: Settings) -> None:
    settings.STORAGE_URL = "s3://bucket"
    with pytest.raises(CommandError, match="in a bucket"):
        call_command("backup")


def test_the_description_comes_first(data: Path) -> None:
    with tarfile.open(save(data)) as file:
        member = file.next()
        assert member is not None and member.name == "about.json"
        content = file.extractfile(member)
        assert content is not None and json.loads(content.read())["format"] == 1
