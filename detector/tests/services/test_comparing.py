"""Comparisons in the queue: kept, carried out, given back, and gone with their copies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from detector import installation
from detector.analysis.answers import BrokenOff, Busy, ComparisonAnswer, ComparisonJob, TooSlow
from detector.comparison.result import ComparisonResult, File, PairResult
from detector.models import Analysis, Comparison, State, Upload
from detector.models.comparison import MAX_ATTEMPTS
from detector.services import (
    Source,
    claim_comparison,
    run_comparison,
    submit,
    submit_comparison,
)
from detector.services.comparing import WrongNumber
from detector.sweep import sweep
from detector.tests.factories.pictures import encode, photo
from detector.tests.factories.queue import OWNER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("idle")]

FILES = (File("JPEG", 9, 8, 90, False), File("JPEG", 5, 4, 70, False))
PAIR = PairResult(1, "same", 50, 60, 9, 1.0, None, 0.5, (), False, True)
VIEWS = {"1-reference.webp": b"a", "1-copy.webp": b"b", "1-difference.png": b"c"}
ANSWER = ComparisonAnswer(ComparisonResult(FILES, 0, (PAIR,)), VIEWS)


def submit_two(name: str = "copy.jpg") -> Comparison:
    files = [ContentFile(encode(photo(side), "JPEG"), name) for side in (96, 64)]
    return submit_comparison([Source(file=file) for file in files], owner=OWNER)


def use_pool(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[ComparisonJob], ComparisonAnswer]
) -> list[ComparisonJob]:
    asked: list[ComparisonJob] = []

    class Pool:
        def compare(self, job: ComparisonJob) -> ComparisonAnswer:
            asked.append(job)
            return answer(job)

    monkeypatch.setattr(installation, "get_pool", Pool)
    return asked


def fail_with(error: Exception) -> Callable[[ComparisonJob], ComparisonAnswer]:
    def answer(job: ComparisonJob) -> ComparisonAnswer:
        raise error

    return answer


def run_next() -> Comparison:
    comparison = claim_comparison()
    assert comparison is not None
    run_comparison(comparison)
    comparison.refresh_from_db()
    return comparison


def finish_analyses() -> None:
    Analysis.objects.update(state=State.DONE)


def names(media: Path) -> set[str]:
    return {path.name for path in (media / "comparisons").rglob("*") if path.is_file()}


def test_the_copies_are_analysed_and_compared(
    monkeypatch: pytest.MonkeyPatch, media: Path, settings: Settings
) -> None:
    submit_two()
    assert Upload.objects.filter(owner=OWNER, analysis__state=State.QUEUED).count() == 2
    assert names(media) == {"original-0", "original-1"}
    asked = use_pool(monkeypatch, lambda job: ANSWER)
    finish_analyses()
    comparison = run_next()
    assert comparison.state == State.DONE and comparison.typed_result == ANSWER.result
    assert asked[0].sources[0] == encode(photo(96), "JPEG")
    assert asked[0].seconds == 2 * settings.ANALYSIS_TIMEOUT
    # Of the files nothing is left but the small pictures.
    assert names(media) == set(VIEWS)
    assert claim_comparison() is None


@pytest.mark.slow
def test_a_picture_that_waits_longer_goes_first() -> None:
    submit_two()
    assert claim_comparison() is None
    finish_analyses()
    assert claim_comparison() is not None


@pytest.mark.parametrize("count", [0, 1, 7])
def test_too_few_and_too_many_copies_are_refused(count: int, media: Path) -> None:
    sources = [Source(file=ContentFile(b"x", "x.jpg"))] * count
    with pytest.raises(WrongNumber, match=f"There are {count} copies; accepted are 2 to 6"):
        submit_comparison(sources, owner=OWNER)
    assert not Comparison.objects.exists() and not names(media)


def test_too_many_comparisons_are_refused(settings: Settings) -> None:
    submit_two()
    settings.ANALYSIS_QUEUE = 1
    with pytest.raises(Busy):
        submit_two()


def test_an_earlier_upload_is_compared_by_its_preview(
    monkeypatch: pytest.MonkeyPatch, make_upload: Callable[..., Upload]
) -> None:
    upload = make_upload(owner=OWNER)
    file = ContentFile(encode(photo(), "JPEG"), "b.jpg")
    comparison = submit_comparison([Source(upload=upload), Source(file=file)], owner=OWNER)
    assert [copy.from_preview for copy in comparison.copies.all()] == [True, False]
    asked = use_pool(monkeypatch, lambda job: ANSWER)
    finish_analyses()
    run_next()
    assert asked[0].sources[0].startswith(b"RIFF")


def test_what_cannot_be_compared_says_why(monkeypatch: pytest.MonkeyPatch, media: Path) -> None:
    submit_two()
    finish_analyses()
    use_pool(monkeypatch, fail_with(TooSlow(60)))
    comparison = run_next()
    assert comparison.state == State.FAILED and "60 seconds" in str(comparison.refusal)
    assert comparison.refusal.status == 422 and not names(media)


@pytest.mark.slow
def test_a_run_that_broke_off_is_tried_again_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    submit_two()
    finish_analyses()
    use_pool(monkeypatch, fail_with(BrokenOff()))
    states = [run_next().state for _ in range(MAX_ATTEMPTS)]
    assert states == [State.QUEUED, State.QUEUED, State.FAILED]


def test_a_worker_that_died_loses_its_comparison() -> None:
    submit_two()
    finish_analyses()
    assert claim_comparison() is not None and claim_comparison() is None
    Comparison.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert claim_comparison() is not None


def test_files_that_are_gone_are_no_comparison(
    monkeypatch: pytest.MonkeyPatch, media: Path
) -> None:
    comparison = submit_two()
    finish_analyses()
    (media / comparison.original_path(1)).unlink()
    use_pool(monkeypatch, lambda job: ANSWER)
    assert "Send it again" in run_next().error


@pytest.mark.slow
def test_a_comparison_goes_with_each_of_its_copies(
    monkeypatch: pytest.MonkeyPatch,
    media: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    submit_two()
    finish_analyses()
    use_pool(monkeypatch, lambda job: ANSWER)
    run_next()
    with django_capture_on_commit_callbacks(execute=True):
        Upload.objects.filter(pk=Upload.objects.all()[0].pk).delete_with_files()
    assert not Comparison.objects.exists() and not names(media)


def test_expired_comparisons_and_files_without_a_row_are_swept(
    monkeypatch: pytest.MonkeyPatch, media: Path, settings: Settings
) -> None:
    comparison = submit_two()
    old = timezone.now() - timedelta(hours=settings.RETENTION_HOURS + 1)
    Comparison.objects.filter(pk=comparison.pk).update(created_at=old)
    orphan = media / "comparisons" / "0" / "1-copy.webp"
    orphan.parent.mkdir()
    orphan.write_bytes(b"x")
    sweep()
    assert not Comparison.objects.exists() and not names(media)


def test_what_is_deleted_meanwhile_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, media: Path
) -> None:
    submit_two()
    finish_analyses()
    comparison = claim_comparison()
    assert comparison is not None

    def delete(job: ComparisonJob) -> ComparisonAnswer:
        Comparison.objects.all().delete_with_files()
        return ANSWER

    use_pool(monkeypatch, delete)
    run_comparison(comparison)
    assert not Comparison.objects.exists() and not names(media)


def test_an_analysis_of_a_copy_keeps_its_own_file(media: Path) -> None:
    """Each is deleted when its own work has ended."""
    submit_two()
    assert len(list((media / "originals").iterdir())) == 2
    upload = submit(ContentFile(encode(photo(96), "JPEG")), owner=OWNER, filename="again.jpg")
    assert upload.analysis.is_unfinished
