"""A heartbeat: the sign of life of one worker, which its keeper renews every few seconds."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone

# A worker renews its heartbeat every 10 s; the database may make it wait for 20 s.
FRESH = timedelta(seconds=45)
# A worker that was killed cannot delete its heartbeat.
FORGOTTEN = timedelta(days=1)


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def alive(self) -> HeartbeatQuerySet:
        """Those of workers that live.

        A heartbeat of the future was written before the clock was set back: it says nothing.
        """
        now = timezone.now()
        return self.filter(at__gte=now - FRESH, at__lte=now + FRESH)

    def forgotten(self) -> HeartbeatQuerySet:
        """Those of workers that ended long ago without deleting them."""
        return self.filter(at__lt=timezone.now() - FORGOTTEN)

    def beat(self, worker: str, processes: int) -> None:
        """Say that a worker lives now, and how many analysis processes it has."""
        self.update_or_create(
            worker=worker, defaults={"at": timezone.now(), "processes": processes}
        )


class Heartbeat(models.Model):
    worker = models.CharField(max_length=100, primary_key=True)
    at = models.DateTimeField(db_index=True)
    processes = models.PositiveIntegerField(help_text="Analysis processes that run.")

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.worker}: {self.at:%Y-%m-%d %H:%M:%S}"
