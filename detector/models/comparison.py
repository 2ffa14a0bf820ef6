"""A comparison of several copies: which uploads they are, and what was found about them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Q
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone

from detector.analysis.answers import ComparisonAnswer, NotAnalysed, Refused
from detector.comparison.result import ComparisonResult
from detector.inference.images import ImageError

from .analysis import BAD_FILE, UNFINISHED, State, delete_files
from .upload import Upload, expiry

# Where its files lie in the storage, each comparison's in a folder of its own.
FOLDER = "comparisons"
MOST_COPIES = 6
MAX_ATTEMPTS = 3


class ComparisonQuerySet(models.QuerySet["Comparison"]):
    def owned_by(self, owner: uuid.UUID | None) -> ComparisonQuerySet:
        """Those of one browser session that have not expired; of nobody for None."""
        return self.filter(owner=owner, created_at__gte=expiry()) if owner else self.none()

    def expired(self) -> ComparisonQuerySet:
        return self.filter(created_at__lt=expiry())

    def waiting(self) -> ComparisonQuerySet:
        """Those that nobody works at, the oldest first; a worker that died keeps none."""
        lost = Q(state=State.RUNNING, lease_until__lt=timezone.now())
        return self.filter(Q(state=State.QUEUED) | lost).order_by("created_at")

    def delete_with_files(self) -> int:
        """Delete the rows and their files; returns how many rows went."""
        rows = list(self)
        self.model.objects.filter(pk__in=[row.pk for row in rows]).delete()
        for row in rows:
            row.delete_files()
        return len(rows)


class Comparison(models.Model):
    """`result` is a `ComparisonResult` as JSON. The original bytes are kept until it has ended."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.UUIDField(db_index=True, help_text="The session that may see it.")
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often it was begun.")
    lease_until = models.DateTimeField(null=True, help_text="Until then a worker is at it.")
    result = models.JSONField(null=True)
    error = models.TextField(blank=True, help_text="Why there is no result.")
    error_status = models.PositiveSmallIntegerField(null=True)

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}: {self.state}"

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def refusal(self) -> Refused:
        """Why it failed, as an error."""
        return Refused(self.error, self.error_status or BAD_FILE)

    @property
    def typed_result(self) -> ComparisonResult:
        """The typed result. Raises `InvalidResult` for a row of another schema, or without one."""
        return ComparisonResult.from_dict(self.result)

    def original_path(self, place: int) -> str:
        """Where the bytes of one copy lie until the comparison has ended."""
        return f"{FOLDER}/{self.pk}/original-{place}"

    def view_path(self, name: str) -> str:
        """Where one picture of the result lies."""
        return f"{FOLDER}/{self.pk}/{name}"

    def claim(self, lease: timedelta) -> bool:
        """Take it out of the queue, if nobody was faster."""
        taken = Comparison.objects.waiting().filter(pk=self.pk)
        counted = taken.order_by().update(
            state=State.RUNNING,
            attempts=models.F("attempts") + 1,
            lease_until=timezone.now() + lease,
        )
        self.refresh_from_db()
        return bool(counted)

    def succeed(self, answer: ComparisonAnswer) -> None:
        """Keep the result and its pictures. Raises `OSError` where they cannot be written."""
        self._keep_views(answer.pictures)
        self._end(State.DONE, result=answer.result.to_dict())

    def fail(self, error: ImageError) -> None:
        """Write down why there is no result."""
        status = error.status if isinstance(error, NotAnalysed) else BAD_FILE
        self._end(State.FAILED, error=str(error), error_status=status)

    def give_back(self, error: ImageError) -> None:
        """Put a run that came to nothing back into the queue, or let it fail after the last one."""
        if self.attempts >= MAX_ATTEMPTS:
            self.fail(error)
        else:
            rows = Comparison.objects.filter(pk=self.pk)
            rows.update(state=State.QUEUED, lease_until=None)

    def _keep_views(self, pictures: Mapping[str, bytes]) -> None:
        for name, data in pictures.items():
            path = self.view_path(name)
            default_storage.delete(path)  # of a run before
            default_storage.save(path, ContentFile(data))

    def _end(self, state: State, **fields: Any) -> None:
        rows = Comparison.objects.filter(pk=self.pk)
        if rows.update(state=state, lease_until=None, **fields):
            delete_files(self._original_paths())
        else:  # its owner has deleted it meanwhile
            self.delete_files()

    def delete_files(self) -> None:
        """Delete all that the storage holds of it."""
        folder = f"{FOLDER}/{self.pk}"
        try:
            names = default_storage.listdir(folder)[1]
        except FileNotFoundError:  # nothing was kept
            return
        delete_files([*(f"{folder}/{name}" for name in names), folder])

    def _original_paths(self) -> list[str]:
        return [self.original_path(place) for place in range(MOST_COPIES)]


class ComparedCopy(models.Model):
    """One of the files; `from_preview` where only the preview of its upload could be compared."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="copies")
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="comparisons")
    place = models.PositiveSmallIntegerField()
    from_preview = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "compared copies"
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["comparison", "place"], name="one_copy_a_place"),
        ]

    def __str__(self) -> str:
        return f"{self.place}: {self.upload_id}"


@receiver(post_delete, sender=ComparedCopy)
def delete_comparison(sender: type[ComparedCopy], instance: ComparedCopy, **kwargs: Any) -> None:
    """A comparison shows the pictures of its copies: it goes with the first that is deleted."""
    rows = Comparison.objects.filter(pk=instance.comparison_id)
    transaction.on_commit(lambda: rows.delete_with_files())
