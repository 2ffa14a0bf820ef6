"""What the sweep deletes, and what it must leave to those who still need it."""

from __future__ import annotations

import fcntl
import io
import logging
import os
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from detector import sweep as sweeping
from detector.models import Upload
from detector.sweep import Swept, sweep, sweep_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def temp(settings, tmp_path: Path) -> Path:
    settings.DATA_DIR, settings.TEMP_DIR = tmp_path, tmp_path / "tmp"
    settings.TEMP_DIR.mkdir()
    return settings.TEMP_DIR


@pytest.fixture
def another_server(tmp_path: Path) -> Iterator[None]:
    with open(tmp_path / "serving.lock", "a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def put(path: Path, hours: float = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    age(path, hours)
    return path


def age(path: Path, hours: float) -> None:
    then = (timezone.now() - timedelta(hours=hours)).timestamp()
    os.utime(path, (then, then))


def orphans(media: Path, hours: float) -> list[Path]:
    name = f"{uuid.uuid4()}.webp"
    return [put(media / folder / name, hours) for folder in ("previews", "thumbnails")]


def test_an_empty_installation_has_nothing_to_sweep() -> None:
    assert sweep() == Swept(0, 0, 0, 0)


def test_pictures_of_rows_stay_and_orphans_go(
    make_upload: Callable[..., Upload], media: Path
) -> None:
    make_upload()
    kept = set(media.rglob("*.webp"))
    left = [*orphans(media, 0), put(media / "previews" / "x_1.webp")]
    assert sweep() == Swept(0, 3, 0, 0)
    assert set(media.rglob("*.webp")) == kept and not any(map(Path.exists, left))


def test_expired_results_go_with_their_pictures(
    make_upload: Callable[..., Upload], media: Path
) -> None:
    make_upload()
    Upload.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert sweep() == Swept(1, 0, 0, 0)
    assert not list(media.rglob("*.webp"))


def test_sessions_go_when_they_have_expired() -> None:
    for key, hours in (("old", -1), ("valid", 1)):
        expires = timezone.now() + timedelta(hours=hours)
        Session.objects.create(session_key=key, expire_date=expires)
    assert sweep() == Swept(0, 0, 1, 0)
    assert Session.objects.get().session_key == "valid"


def test_temporary_files_and_folders_go(temp: Path) -> None:
    put(temp / "a.upload"), put(temp / "folder" / "b")
    (temp / "link").symlink_to(put(temp.parent / "elsewhere" / "c").parent)
    assert sweep() == Swept(0, 0, 0, 3)
    assert not list(temp.iterdir()) and (temp.parent / "elsewhere" / "c").exists()


def test_another_server_keeps_what_may_be_its_own(
    another_server: None, media: Path, temp: Path
) -> None:
    kept = [*orphans(media, 0.9), put(temp / "a.upload", 0.9), put(temp / "folder" / "b", 99)]
    age(temp / "folder", 99)  # of a pool of processes, say
    gone = [*orphans(media, 1.1), put(temp / "c.upload", 1.1)]
    assert sweep() == Swept(0, 2, 0, 1)
    assert all(map(Path.exists, kept)) and not any(map(Path.exists, gone))


def test_a_server_says_that_it_lives(monkeypatch: pytest.MonkeyPatch, temp: Path) -> None:
    sweeping._say_that_it_lives.cache_clear()
    descriptor = sweeping._say_that_it_lives()
    put(temp / "a.upload")
    assert sweep().files == 0
    os.close(descriptor)  # as the system does at its end
    assert sweep().files == 1
    sweeping._say_that_it_lives.cache_clear()


def test_what_cannot_be_deleted_hinders_nothing_else(
    temp: Path, media: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    put(temp / "a"), put(temp / "b"), orphans(media, 0)
    unlink, remove = Path.unlink, os.remove

    def refuse(path: Path | str) -> None:
        if Path(path).name == "a" or Path(path).parent.name == "previews":
            raise PermissionError(13, "not yours")
        unlink(path) if isinstance(path, Path) else remove(path)

    monkeypatch.setattr(Path, "unlink", refuse)
    monkeypatch.setattr(os, "remove", refuse)
    assert sweep() == Swept(0, 1, 0, 1)
    assert caplog.text.count("cannot be deleted") == 2


def test_a_sweep_that_fails_does_not_stop_the_server(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sweeping, "sweep", lambda: 1 / 0)
    sweep_once()
    assert "The sweep failed" in caplog.text and "ZeroDivisionError" in caplog.text


def test_the_log_tells_what_went(temp: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "detector")
    sweep_once()
    assert not caplog.text
    put(temp / "a")
    sweep_once()
    assert "1 temporary files" in caplog.text


def test_the_command_does_all_of_it(
    make_upload: Callable[..., Upload], media: Path, temp: Path
) -> None:
    make_upload()
    Upload.objects.update(created_at=timezone.now() - timedelta(days=2))
    orphans(media, 0), put(temp / "a")
    Session.objects.update(expire_date=timezone.now())
    out = io.StringIO()
    call_command("delete_expired", stdout=out)
    assert out.getvalue().strip() == (
        "Deleted 1 results, 2 pictures without a result, 1 sessions and 1 temporary files."
    )
