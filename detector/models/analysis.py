"""An analysis: what one version says about the bytes of one file, from the queue to the result."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q
from django.utils import timezone

from detector.analysis.answers import PICTURES, Assessment, NotAnalysed, Refused
from detector.inference.images import ImageError
from detector.inference.results.verdict import SCHEMA

logger = logging.getLogger(__name__)

# Where the files of each field lie in the storage.
FILES = {
    "preview": "previews",
    "error_levels": "error_levels",
    "thumbnail": "thumbnails",
    "original": "originals",
}
# The status of the answer to a file that cannot be opened.
BAD_FILE = 400


class State(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


UNFINISHED = (State.QUEUED, State.RUNNING)


class Priority(models.IntegerChoices):
    """Smaller numbers go first: somebody waits for these."""

    INTERACTIVE = 0
    BULK = 1


class Place(NamedTuple):
    """A place in the queue, which goes by priority, then by turn, then by the time.

    `turn` is the round of the queue, in each of which a sender has one interactive picture
    analysed; files of who sent damaged ones of late are put off by some rounds.
    """

    priority: int
    turn: int
    sender: uuid.UUID


class Key(NamedTuple):
    """What makes two analyses the same one.

    `scope` is the owner whose uploads it may answer, or NOBODY for those of all owners.
    """

    sha256: str
    version: str
    scope: uuid.UUID
    with_stability: bool = False


def preview_path(analysis: Analysis, filename: str) -> str:
    return f"{FILES['preview']}/{analysis.pk}.webp"


def error_levels_path(analysis: Analysis, filename: str) -> str:
    return f"{FILES['error_levels']}/{analysis.pk}.webp"


def thumbnail_path(analysis: Analysis, filename: str) -> str:
    return f"{FILES['thumbnail']}/{analysis.pk}.webp"


def original_path(analysis: Analysis, filename: str) -> str:
    """A name of its own each time: whoever still reads the file of before is not disturbed."""
    return f"{FILES['original']}/{uuid.uuid4()}"


class AnalysisQuerySet(models.QuerySet["Analysis"]):
    def with_key(self, key: Key) -> AnalysisQuerySet:
        return self.filter(**key._asdict())

    def waiting(self, priority: int = Priority.INTERACTIVE) -> AnalysisQuerySet:
        return self.filter(state=State.QUEUED, priority=priority)

    def in_order(self) -> AnalysisQuerySet:
        """All that wait, the next one first."""
        return self.filter(state=State.QUEUED).order_by("priority", "turn", "queued_at")

    def of_run(self, analysis: Analysis) -> AnalysisQuerySet:
        """The row, as long as the run that `analysis` was claimed for is the one that counts."""
        run = {"worker": analysis.worker, "attempts": analysis.attempts}
        return self.filter(pk=analysis.pk, state=State.RUNNING, **run)


class Analysis(models.Model):
    """The original bytes are kept until it is done or has failed; then small pictures alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sha256 = models.CharField(max_length=64)
    version = models.CharField(max_length=64)
    scope = models.UUIDField(help_text="Whose uploads it answers; zeros: everybody's.")
    with_stability = models.BooleanField(default=False)

    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.INTERACTIVE)
    # The database knows the default, too: a program of before writes rows until it is restarted.
    turn = models.PositiveIntegerField(default=0, db_default=0, help_text="Round, see `Place`.")
    sender = models.UUIDField(null=True, help_text="Token or address, digested, while it waits.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often it was begun.")
    worker = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True, help_text="Until then it is the worker's.")
    queued_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    size = models.PositiveIntegerField(help_text="Bytes of the file.")
    original = models.FileField(upload_to=original_path, blank=True)
    format = models.CharField(max_length=16, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    preview = models.FileField(upload_to=preview_path, blank=True)
    error_levels = models.FileField(upload_to=error_levels_path, blank=True)
    thumbnail = models.FileField(upload_to=thumbnail_path, blank=True)
    likeness = models.CharField(max_length=16, blank=True, help_text="Perceptual hash.")

    label = models.CharField(max_length=16, blank=True, db_index=True)
    outcome = models.CharField(max_length=16, blank=True, db_index=True)
    score = models.FloatField(null=True, db_index=True)
    basis = models.CharField(max_length=24, blank=True, help_text="What the outcome rests on.")
    result = models.JSONField(null=True, help_text="Verdict.to_dict(), without an upload's name.")
    error = models.TextField(blank=True, help_text="Why there is no result.")
    error_status = models.PositiveSmallIntegerField(null=True)
    retry_after = models.PositiveIntegerField(null=True, help_text="Seconds.")

    objects = AnalysisQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "analyses"
        ordering = ["-queued_at"]
        indexes = [
            models.Index(fields=["state", "priority", "turn", "queued_at"], name="analysis_queue"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["sha256", "version", "scope", "with_stability"], name="analysis_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queued_at:%Y-%m-%d %H:%M}: {self.outcome or self.state}"

    @property
    def key(self) -> Key:
        return Key(self.sha256, self.version, self.scope, self.with_stability)

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def is_done(self) -> bool:
        return self.state == State.DONE

    @property
    def position(self) -> int:
        """How many are analysed before this one, of those that wait."""
        ahead = Q(priority=self.priority, turn=self.turn, queued_at__lt=self.queued_at)
        ahead |= Q(priority=self.priority, turn__lt=self.turn)
        ahead |= Q(priority__lt=self.priority)
        return Analysis.objects.filter(ahead, state=State.QUEUED).count()

    @property
    def refusal(self) -> Refused:
        """Why it failed, as an error."""
        return Refused(self.error, self.error_status or BAD_FILE, self.retry_after)

    def answers(self, with_pictures: bool) -> bool:
        """Whether this is, or will be, the answer to the same bytes once more.

        A method that failed may have been short of memory or time for a moment: it is asked again.
        """
        if self.is_unfinished:
            return True
        if self.result is None or self.result.get("schema") != SCHEMA:
            return False
        if any(map(_may_differ, self.result["methods"])):
            return False
        return not with_pictures or self.has_pictures()

    def has_pictures(self) -> bool:
        """Whether all pictures are still there."""
        fields = [getattr(self, name) for name in PICTURES]
        return all(field and field.storage.exists(field.name) for field in fields)

    def queue(self, original: str, size: int, place: Place) -> None:
        """Make it one that waits, in memory: `original` is the path of its bytes."""
        self.original.name, self.size = original, size
        self.priority, self.turn, self.sender = place
        self.state, self.attempts, self.worker, self.lease_until = State.QUEUED, 0, "", None
        self.queued_at, self.started_at, self.finished_at = timezone.now(), None, None
        self.result, self.label, self.outcome, self.score, self.basis = None, "", "", None, ""
        self.error, self.error_status, self.retry_after = "", None, None

    def succeed(self, assessment: Assessment) -> None:
        """Take the result over, in memory. Raises `ValueError` for one that is of no file."""
        file, verdict = assessment.file, assessment.verdict
        self._end(State.DONE)
        self.format, self.width, self.height = file.format, file.width, file.height
        self.version = verdict.version
        self.label, self.outcome, self.score = verdict.label, verdict.outcome, verdict.score
        self.basis, self.likeness = verdict.basis, assessment.likeness or self.likeness
        self.result = _without_nul(verdict.to_dict())

    def fail(self, error: ImageError) -> None:
        """Take over why there is no result, in memory."""
        self._end(State.FAILED)
        self.error, self.error_status = str(error), BAD_FILE
        if isinstance(error, NotAnalysed):
            self.error_status, self.retry_after = error.status, error.retry_after

    def _end(self, state: State) -> None:
        self.state, self.worker, self.lease_until = state, "", None
        self.finished_at, self.original.name, self.sender = timezone.now(), "", None

    def keep_pictures(self, assessment: Assessment) -> None:
        """Write the pictures into the storage. Raises `OSError`."""
        for name, path in self._picture_paths().items():
            default_storage.delete(path)  # of a run before, else this one got another name
            getattr(self, name).save("", ContentFile(getattr(assessment, name)), save=False)

    def delete_pictures(self) -> None:
        """Delete preview, error levels and thumbnail, as far as there are any.

        By their paths: a file of which only a part could be written is not in the row.
        """
        delete_files(self._picture_paths().values())

    def _picture_paths(self) -> dict[str, str]:
        return {
            "preview": preview_path(self, ""),
            "error_levels": error_levels_path(self, ""),
            "thumbnail": thumbnail_path(self, ""),
        }


def delete_files(paths: Iterable[str | None]) -> None:
    """Delete files from the storage; what cannot be deleted is left to the sweep."""
    for path in filter(None, paths):
        try:
            default_storage.delete(path)
        except Exception:  # of whatever storage; the next files must go all the same
            logger.exception("%s cannot be deleted", path)


def _without_nul(value: Any) -> Any:
    """The value without the one character that PostgreSQL keeps in no text; files may have it."""
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nul(each) for each in value]
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value


def _may_differ(method: dict[str, Any]) -> bool:
    """Whether the method may say more when it is asked again."""
    unread = any(exhibit["data"].get("manifest") == "unreadable" for exhibit in method["exhibits"])
    return method["status"] == "error" or unread
