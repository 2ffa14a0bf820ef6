"""A batch: uploads that belong together, and how many of them there shall be."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from .analysis import UNFINISHED, State
from .upload import Upload, expiry


class BatchQuerySet(models.QuerySet["Batch"]):
    def owned_by(self, owner: uuid.UUID | None) -> BatchQuerySet:
        """Those of one session or token; of nobody for None."""
        return self.filter(owner=owner) if owner else self.none()

    def expired(self) -> BatchQuerySet:
        """Those older than RETENTION_HOURS of which no upload is left."""
        return self.filter(created_at__lt=expiry(), uploads__isnull=True)

    def finished(self) -> BatchQuerySet:
        """Those of which everything was sent that was announced, and nothing waits any more."""
        unfinished = Upload.objects.filter(batch=OuterRef("pk"), analysis__state__in=UNFINISHED)
        complete = Q(size__isnull=False, sent__gte=models.F("size"))
        return self.filter(complete & ~Exists(unfinished))


class Batch(models.Model):
    """`sent` counts what was ever sent: a deleted upload delays no message about the end."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.UUIDField(db_index=True, help_text="The session or token that may see it.")
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    name = models.CharField(max_length=200)
    size = models.PositiveIntegerField(null=True, help_text="How many pictures will be sent.")
    sent = models.PositiveIntegerField(default=0, help_text="How many pictures were sent.")

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "batches"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}: {self.name}"

    def count_states(self) -> dict[str, int]:
        """The number of uploads in each state."""
        kept = self.uploads.filter(removed_at=None).order_by()
        rows = kept.values_list("analysis__state").annotate(Count("pk"))
        counts = dict(rows)
        return {state.value: counts.get(state, 0) for state in State}
