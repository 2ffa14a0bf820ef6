"""What comes in: one analysis for the same bytes, and how much may wait."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from detector.analysis.answers import Busy
from detector.inference.results import Verdict
from detector.models import Analysis, Priority, State, Upload
from detector.services import claim_next, run, submitting, wait, withdraw
from detector.tests.factories.queue import assess, get_analysis, send, use_pool

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("idle")]


def originals(media: Path) -> int:
    return len(list(media.glob("originals/*")))


def test_the_same_bytes_of_one_owner_wait_once(media: Path) -> None:
    first, second = send(b"a"), send(b"a", name="b.jpg")
    assert first.analysis_id == second.analysis_id and originals(media) == 1
    withdraw(first)
    assert get_analysis(second).state == State.QUEUED and originals(media) == 1
    withdraw(second)
    assert not Analysis.objects.exists() and originals(media) == 0


def test_other_bytes_other_owners_and_other_wishes_wait_on_their_own() -> None:
    first = send(b"a")
    others = [send(b"b"), send(b"a", owner=uuid.uuid4()), send(b"a", with_stability=True)]
    assert len({upload.analysis_id for upload in [first, *others]}) == 4


def test_an_operator_may_let_owners_share(settings: Settings) -> None:
    settings.SHARE_RESULTS = True
    assert send(b"a").analysis_id == send(b"a", owner=uuid.uuid4()).analysis_id


def test_who_waits_brings_bulk_work_forward() -> None:
    upload = send(b"a", priority=Priority.BULK)
    send(b"a", priority=Priority.BULK)
    assert get_analysis(upload).priority == Priority.BULK
    send(b"a")
    assert get_analysis(upload).priority == Priority.INTERACTIVE


def test_beyond_the_limit_of_the_queue_nothing_is_taken_in(settings: Settings, media: Path) -> None:
    settings.ANALYSIS_QUEUE = 2
    known = send(b"a")
    send(b"b", owner=uuid.uuid4()), claim_next("worker"), send(b"c", owner=uuid.uuid4())
    with pytest.raises(Busy, match="Too many pictures are waiting") as caught:
        send(b"d", owner=uuid.uuid4())
    assert (caught.value.status, caught.value.retry_after) == (503, 10)
    assert Upload.objects.count() == Analysis.objects.count() == originals(media) == 3
    # What needs no place is taken in: known bytes, and work that nobody waits for.
    assert send(b"a").analysis_id == known.analysis_id
    assert send(b"d", priority=Priority.BULK)


def test_of_two_uploads_at_once_one_is_analysed(
    media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one finds the first only when it has written its own file."""
    keep = submitting._keep
    started: list[Analysis] = []

    def be_overtaken(file: object) -> str:
        monkeypatch.setattr(submitting, "_keep", keep)
        faster.append(send(b"a"))
        return keep(file)  # type: ignore[arg-type]

    faster: list[Upload] = []
    monkeypatch.setattr(submitting, "start", started.append)
    monkeypatch.setattr(submitting, "_keep", be_overtaken)
    slower = send(b"a")
    assert faster[0].analysis_id == slower.analysis_id
    assert originals(media) == 1 and len(started) == 1


def test_a_shared_result_keeps_its_pictures_while_a_page_shows_them(
    settings: Settings,
    media: Path,
    verdict: Callable[..., Verdict],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.SHARE_RESULTS = True
    use_pool(monkeypatch, lambda job: assess(job.data, verdict()))
    page, script = send(b"a"), send(b"a", owner=uuid.uuid4(), with_pictures=False)
    analysis = claim_next("worker")
    assert analysis
    run(analysis)
    assert len(list(media.rglob("*.webp"))) == 3
    withdraw(page)
    assert not list(media.rglob("*.webp")) and not get_analysis(script).preview
    assert wait(script, 0).result["verdict"]["label"] == "ai"


def test_the_place_in_the_queue(settings: Settings) -> None:
    bulk = send(b"a", priority=Priority.BULK)
    first, second = send(b"b"), send(b"c")
    assert [get_analysis(upload).position for upload in (first, second, bulk)] == [0, 1, 2]
    claim_next("worker")
    assert [get_analysis(upload).position for upload in (second, bulk)] == [0, 1]
