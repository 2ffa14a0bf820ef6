"""Whether `/readyz` is truthful: each check fails for what it is there for, and says why."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from detector.inference.methods import METHODS
from detector.inference.runtime import WEIGHTS_DIR
from detector.inference.weights.folder import write_digests
from detector.models import Heartbeat
from detector.models.heartbeat import FORGOTTEN, FRESH
from detector.monitoring import health
from detector.monitoring.health import NotWorking
from detector.sweep import sweep
from detector.tests.factories.queue import send

pytestmark = pytest.mark.django_db


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the weights that ship."""
    folder = tmp_path / "weights"
    shutil.copytree(WEIGHTS_DIR, folder, copy_function=shutil.copy2)
    monkeypatch.setattr(health, "WEIGHTS_DIR", folder)
    return folder


def test_what_ships_is_healthy() -> None:
    assert health.check_models() == "All weights are as they shipped."
    assert "can be read and written" in health.check_database()
    assert "MB are left" in health.check_disk()


FILES = [
    (folder, name)
    for folder in sorted({folder for spec in METHODS.values() for folder in spec.weights})
    for name in ("model.safetensors", "metrics.json", "openvino_model.bin", "head.npz")
    if (WEIGHTS_DIR / folder / name).exists()
]


def test_a_head_of_another_network_is_named(weights: Path) -> None:
    network = weights / "efficientnet_whole"
    (network / "openvino_model.bin").write_bytes(b"trained anew")
    write_digests(network)
    with pytest.raises(NotWorking, match="efficientnet_joint were fitted on another .*_whole"):
        health.check_models()


@pytest.mark.slow
@pytest.mark.parametrize(("folder", "name"), FILES)
def test_a_weights_file_that_is_missing_is_named(weights: Path, folder: str, name: str) -> None:
    (weights / folder / name).unlink()
    with pytest.raises(NotWorking, match=f"{folder}/{name} is missing"):
        health.check_models()


def test_a_weights_file_that_was_changed_is_named(weights: Path) -> None:
    file = weights / "statistical" / "head.npz"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(NotWorking, match="statistical/head.npz has the SHA-256 digest"):
        health.check_models()


@pytest.mark.slow
@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text("{")])
def test_a_fusion_that_cannot_be_used_is_said(weights: Path, damage: Callable[..., object]) -> None:
    damage(weights / "fusion" / "config.json")
    with pytest.raises(NotWorking, match="fusion"):
        health.check_models()


# The database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database file, and a connection to it."""
    with closing(sqlite3.connect(tmp_path / "db.sqlite3", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE a (b)")
        yield database


def test_a_database_that_another_writer_holds_is_said(
    database: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "LOCK_SECONDS", 0.01)
    health._take_lock(tmp_path / "db.sqlite3")
    database.execute("BEGIN IMMEDIATE")
    with pytest.raises(NotWorking, match="cannot be written: database is locked"):
        health._take_lock(tmp_path / "db.sqlite3")
    database.execute("ROLLBACK")
    health._take_lock(tmp_path / "db.sqlite3")


def test_a_damaged_database_is_said_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "db.sqlite3").write_bytes(b"no database at all" * 100)
    with pytest.raises(NotWorking, match="damaged.*manage.py restore"):
        health._take_lock(tmp_path / "db.sqlite3")


def test_a_database_that_is_gone_is_said_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(NotWorking, match="cannot be written"):
        health._take_lock(tmp_path / "db.sqlite3")
    assert not list(tmp_path.iterdir())


def test_a_database_of_an_earlier_version_is_said() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'detector'")
    with pytest.raises(NotWorking, match="manage.py migrate"):
        health.check_database()


# The disk


def test_a_disk_without_room_for_uploads_is_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAX_UPLOAD_MB = 32
    usage = SimpleNamespace(free=191 * 2**20)
    monkeypatch.setattr("detector.monitoring.health.shutil.disk_usage", lambda path: usage)
    with pytest.raises(NotWorking, match="191 MB left; 192 MB are needed"):
        health.check_disk()
    usage.free += 2**20
    health.check_disk()


def test_a_folder_that_cannot_be_written_is_said(settings: Settings, tmp_path: Path) -> None:
    settings.TEMP_DIR = tmp_path / "gone"
    with pytest.raises(NotWorking, match="cannot be written: No such file"):
        health.check_disk()


# The queue


def test_only_a_worker_with_a_recent_heartbeat_counts(settings: Settings) -> None:
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    with pytest.raises(NotWorking, match="No worker"):
        health.check_queue()
    Heartbeat.objects.beat("w", 2)
    assert "number of workers: 1, of analysis processes: 2" in health.check_queue()
    # One that is silent, and one that has written before the clock was set back.
    for distance in (-FRESH, FRESH):
        Heartbeat.objects.update(at=timezone.now() + 1.1 * distance)
        with pytest.raises(NotWorking, match="No worker"):
            health.check_queue()


def test_a_worker_whose_analysis_processes_have_ended_is_said(settings: Settings) -> None:
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    Heartbeat.objects.beat("w", 0)
    with pytest.raises(NotWorking, match="No analysis process"):
        health.check_queue()


def test_it_tells_how_many_pictures_wait(settings: Settings, jpeg: bytes) -> None:
    settings.ANALYSIS_ENGINE, settings.ANALYSIS_QUEUE = "EMBEDDED", 5
    Heartbeat.objects.beat("w", 1)
    send(jpeg)
    assert health.check_queue().startswith("1 of at most 5 pictures wait")


def test_heartbeats_of_workers_that_were_killed_are_swept() -> None:
    Heartbeat.objects.beat("new", 1)
    Heartbeat.objects.create(
        worker="old", at=timezone.now() - FORGOTTEN - timedelta(minutes=1), processes=1
    )
    sweep()
    assert list(Heartbeat.objects.values_list("worker", flat=True)) == ["new"]


# All of them together


@pytest.fixture
def no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_latest", (0.0, ()))


def test_many_questions_cost_one_answer(no_memory: None, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def check() -> str:
        asked.append(1)
        return "Fine."

    monkeypatch.setattr(health, "CHECKS", {"one": check})
    monkeypatch.setattr(health, "SECONDS_KEPT", 60)
    for _ in range(5):
        (found,) = health.find_health()
        assert (found.name, found.is_ok, found.detail) == ("one", True, "Fine.")
    assert asked == [1]
    monkeypatch.setattr(health, "SECONDS_KEPT", -1)
    health.find_health()
    assert asked == [1, 1]


def test_a_check_that_cannot_be_made_fails_without_telling_paths(
    no_memory: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check() -> str:
        raise PermissionError(13, "Permission denied", "/secret/path")

    monkeypatch.setattr(health, "CHECKS", {"one": check})
    (found,) = health.find_health()
    assert not found.is_ok
    assert "Permission denied" in found.detail and "secret" not in found.detail
