"""What a request with an Idempotency-Key has made, so that the same request makes it only once."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .upload import expiry

# A request that is still at work after so long has died.
AT_WORK = timedelta(minutes=10)


class IdempotencyKeyQuerySet(models.QuerySet["IdempotencyKey"]):
    def expired(self) -> IdempotencyKeyQuerySet:
        """Those older than the results that they made, and those whose request has died."""
        died = Q(made__isnull=True, created_at__lt=timezone.now() - AT_WORK)
        return self.filter(Q(created_at__lt=expiry()) | died)


class IdempotencyKey(models.Model):
    """`made` are the ids of the rows; their content is not kept, and goes when they are deleted."""

    scope = models.UUIDField(help_text="Whose key it is.")
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64, help_text="Of the request.")
    made = models.JSONField(null=True, help_text="None while the request is at work.")
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="idempotency_key_once"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def ids(self) -> list[uuid.UUID]:
        return [uuid.UUID(each) for each in self.made or []]
