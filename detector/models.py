"""A detection: one picture that somebody uploaded, and the verdict about it."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models
from django.db.models.fields.files import FieldFile
from django.urls import reverse
from django.utils import timezone

from .analysis.answers import PICTURES, Analysis
from .inference.results import Verdict

logger = logging.getLogger(__name__)

# What a row holds of the facts of the file, under the same names.
FACTS = ("sha256", "format", "width", "height", "size")

# Where the pictures of each field lie in the storage.
PICTURE_FOLDERS = {"preview": "previews", "error_levels": "error_levels"}


def preview_path(detection: Detection, filename: str) -> str:
    return f"{PICTURE_FOLDERS['preview']}/{detection.pk}.webp"


def error_levels_path(detection: Detection, filename: str) -> str:
    return f"{PICTURE_FOLDERS['error_levels']}/{detection.pk}.webp"


def expiry() -> datetime:
    """What was uploaded before this moment is older than RETENTION_HOURS."""
    return timezone.now() - timedelta(hours=settings.RETENTION_HOURS)


class DetectionQuerySet(models.QuerySet["Detection"]):
    def owned_by(self, owner: uuid.UUID | None) -> DetectionQuerySet:
        """Those of one browser session that have not expired; of nobody for None."""
        return self.filter(owner=owner, created_at__gte=expiry()) if owner else self.none()

    def expired(self) -> DetectionQuerySet:
        """Those older than RETENTION_HOURS."""
        return self.filter(created_at__lt=expiry())

    def known(self, sha256: str, version: str, owner: uuid.UUID) -> Detection | None:
        """The same bytes as the same version saw them, for the same owner.

        An answer that comes at once would tell a stranger that somebody else has the picture, so
        only SHARE_RESULTS lets others' results answer. A method that failed may have been short of
        memory or time for a moment: it is asked again.
        """
        same = self.filter(sha256=sha256, version=version)
        for detection in same if settings.SHARE_RESULTS else same.owned_by(owner):
            if not any(map(_may_differ, detection.result["methods"])):
                return detection
        return None

    def delete_with_files(self) -> int:
        """Delete the rows and their pictures; returns how many rows went."""
        gone = list(self.only("pk"))  # a result may be large, and there may be many
        self.model.objects.filter(pk__in=[d.pk for d in gone]).delete()
        for detection in gone:
            detection.delete_pictures()
        return len(gone)


def _may_differ(method: dict[str, Any]) -> bool:
    """Whether the method may say more when it is asked again."""
    unread = any(exhibit["data"].get("manifest") == "unreadable" for exhibit in method["exhibits"])
    return method["status"] == "error" or unread


class Detection(models.Model):
    """One upload. The original bytes are not kept: only small re-encoded pictures are."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.UUIDField(db_index=True, help_text="The browser session that may see it.")
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    filename = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    format = models.CharField(max_length=16)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField(help_text="Bytes of the uploaded file.")
    preview = models.FileField(upload_to=preview_path)
    error_levels = models.FileField(upload_to=error_levels_path, blank=True)
    version = models.CharField(max_length=64)
    result = models.JSONField(help_text="Verdict.to_dict()")

    objects = DetectionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["sha256", "version"])]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}: {self.label}"

    def get_absolute_url(self) -> str:
        return reverse("detector:result", args=[self.pk])

    @property
    def label(self) -> str:
        return str(self.result["verdict"]["label"])

    @property
    def outcome(self) -> str:
        return str(self.result["verdict"]["outcome"])

    @property
    def score(self) -> float | None:
        score: float | None = self.result["verdict"]["score"]
        return score

    @property
    def verdict(self) -> Verdict:
        """The typed result. Raises `InvalidResult` for a row of another schema."""
        return Verdict.from_dict(self.result)

    @classmethod
    def record(cls, analysis: Analysis, *, owner: uuid.UUID, filename: str) -> Detection:
        """Save the verdict about an upload, together with its preview and its error levels.

        Raises `ValueError` for a verdict that does not say which file it is about.
        """
        facts = {name: getattr(analysis.file, name) for name in FACTS}
        version = analysis.verdict.version
        detection = cls(owner=owner, filename=filename[:255], version=version, **facts)
        detection.result = analysis.verdict.named(
            detection.filename, id=str(detection.pk), created=detection.created_at
        ).to_dict()
        try:
            for name in PICTURES:
                if data := getattr(analysis, name):
                    getattr(detection, name).save("", ContentFile(data), save=False)
            detection.save(force_insert=True)
        except BaseException:
            detection.delete_pictures()  # nobody would ever find them again
            raise
        return detection

    def to_analysis(self) -> Analysis:
        """What was recorded, for the same bytes once more.

        Raises `OSError` if a picture is gone, `InvalidResult` for a row of another schema.
        """
        pictures: dict[str, Any] = {name: _read(getattr(self, name)) for name in PICTURES}
        return Analysis(self.verdict, **pictures)

    def delete_pictures(self) -> None:
        """Delete the files that belong to the row, as far as there are any.

        By their paths: a file of which only a part could be written is not in the row.
        """
        for path in (preview_path(self, ""), error_levels_path(self, "")):
            try:
                default_storage.delete(path)
            except OSError:  # the next files must go all the same
                logger.exception("%s cannot be deleted", path)


def _read(picture: FieldFile) -> bytes:
    if not picture:
        return b""
    with picture.open() as file:
        data: bytes = file.read()
    return data
