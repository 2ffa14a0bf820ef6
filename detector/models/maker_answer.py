"""What the maker of a generator answered its user, as that person typed it in."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from .upload import Upload


class MakerAnswer(models.Model):
    """`maker` is a key of the table of makers (`detector/reports/makers.py`)."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="maker_answers")
    maker = models.CharField(max_length=20)
    answer = models.CharField(max_length=500)
    noted_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["noted_at"]
        constraints = [
            models.UniqueConstraint(fields=["upload", "maker"], name="maker_answer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.maker}: {self.answer[:40]}"
