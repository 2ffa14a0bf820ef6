"""An upload: the file that somebody has sent, under its name, and the analysis that answers it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models.fields.files import FieldFile
from django.urls import reverse
from django.utils import timezone

from detector.inference.results import Verdict

from .analysis import Analysis, delete_files

DELETED_AT_ONCE = 500  # rows; a statement takes only so many parameters
# For how long its owner may take a deletion back, and how much later such a request may arrive.
UNDO_SECONDS, UNDO_GRACE = 10, 5


def expiry() -> datetime:
    """What was uploaded before this moment is older than RETENTION_HOURS."""
    return timezone.now() - timedelta(hours=settings.RETENTION_HOURS)


def undo_limit() -> datetime:
    """What was removed before this moment stays removed."""
    return timezone.now() - timedelta(seconds=UNDO_SECONDS + UNDO_GRACE)


class UploadQuerySet(models.QuerySet["Upload"]):
    def owned_by(self, owner: uuid.UUID | None) -> UploadQuerySet:
        """Those of one session that neither expired nor were removed; of nobody for None."""
        if owner is None:
            return self.none()
        mine = self.filter(owner=owner, created_at__gte=expiry(), removed_at=None)
        return mine.select_related("analysis")

    def expired(self) -> UploadQuerySet:
        """Those older than RETENTION_HOURS, and those whose removal cannot be undone any more."""
        removed = models.Q(removed_at__lt=undo_limit())
        return self.filter(models.Q(created_at__lt=expiry()) | removed)

    def remove(self) -> list[uuid.UUID]:
        """Hide the rows at once; the sweep deletes them, unless `restore` comes before it."""
        uploads = list(self.values_list("pk", flat=True))
        for start in range(0, len(uploads), DELETED_AT_ONCE):
            some = Upload.objects.filter(pk__in=uploads[start : start + DELETED_AT_ONCE])
            some.update(removed_at=timezone.now())
        return uploads

    def restore(self, owner: uuid.UUID, removed_since: datetime) -> int:
        """Take back what its owner has removed since a moment; returns how many rows came back."""
        since = max(removed_since, undo_limit())
        return self.filter(owner=owner, removed_at__gte=since).update(removed_at=None)

    def delete_with_files(self) -> int:
        """Delete the rows and what no other upload needs; returns how many rows went."""
        pairs = list(self.values_list("pk", "analysis_id"))
        for start in range(0, len(pairs), DELETED_AT_ONCE):
            some = pairs[start : start + DELETED_AT_ONCE]
            _delete([pk for pk, _ in some], {analysis for _, analysis in some})
        return len(pairs)


def _delete(uploads: list[uuid.UUID], analyses: set[uuid.UUID]) -> None:
    with transaction.atomic():
        # Locked: whoever attaches an upload meanwhile waits, and then finds the row gone.
        rows = Analysis.objects.filter(pk__in=analyses).order_by("pk").select_for_update()
        files = list(rows.only("pk", "original", "preview"))
        Upload.objects.filter(pk__in=uploads).delete()
        rest = dict(_find_rest(analyses))
        orphans = [row for row in files if row.pk not in rest]
        # Uploads without a page are no reason to keep pictures.
        unseen = [row for row in files if row.preview and not rest.get(row.pk, False)]
        Analysis.objects.filter(pk__in=[row.pk for row in orphans]).delete()
        hidden = Analysis.objects.filter(pk__in=[row.pk for row in unseen])
        hidden.update(preview="", error_levels="", thumbnail="")
    for row in unseen:
        row.delete_pictures()
    delete_files(row.original.name for row in orphans)


def _find_rest(analyses: set[uuid.UUID]) -> Iterator[tuple[uuid.UUID, bool]]:
    """The analyses that still have an upload, and whether one of these shows the pictures."""
    rest = Upload.objects.filter(analysis__in=analyses).order_by("with_pictures")
    yield from rest.values_list("analysis_id", "with_pictures")


class Mark(models.TextChoices):
    """What its owner thinks of a picture, whatever the verdict says."""

    ACCEPT = "accept"
    QUESTION = "question"
    REJECT = "reject"


class Upload(models.Model):
    """One file of one person; `with_pictures` says whether there is a page that shows it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.UUIDField(db_index=True, help_text="The session or token that may see it.")
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    filename = models.CharField(max_length=255)
    with_pictures = models.BooleanField(default=True)
    author = models.CharField(max_length=100, blank=True, help_text="Who reports it, they say.")
    analysis = models.ForeignKey(Analysis, on_delete=models.CASCADE, related_name="uploads")
    batch = models.ForeignKey(
        "detector.Batch", on_delete=models.SET_NULL, null=True, blank=True, related_name="uploads"
    )

    mark = models.CharField(max_length=8, choices=Mark, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    removed_at = models.DateTimeField(null=True, editable=False, help_text="By its owner.")

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        # Of the lists of the API, which are read in parts.
        indexes = [
            models.Index(fields=["owner", "created_at", "id"], name="upload_of_owner"),
            models.Index(fields=["batch", "created_at", "id"], name="upload_of_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}: {self.analysis.outcome or self.analysis.state}"

    def get_absolute_url(self) -> str:
        return reverse("detector:result", args=[self.pk])

    @property
    def preview(self) -> FieldFile | None:
        return self.analysis.preview if self.with_pictures else None

    @property
    def error_levels(self) -> FieldFile | None:
        return self.analysis.error_levels if self.with_pictures else None

    @property
    def thumbnail(self) -> FieldFile | None:
        return self.analysis.thumbnail if self.with_pictures else None

    @property
    def result(self) -> dict[str, Any]:
        """The result as this upload's own. Raises `ValueError` while there is none."""
        result = self.analysis.result
        if result is None:
            raise ValueError(f"The analysis of upload {self.pk} is {self.analysis.state}.")
        own = {"id": str(self.pk), "created": self.created_at.isoformat()}
        named: dict[str, Any] = result | own
        return named | {"file": result["file"] | {"name": self.filename}}

    @property
    def verdict(self) -> Verdict:
        """The typed result. Raises `InvalidResult` for a row of another schema."""
        return Verdict.from_dict(self.result)
