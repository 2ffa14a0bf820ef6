"""Batches of one owner on the pages: made, filled picture by picture, and how far they are."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.core.files.base import File
from django.db.models import F
from django.utils import timezone

from detector.analysis.answers import NotAnalysed
from detector.inference.images import ImageError, say_too_large
from detector.inference.wording import ENGLISH, say
from detector.installation import get_limits
from detector.models import Analysis, Batch, Priority, State, Upload

from .submitting import submit

MAX_BATCH = 500  # pictures
# The rate of the newest pictures tells most about the next ones.
NEWEST = 20
MAX_NAME = 200


class BatchFull(NotAnalysed):
    status = 409

    def __init__(self) -> None:
        super().__init__(say("refusal.batch_full", {"most": MAX_BATCH}, ENGLISH))


def make_batch(owner: uuid.UUID, name: str, size: int) -> Batch:
    """A batch for `size` pictures that are still to be sent, from 1 to `MAX_BATCH`."""
    return Batch.objects.create(owner=owner, name=name[:MAX_NAME], size=size)


def add_to_batch(batch: Batch, file: File[Any], filename: str, *, with_stability: bool) -> Upload:
    """Take a file into a batch. A file that is refused is a row of the batch, too, with the reason.

    Raises `BatchFull`, and where the same may succeed later `Busy` and its like, or `OSError`.
    """
    _take_place(batch)
    try:
        return _submit(batch, file, filename, with_stability)
    except ImageError as error:
        if getattr(error, "retry_after", None) is None:
            return _keep_refusal(batch, file, filename, error)
        _give_place_back(batch)
        raise
    except BaseException:
        _give_place_back(batch)
        raise


def _take_place(batch: Batch) -> None:
    """Count a picture before it is there, so that two requests do not get the last place."""
    places = Batch.objects.filter(pk=batch.pk, sent__lt=MAX_BATCH)
    if not places.update(sent=F("sent") + 1):
        raise BatchFull
    # More than was announced is no error: the batch then grows.
    Batch.objects.filter(pk=batch.pk, size__lt=F("sent")).update(size=F("sent"))


def _give_place_back(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).update(sent=F("sent") - 1)


def _submit(batch: Batch, file: File[Any], filename: str, with_stability: bool) -> Upload:
    limits = get_limits()
    if file.size > limits.max_bytes:
        raise TooLarge(say_too_large(file.size, limits))
    return submit(
        file,
        owner=batch.owner,
        filename=filename,
        priority=Priority.BULK,
        with_stability=with_stability,
        batch=batch,
    )


class TooLarge(NotAnalysed):
    status = 413


def _keep_refusal(batch: Batch, file: File[Any], filename: str, error: ImageError) -> Upload:
    """A row that says why this file has no result; nothing else of the file is kept."""
    analysis = Analysis(sha256="", scope=uuid.uuid4(), size=file.size)
    analysis.fail(error)
    analysis.save()
    return Upload.objects.create(
        owner=batch.owner, filename=filename[:255], analysis=analysis, batch=batch
    )


@dataclass(frozen=True)
class Progress:
    """How far a batch is: pictures by state, those not yet sent, and seconds left if known."""

    total: int
    done: int
    failed: int
    waiting: int
    missing: int
    seconds_left: float | None

    @property
    def ended(self) -> int:
        return self.done + self.failed

    @property
    def percent(self) -> int:
        return 100 * self.ended // self.total if self.total else 100

    @property
    def tenths(self) -> int:
        """The per cent rounded down to tens, for readers to whom every change is read out."""
        return self.percent // 10 * 10

    @property
    def is_finished(self) -> bool:
        """Whether every picture that was sent has an answer."""
        return not self.waiting


def measure_progress(batch: Batch) -> Progress:
    """Counted now."""
    counts = batch.count_states()
    done, failed = counts[State.DONE], counts[State.FAILED]
    waiting = counts[State.QUEUED] + counts[State.RUNNING]
    missing = max((batch.size or batch.sent) - batch.sent, 0)
    total = done + failed + waiting + missing
    left = _seconds_left(batch, waiting) if waiting else None
    return Progress(total, done, failed, waiting, missing, left)


def _seconds_left(batch: Batch, waiting: int) -> float | None:
    """From the rate of the newest pictures; None before two of them have ended."""
    ended = Upload.objects.filter(batch=batch, analysis__finished_at__gte=batch.created_at)
    moments = ended.order_by("-analysis__finished_at").values_list("analysis__finished_at")
    newest = [moment for (moment,) in moments[:NEWEST] if moment]
    if len(newest) < 2:
        return None
    # Up to now: where nothing ends any more, the time left grows.
    passed = timezone.now() - newest[-1]
    return waiting * passed.total_seconds() / len(newest)
