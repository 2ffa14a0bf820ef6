"""How copies come in to be compared, and how a worker carries a comparison out."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from detector import installation
from detector.analysis.answers import BrokenOff, Busy, ComparisonJob, NotAnalysed
from detector.inference.images import ImageError
from detector.models import Analysis, ComparedCopy, Comparison, Priority, Upload
from detector.models.comparison import MOST_COPIES

from . import beside
from .engines import QUEUES, RETRIES
from .submitting import submit

logger = logging.getLogger(__name__)

# The name of the Celery task.
COMPARING_TASK = "detector.compare"
FEWEST_COPIES = 2
# Longer than a comparison can take: its process is killed before, or starts anew.
MARGIN = timedelta(minutes=5)


@dataclass(frozen=True)
class Source:
    """What is compared: a `file` that is sent now, or an `upload` of which a preview is left."""

    file: File[Any] | None = None
    upload: Upload | None = None


class Gone(NotAnalysed):
    def __init__(self) -> None:
        super().__init__("A file of this comparison is gone, so there is no result. Send it again.")


class WrongNumber(ImageError):
    def __init__(self, count: int) -> None:
        super().__init__(
            f"There are {count} copies; accepted are {FEWEST_COPIES} to {MOST_COPIES}. "
            "Choose two files or more that show the same picture."
        )


def submit_comparison(sources: Sequence[Source], *, owner: uuid.UUID) -> Comparison:
    """Take copies in, to be analysed each, and compared.

    Raises `WrongNumber` for too few or too many, `Busy` where too many wait already, and `OSError`
    where the bytes cannot be kept.
    """
    if not FEWEST_COPIES <= len(sources) <= MOST_COPIES:
        raise WrongNumber(len(sources))
    waiting = Comparison.objects.waiting().count()
    if waiting >= settings.ANALYSIS_QUEUE:
        raise Busy(waiting)
    Comparison.objects.expired().delete_with_files()
    comparison = Comparison(owner=owner)
    try:
        _keep(comparison, sources)
    except BaseException:
        comparison.delete_files()
        raise
    STARTERS[settings.ANALYSIS_ENGINE](comparison)
    return comparison


def _keep(comparison: Comparison, sources: Sequence[Source]) -> None:
    copies = []
    for place, source in enumerate(sources):
        # First the copy: when an upload is analysed its original is deleted.
        default_storage.save(comparison.original_path(place), _bytes_of(source))
        upload = source.upload or _submit(source.file, comparison.owner)
        from_preview = source.upload is not None
        copies.append(
            ComparedCopy(
                comparison=comparison, upload=upload, place=place, from_preview=from_preview
            )
        )
    comparison.created_at = timezone.now()  # after its pictures, which go first
    with transaction.atomic():
        comparison.save(force_insert=True)
        ComparedCopy.objects.bulk_create(copies)


def _bytes_of(source: Source) -> File[Any]:
    if source.file is not None:
        source.file.seek(0)
        return source.file
    preview = source.upload and source.upload.preview
    if not preview:
        raise Gone
    return File(preview.open(), name="preview")


def _submit(file: File[Any] | None, owner: uuid.UUID) -> Upload:
    if file is None:
        raise ValueError("A source is a file or an upload.")
    file.seek(0)
    return submit(file, owner=owner, filename=file.name or "")


def claim_comparison() -> Comparison | None:
    """The next comparison, now in the hands of this worker; None where none waits.

    A picture that came before it goes first.
    """
    lease = timedelta(seconds=settings.ANALYSIS_TIMEOUT * MOST_COPIES) + MARGIN
    for comparison in Comparison.objects.waiting()[:FEWEST_COPIES]:
        earlier = Analysis.objects.waiting().filter(queued_at__lt=comparison.created_at)
        if earlier.exists():
            return None
        if comparison.claim(lease):
            return comparison
    return None


def run_comparison(comparison: Comparison) -> None:
    """Carry out a claimed comparison and write down the result, or why there is none."""
    try:
        comparison.succeed(installation.get_pool().compare(_prepare(comparison)))
    except FileNotFoundError:
        comparison.fail(Gone())
    except BrokenOff as error:
        comparison.give_back(error)
    except ImageError as error:
        comparison.fail(error)
    except Exception:
        logger.exception("Comparison %s came to nothing.", comparison.pk)
        comparison.give_back(BrokenOff())


def _prepare(comparison: Comparison) -> ComparisonJob:
    """What the pool has to do. Raises `OSError` where the bytes cannot be read."""
    places = comparison.copies.values_list("place", flat=True)
    sources = tuple(_read(comparison.original_path(place)) for place in places)
    seconds = settings.ANALYSIS_TIMEOUT * len(sources)
    return ComparisonJob(sources, installation.get_limits(), seconds, id=str(comparison.pk))


def _read(path: str) -> bytes:
    with default_storage.open(path) as file:
        data: bytes = file.read()
    return data


# Who carries it out, by the setting ANALYSIS_ENGINE


def _run_inline(comparison: Comparison) -> None:
    """In this process, before anything else: for tests."""
    while claimed := claim_comparison():
        run_comparison(claimed)


def _wake_worker(comparison: Comparison) -> None:
    """By the worker beside the web process, which sees the row in the database."""
    beside.wake()


def _send(comparison: Comparison) -> None:
    """By any Celery worker, which looks for itself which comparison is next."""
    transaction.on_commit(send_comparison)


def send_comparison() -> None:
    """Have a Celery worker look for comparisons that wait."""
    # Not at the top: only where there is a broker its packages are installed.
    from kombu.exceptions import OperationalError

    from ai_image_detector.celery import app

    try:
        queue = QUEUES[Priority.INTERACTIVE]
        app.send_task(COMPARING_TASK, queue=queue, retry_policy=RETRIES)
    except OperationalError as error:
        logger.error("The broker is away: %s", error)  # an idle worker sends it again


STARTERS = {"INLINE": _run_inline, "EMBEDDED": _wake_worker, "CELERY": _send}
