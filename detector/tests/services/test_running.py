"""A worker's run: results, failures, and what changes while it is at work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError
from django.utils import timezone

from detector.analysis.answers import Assessment, BrokenOff, Job, NotReady, TooSlow
from detector.inference.images import ImageError
from detector.inference.results import Verdict
from detector.models import Analysis, State, Upload
from detector.services import claim_next, find, run, running, wait, withdraw
from detector.services.leases import MAX_ATTEMPTS
from detector.tests.factories.queue import OWNER, assess, get_analysis, send, use_pool

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("idle")]


@pytest.fixture
def answer(verdict: Callable[..., Verdict]) -> Callable[[Job], Assessment]:
    return lambda job: assess(job.data, verdict(), b"webp" if job.with_pictures else b"")


def run_all() -> int:
    """Work until nothing waits; returns how many runs that were."""
    runs = 0
    while analysis := claim_next("worker"):
        run(analysis)
        runs += 1
    return runs


def files(media: Path) -> set[str]:
    return {path.parent.name for path in media.rglob("*") if path.is_file()}


def test_a_run_writes_result_and_columns_and_deletes_the_original(
    answer: Callable[[Job], Assessment], monkeypatch: pytest.MonkeyPatch, media: Path
) -> None:
    asked = use_pool(monkeypatch, answer)
    upload = send(b"data", name="beach.jpg")
    assert files(media) == {"originals"} and get_analysis(upload).size == 4
    assert run_all() == 1 and asked[0].data == b"data"
    upload = wait(upload, 0)
    analysis = upload.analysis
    assert (analysis.state, analysis.label, analysis.outcome) == (State.DONE, "ai", "ai")
    assert (analysis.score, analysis.format, analysis.width) == (0.93, "JPEG", 5)
    assert analysis.finished_at and analysis.started_at and analysis.lease_until is None
    assert analysis.finished_at <= timezone.now() and not analysis.original
    assert analysis.result and analysis.result["file"]["name"] == "" and not analysis.result["id"]
    assert upload.result["file"]["name"] == "beach.jpg" and upload.verdict.id == str(upload.pk)
    assert files(media) == {"previews", "error_levels", "thumbnails"}
    assert upload.preview and upload.preview.open().read() == b"webp"


def test_find_gives_what_is_done(
    answer: Callable[[Job], Assessment], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_pool(monkeypatch, answer)
    key = get_analysis(send(b"data")).key
    assert find(key.sha256, key.version, OWNER) is None
    run_all()
    known = find(key.sha256, "1+a", OWNER)
    assert known and known.outcome == "ai"
    assert find(key.sha256, "1+a", OWNER, with_stability=True) is None
    assert find("0" * 64, "1+a", OWNER) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [(ImageError("It is damaged."), 400, None), (TooSlow(3), 422, None), (NotReady(), 503, 30)],
)
def test_what_is_refused_has_failed_at_once_and_says_why(
    error: ImageError,
    status: int,
    retry_after: int | None,
    monkeypatch: pytest.MonkeyPatch,
    media: Path,
) -> None:
    def refuse(job: Job) -> Assessment:
        raise error

    use_pool(monkeypatch, refuse)
    upload = send(b"data")
    assert run_all() == 1
    analysis = wait(upload, 0).analysis
    refusal = analysis.refusal
    assert (str(refusal), refusal.status, refusal.retry_after) == (str(error), status, retry_after)
    assert not files(media)
    with pytest.raises(ValueError, match="failed"):
        _ = wait(upload, 0).result


@pytest.mark.slow
def test_bytes_that_have_failed_are_analysed_again_when_they_come_again(
    answer: Callable[[Job], Assessment], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(job: Job) -> Assessment:
        raise NotReady

    use_pool(monkeypatch, refuse)
    first = send(b"data")
    run_all()
    use_pool(monkeypatch, answer)
    second = send(b"data")
    assert second.analysis_id == first.analysis_id and run_all() == 1
    assert not wait(second, 0).analysis.error and wait(first, 0).analysis.is_done


@pytest.mark.slow
@pytest.mark.parametrize("error", [BrokenOff(), RuntimeError("the disk is full")])
def test_what_comes_to_nothing_is_tried_again_and_fails_in_the_end(
    error: Exception, monkeypatch: pytest.MonkeyPatch, media: Path
) -> None:
    def break_off(job: Job) -> Assessment:
        raise error

    asked = use_pool(monkeypatch, break_off)
    upload = send(b"data")
    assert run_all() == len(asked) == MAX_ATTEMPTS
    assert "broke off at this one" in wait(upload, 0).analysis.error and not files(media)


def test_pictures_that_cannot_be_kept_leave_nothing_and_are_kept_when_there_is_room(
    answer: Callable[[Job], Assessment], monkeypatch: pytest.MonkeyPatch, media: Path
) -> None:
    use_pool(monkeypatch, answer)
    monkeypatch.setattr(running, "ERROR_SECONDS", 0)
    upload = send(b"data")
    write = vars(FileSystemStorage)["_save"]

    def fill_up(storage: FileSystemStorage, name: str, content: object) -> str:
        write(storage, name, content)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "_save", fill_up)
        for _ in range(MAX_ATTEMPTS + 1):
            claimed = claim_next("worker")
            assert claimed
            run(claimed)
    assert get_analysis(upload).state == State.QUEUED and not list(media.glob("*/*.webp"))
    assert run_all() == 1 and get_analysis(upload).attempts == 1
    assert wait(upload, 0).preview and files(media) == {"previews", "error_levels", "thumbnails"}


def test_a_result_that_the_database_does_not_take_is_written_down_later(
    answer: Callable[[Job], Assessment], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_pool(monkeypatch, answer)
    monkeypatch.setattr(running, "ERROR_SECONDS", 0)
    upload = send(b"data")

    def lock(*args: object, **named: object) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(Analysis, "save", lock)
        claimed = claim_next("worker")
        assert claimed
        run(claimed)
    assert get_analysis(upload).state == State.QUEUED
    assert run_all() == 1 and wait(upload, 0).analysis.is_done


def test_an_original_that_is_gone_is_told(monkeypatch: pytest.MonkeyPatch, media: Path) -> None:
    upload = send(b"data")
    next(media.glob("originals/*")).unlink()
    assert run_all() == 1 and "file of this picture is gone" in wait(upload, 0).analysis.error


def test_a_character_that_postgresql_cannot_keep_is_replaced(
    verdict: Callable[..., Verdict], monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = verdict(reason="a\0b")
    use_pool(monkeypatch, lambda job: assess(job.data, odd))
    upload = send(b"data")
    run_all()
    assert wait(upload, 0).result["verdict"]["reason"] == "a\N{REPLACEMENT CHARACTER}b"


# What changes meanwhile


def test_a_picture_that_is_deleted_while_it_waits_is_not_analysed(media: Path) -> None:
    withdraw(send(b"data"))
    assert not Analysis.objects.exists() and not files(media) and run_all() == 0


def test_a_picture_that_is_deleted_during_its_analysis_leaves_nothing(
    answer: Callable[[Job], Assessment], monkeypatch: pytest.MonkeyPatch, media: Path
) -> None:
    def delete_first(job: Job) -> Assessment:
        withdraw(upload)
        return answer(job)

    use_pool(monkeypatch, delete_first)
    upload = send(b"data")
    assert run_all() == 1
    assert not Analysis.objects.exists() and not files(media)
    with pytest.raises(Upload.DoesNotExist):
        wait(upload, 0)


def test_pictures_that_somebody_wants_meanwhile_are_drawn_in_a_second_run(
    answer: Callable[[Job], Assessment], monkeypatch: pytest.MonkeyPatch
) -> None:
    later: list[Upload] = []

    def send_first(job: Job) -> Assessment:
        if not later:
            later.append(send(b"data"))
        return answer(job)

    asked = use_pool(monkeypatch, send_first)
    first = send(b"data", with_pictures=False)
    assert run_all() == 2 and [job.with_pictures for job in asked] == [False, True]
    assert wait(later[0], 0).preview and wait(first, 0).preview is None
    assert get_analysis(first).attempts == 1


@pytest.mark.slow
def test_a_newer_program_gives_its_own_version_to_what_was_waiting(
    answer: Callable[[Job], Assessment],
    verdict: Callable[..., Verdict],
    monkeypatch: pytest.MonkeyPatch,
    media: Path,
) -> None:
    use_pool(monkeypatch, answer)
    old = send(b"old")
    run_all()
    waiting, same = send(b"data"), send(b"data")
    newer = replace(verdict(), version="2+b")
    use_pool(monkeypatch, lambda job: assess(job.data, newer))
    run_all()
    assert wait(waiting, 0).result["version"] == get_analysis(waiting).version == "2+b"
    assert wait(old, 0).result["version"] == "1+a"
    assert wait(same, 0).analysis == wait(waiting, 0).analysis


@pytest.mark.slow
def test_what_was_waiting_joins_the_result_of_the_newer_program(
    verdict: Callable[..., Verdict], monkeypatch: pytest.MonkeyPatch, media: Path
) -> None:
    newer = replace(verdict(), version="2+b")
    use_pool(monkeypatch, lambda job: assess(job.data, newer))
    first = send(b"data")
    run_all()
    second = send(b"data")  # the version that is asked for is still the old one
    assert second.analysis_id != first.analysis_id and run_all() == 1
    assert get_analysis(second) == get_analysis(first) and Analysis.objects.count() == 1
    assert len(list(media.rglob("*.webp"))) == 3 and not list(media.glob("originals/*"))
