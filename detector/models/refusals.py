"""How many files of one sender were refused of late, and how long that sender then has to wait."""

from __future__ import annotations

import math
import uuid
from datetime import timedelta

from django.db import models, transaction
from django.db.models import Case, F, When
from django.utils import timezone

# A sender may send so many damaged files in a row as if nothing were wrong. Each further one
# doubles the time, in seconds, until the next file is taken.
FREE, LONGEST_WAIT = 10, 60
# By how many rounds of the queue each of them puts off the next files of the sender: more than
# most senders have files waiting when the first one is refused.
ROUNDS = 4
# What was refused so long ago says nothing any more.
FORGOTTEN = timedelta(hours=1)


class RefusalsQuerySet(models.QuerySet["Refusals"]):
    def forgotten(self) -> RefusalsQuerySet:
        """Those that the sweep deletes."""
        return self.filter(last_at__lt=timezone.now() - FORGOTTEN)

    def recent(self) -> RefusalsQuerySet:
        """Those of senders whose last files were refused."""
        return self.filter(in_a_row__gt=0, last_at__gte=timezone.now() - FORGOTTEN)

    def count_recent(self, sender: uuid.UUID) -> int:
        """How many of the last files of this sender were refused, mostly 0."""
        return self.recent().filter(sender=sender).values_list("in_a_row", flat=True).first() or 0

    def add(self, sender: uuid.UUID) -> None:
        """Count one more file of this sender as refused."""
        now = timezone.now()
        with transaction.atomic():
            row, is_new = self.get_or_create(sender=sender, defaults={"last_at": now})
            if not is_new:
                is_forgotten = When(last_at__lt=now - FORGOTTEN, then=1)
                number = Case(is_forgotten, default=F("in_a_row") + 1)
                self.filter(pk=row.pk).update(in_a_row=number, last_at=now)

    def halve(self, sender: uuid.UUID) -> None:
        """A file of this sender was a picture.

        It makes up for half of the others: one picture now and then must not excuse a flood.
        """
        self.filter(sender=sender).update(in_a_row=F("in_a_row") / 2)

    def seconds_left(self, sender: uuid.UUID) -> int:
        """How many seconds the sender has to wait before the next file, mostly 0."""
        row = self.filter(sender=sender).first()
        return row.seconds_left if row else 0


class Refusals(models.Model):
    sender = models.UUIDField(primary_key=True, help_text="As in an analysis; no address.")
    in_a_row = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField(db_index=True)

    objects = RefusalsQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "refusals"

    def __str__(self) -> str:
        return f"{self.in_a_row} in a row, the last {self.last_at:%Y-%m-%d %H:%M:%S}"

    @property
    def seconds_left(self) -> int:
        """Of the wait after the last refusal; never more than LONGEST_WAIT, whatever the clock."""
        excess = self.in_a_row - FREE
        if excess <= 0:
            return 0
        wait: int = min(2 ** min(excess - 1, LONGEST_WAIT), LONGEST_WAIT)
        passed: float = (timezone.now() - self.last_at).total_seconds()
        return max(min(math.ceil(wait - passed), LONGEST_WAIT), 0)
