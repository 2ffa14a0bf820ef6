"""How often something has happened since the database was made; rows that expire do not lower it.

The counts are in the database because web processes and workers, on several machines, share it,
and because a count then changes in the same transaction as the row that it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from django.db import IntegrityError, models, transaction
from django.db.models import F


class Event(StrEnum):
    """What is counted; the comment says what the label of a count holds."""

    ANALYSIS = "analysis"  # how it ended: an outcome, or "refused", "failed", "again"
    METHOD = "method"  # key of the method and status of its result, "forensics ok"
    MILLISECONDS = "milliseconds"  # nothing: the time of all analyses together


class EventCountQuerySet(models.QuerySet["EventCount"]):
    def add(self, counts: Mapping[tuple[Event, str], int]) -> None:
        """Add to the counts of events and labels; belongs at the end of a transaction.

        In one order everywhere, so that two transactions never wait for one another.
        """
        for (event, label), count in sorted(counts.items()):
            self._add(event, label, count)

    def _add(self, event: Event, label: str, count: int) -> None:
        row = self.filter(event=event, label=label)
        if row.update(count=F("count") + count):
            return
        try:
            with transaction.atomic():
                self.create(event=event, label=label, count=count)
        except IntegrityError:  # another worker was faster
            row.update(count=F("count") + count)


class EventCount(models.Model):
    event = models.CharField(max_length=20)
    label = models.CharField(max_length=100)
    count = models.PositiveBigIntegerField(default=0)

    objects = EventCountQuerySet.as_manager()

    class Meta:
        ordering = ["event", "label"]
        constraints = [models.UniqueConstraint(fields=["event", "label"], name="event_count_once")]

    def __str__(self) -> str:
        return f"{self.event} {self.label}: {self.count}"
