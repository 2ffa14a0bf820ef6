"""Leases: one worker a picture, and none that dies keeps it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from detector.analysis.answers import BrokenOff
from detector.inference.results import Verdict
from detector.models import Analysis, Priority, State
from detector.services import claim, claim_next, give_back_all, reap, renew, run, wait
from detector.services.leases import LEASE, MAX_ATTEMPTS
from detector.tests.factories.queue import assess, get_analysis, send, use_pool

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("idle")]


def originals(media: Path) -> list[Path]:
    return [path for path in media.glob("originals/*") if path.is_file()]


def let_leases_end() -> None:
    Analysis.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.slow
def test_a_picture_is_one_workers_alone() -> None:
    analysis = get_analysis(send(b"a"))
    first = claim(analysis.pk, "first")
    assert first and (first.state, first.worker, first.attempts) == (State.RUNNING, "first", 1)
    assert claim(analysis.pk, "second") is None and claim_next("second") is None


def test_who_reads_the_queue_while_another_takes_it_gets_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = (get_analysis(send(data)) for data in (b"a", b"b"))
    from detector.services import leases

    real = leases.claim

    def be_late(pk: uuid.UUID, worker: str) -> Analysis | None:
        if pk == first.pk:
            real(pk, "faster")
        return real(pk, worker)

    monkeypatch.setattr(leases, "claim", be_late)
    taken = claim_next("slow")
    assert taken and taken.pk == second.pk and claim_next("slow") is None


def test_interactive_pictures_overtake_bulk_work_and_the_oldest_goes_first() -> None:
    bulk = [send(data, priority=Priority.BULK) for data in (b"a", b"b")]
    interactive = [send(data) for data in (b"c", b"d")]
    wanted = [upload.analysis_id for upload in [*interactive, *bulk]]
    assert [one.pk for one in iter(lambda: claim_next("w"), None)] == wanted
    assert claim_next("w") is None


def test_a_lease_that_has_ended_gives_the_picture_to_the_next(media: Path) -> None:
    upload = send(b"a")
    assert claim_next("dead") and reap() == 0
    let_leases_end()
    assert reap() == 1 and reap() == 0
    again = claim_next("alive")
    assert again and again.pk == upload.analysis_id and again.attempts == 2
    assert originals(media)


def test_a_lease_that_is_renewed_goes_on() -> None:
    analysis = get_analysis(send(b"a"))
    claim(analysis.pk, "alive")
    let_leases_end()
    assert renew([analysis.pk], "another") == 0 and renew([analysis.pk], "alive") == 1
    assert reap() == 0


def test_a_clock_that_was_set_back_keeps_nothing_running() -> None:
    analysis = get_analysis(send(b"a"))
    claim(analysis.pk, "dead")
    Analysis.objects.update(lease_until=timezone.now() + 3 * LEASE)
    assert reap() == 1 and get_analysis_state(analysis) == State.QUEUED


def get_analysis_state(analysis: Analysis) -> str:
    return Analysis.objects.get(pk=analysis.pk).state


def test_a_picture_that_ends_its_worker_again_and_again_has_failed(media: Path) -> None:
    upload = send(b"a")
    for _ in range(MAX_ATTEMPTS):
        assert claim_next("dies")
        let_leases_end()
        assert reap() == 1
    assert claim_next("w") is None
    analysis = wait(upload, 0).analysis
    assert (analysis.state, analysis.attempts) == (State.FAILED, MAX_ATTEMPTS)
    assert str(analysis.refusal) == str(BrokenOff()) and analysis.refusal.status == 422
    assert not originals(media)


def test_the_end_of_a_worker_gives_back_what_it_had_and_no_more() -> None:
    mine, others = (get_analysis(send(data)) for data in (b"a", b"b"))
    claim(mine.pk, "ended"), claim(others.pk, "alive")
    assert give_back_all("ended") == 1
    assert [get_analysis_state(one) for one in (mine, others)] == [State.QUEUED, State.RUNNING]


def test_a_worker_that_comes_back_too_late_changes_nothing(
    verdict: Callable[..., Verdict], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was only slow, and another one has the picture by now."""
    upload = send(b"a")
    slow = claim_next("slow")
    let_leases_end()
    reap()
    fast = claim_next("fast")
    assert slow and fast
    use_pool(monkeypatch, lambda job: assess(job.data, verdict(score=0.1)))
    run(slow)
    assert get_analysis(upload).worker == "fast"
    use_pool(monkeypatch, lambda job: assess(job.data, verdict(score=0.9)))
    run(fast)
    assert wait(upload, 0).result["verdict"]["score"] == 0.9
