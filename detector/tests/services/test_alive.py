"""A worker that does not live is noticed: uploads are refused, and none waits for ever."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from detector.models import Analysis, Heartbeat, Priority
from detector.models.heartbeat import FRESH
from detector.services import beside
from detector.services.alive import GRACE, NoWorker, check_worker, say_failing
from detector.services.submitting import NotKept
from detector.tests.factories.asking import Asker
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.queue import send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("idle")]

PICTURE = encode(noise(), "PNG")  # a whole one


@pytest.fixture(autouse=True)
def own_folder(settings: Settings, tmp_path: Path) -> None:
    """What a test says of the worker is not said to the tests after it."""
    settings.DATA_DIR = tmp_path


def let_wait(age: timedelta, priority: int = Priority.INTERACTIVE) -> None:
    """A picture that waits for so long already."""
    upload = send(b"first", priority=priority)
    Analysis.objects.filter(pk=upload.analysis_id).update(queued_at=timezone.now() - age)


def test_a_picture_that_nobody_takes_ends_new_uploads(caplog: pytest.LogCaptureFixture) -> None:
    let_wait(GRACE + timedelta(seconds=1))
    with pytest.raises(NoWorker, match="No program analyses pictures at present"):
        send(PICTURE)
    assert "no worker takes them" in caplog.text and Analysis.objects.count() == 1


@pytest.mark.parametrize(
    ("age", "priority"),
    [
        (GRACE / 2, Priority.INTERACTIVE),  # a worker may be starting
        (9 * GRACE, Priority.BULK),  # nobody waits for it
    ],
)
def test_a_queue_may_be_long_and_a_start_slow(age: timedelta, priority: int) -> None:
    let_wait(age, priority)
    send(PICTURE)


def test_a_worker_that_lives_will_come_to_all_that_waits() -> None:
    let_wait(9 * GRACE)
    Heartbeat.objects.beat("worker", 1)
    send(PICTURE)
    Heartbeat.objects.update(at=timezone.now() - 2 * FRESH)
    with pytest.raises(NoWorker):
        check_worker()


def test_known_bytes_are_answered_without_a_worker() -> None:
    let_wait(9 * GRACE)
    assert send(b"first").analysis == Analysis.objects.get()


@pytest.fixture
def failing(settings: Settings) -> Iterator[None]:
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    say_failing(True)
    yield
    say_failing(False)


@pytest.mark.slow
@pytest.mark.usefixtures("failing")
def test_page_and_api_say_so_at_once(client: Client) -> None:
    answer = Asker().send(PICTURE)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "No program analyses pictures" in answer.json()["detail"]
    page = client.post("/", {"image": SimpleUploadedFile("a.png", PICTURE)})
    assert page.status_code == 503 and "No program analyses pictures" in page.content.decode()


def test_a_storage_that_is_away_is_no_fault_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away(Exception):
        """As boto3 raises it: no `OSError`."""

    def refuse(path: str, file: object) -> str:
        raise Away

    monkeypatch.setattr(default_storage, "save", refuse)
    with pytest.raises(NotKept):
        send(PICTURE)
    answer = Asker().send(PICTURE)
    assert answer.status_code == 503 and "storage for pictures is away" in answer.json()["detail"]
    assert not Analysis.objects.exists()


# The server that has the worker


class End(Exception):
    """Ends a loop that has no end."""


def watch(monkeypatch: pytest.MonkeyPatch, starts: int) -> list[bool]:
    """Whether uploads are refused, before each start of a worker that ends at once."""
    seen: list[bool] = []

    def start(name: str) -> SimpleNamespace:
        seen.append((Path(settings.DATA_DIR) / "worker.failing").exists())
        if len(seen) > starts:
            raise End
        return SimpleNamespace(wait=lambda seconds=None: 1)

    monkeypatch.setattr(beside, "_start", start)
    monkeypatch.setattr(beside, "PAUSE", 0.001)
    with pytest.raises(End):
        beside.Worker().watch()
    return seen


def test_workers_that_keep_dying_are_told_to_all_processes(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    say_failing(True)  # of a server that was killed
    assert watch(monkeypatch, 3) == [False, False, False, True]
    (critical,) = [one for one in caplog.records if one.levelno == logging.CRITICAL]
    assert critical.getMessage().startswith("3 workers have ended one after the other; uploads")


@pytest.mark.slow
def test_a_worker_that_lives_ends_the_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    say_failing(True)
    monkeypatch.setattr(beside, "LONGEST_PAUSE", 0.05)
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.5)"])
    assert beside._wait(process) == 0
    check_worker()
