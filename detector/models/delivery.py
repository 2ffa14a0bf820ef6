"""A message that tells somebody's server the end of an analysis or a batch."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .analysis import State
from .api_token import ApiToken
from .batch import Batch
from .upload import Upload

MAX_ATTEMPTS = 8
# The pause after the first attempt, how many times longer each next one is, and the longest.
FIRST_PAUSE, GROWTH, LONGEST_PAUSE = timedelta(seconds=10), 4, timedelta(hours=1)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self) -> DeliveryQuerySet:
        """Those about something that has ended, whose next attempt may begin.

        A moment later than any pause was written down before the clock was set back.
        """
        now = timezone.now()
        time = Q(next_at__lte=now) | Q(next_at__gt=now + 2 * LONGEST_PAUSE)
        ended = Q(upload__analysis__state__in=(State.DONE, State.FAILED))
        ended |= Q(batch__in=Batch.objects.finished())
        return self.filter(time & ended, ended_at__isnull=True).order_by("next_at")


class Delivery(models.Model):
    """One message to one address, about an upload or about a batch; its id is the message's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="deliveries")
    upload = models.ForeignKey(
        Upload, on_delete=models.CASCADE, null=True, related_name="deliveries"
    )
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, null=True, related_name="deliveries")
    url = models.URLField(max_length=2000)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, help_text="When it arrived or was given up.")
    error = models.CharField(max_length=200, blank=True, help_text="Why the last one failed.")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [models.Index(fields=["ended_at", "next_at"], name="delivery_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(upload__isnull=True) ^ Q(batch__isnull=True), name="delivery_of_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.url}: {self.error or self.ended_at or 'waits'}"

    def pause(self) -> timedelta:
        """How long to wait after the attempts so far."""
        times: int = GROWTH ** max(self.attempts - 1, 0)
        return min(FIRST_PAUSE * times, LONGEST_PAUSE)
