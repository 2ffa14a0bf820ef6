"""What a person knows about a picture: whether an AI made it, how they know, and the picture."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models.deletion import CASCADE, SET_NULL, Collector
from django.utils import timezone
from django.utils.translation import gettext_lazy

from .analysis import delete_files
from .upload import Upload

FOLDER = "feedback"


class Truth(models.TextChoices):
    """The classes of training, by the names of their folders."""

    AI = "ai", gettext_lazy("An AI made it, or a part of it")
    REAL = "real", gettext_lazy("No AI made any part of it")


# The outcomes that take a side, and the side.
SIDES = {"ai": "ai", "ai_edited": "ai", "no_sign": "real", "captured": "real"}


def delete_unless_kept(collector: Collector, field: Any, rows: Any, using: str) -> None:
    """With an upload goes its feedback, unless the person agreed to have the picture kept."""
    kept: Any = [row for row in rows if row.picture]
    others: Any = [row for row in rows if not row.picture]
    if kept:
        SET_NULL(collector, field, kept, using)
    if others:
        CASCADE(collector, field, others, using)


def feedback_path(feedback: Feedback, filename: str) -> str:
    return f"{FOLDER}/{uuid.uuid4()}"


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def delete_with_files(self) -> int:
        """Delete the rows and their pictures; returns how many rows went."""
        paths = list(self.exclude(picture="").values_list("picture", flat=True))
        count, _ = self.delete()
        delete_files(paths)
        return count


class Feedback(models.Model):
    """It changes no verdict. `upload` is None when the upload is gone and the picture was kept.

    `sha256`, `version`, `outcome` and `score` are those of the result that it is about.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    upload = models.OneToOneField(
        Upload, null=True, on_delete=delete_unless_kept, related_name="feedback"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    truth = models.CharField(max_length=4, choices=Truth, db_index=True)
    reason = models.TextField(max_length=2000, help_text="How the person knows.")
    picture = models.FileField(upload_to=feedback_path, blank=True, help_text="If they agreed.")
    format = models.CharField(max_length=16, blank=True)
    sha256 = models.CharField(max_length=64, db_index=True)
    version = models.CharField(max_length=64)
    outcome = models.CharField(max_length=16, db_index=True)
    score = models.FloatField(null=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "feedback"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}: {self.outcome}, said to be {self.truth}"

    @property
    def was_right(self) -> bool | None:
        """Whether the outcome took the side that the person says is true; None for no side."""
        side = SIDES.get(self.outcome)
        return None if side is None else side == self.truth
