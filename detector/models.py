"""A detection: one picture that somebody uploaded, and the verdict about it."""

from __future__ import annotations

import io
import logging
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from .inference.images import SourceImage

logger = logging.getLogger(__name__)

PREVIEW_SIDE = 1600
# Error levels are noise, which costs many bytes and needs no fidelity.
PREVIEW_QUALITY, LEVELS_QUALITY = 82, 60


def preview_path(detection: Detection, filename: str) -> str:
    return f"previews/{detection.pk}.webp"


def error_levels_path(detection: Detection, filename: str) -> str:
    return f"error_levels/{detection.pk}.webp"


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

    def known_result(self, sha256: str, version: str) -> dict[str, Any] | None:
        """What the same version said about the same bytes, whoever uploaded them.

        A method that failed may have been short of memory or time for a moment: it is asked again.
        """
        for result in self.filter(sha256=sha256, version=version).values_list("result", flat=True):
            if not any(map(_may_differ, result["methods"])):
                return result
        return None

    def delete_with_files(self) -> int:
        """Delete the rows and their pictures; returns how many rows went."""
        gone = list(self)
        self.model.objects.filter(pk__in=[d.pk for d in gone]).delete()
        for detection in gone:
            detection.delete_pictures()
        return len(gone)


def _may_differ(method: dict[str, Any]) -> bool:
    """Whether the method may say more when it is asked again."""
    credentials = method["details"].get("credentials") or {}
    return method["status"] == "error" or credentials.get("manifest") == "unreadable"


class Detection(models.Model):
    """One upload. The original bytes are not kept: only small re-encoded pictures are."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.UUIDField(db_index=True, help_text="The browser session that may see it.")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
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
        return self.result["verdict"]["label"]

    @property
    def score(self) -> float:
        return self.result["verdict"]["score"]

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the API and the command line."""
        return {"path": self.filename, "sha256": self.sha256} | self.result

    @classmethod
    def record(
        cls,
        image: SourceImage,
        result: dict[str, Any],
        *,
        owner: uuid.UUID,
        filename: str,
        with_preview: bool = True,
    ) -> Detection:
        """Save the verdict about an upload, together with its preview and its error levels."""
        # Not at the top: every command loads the models, and few need the package of one method.
        from .inference.methods.forensics.error_level import error_level_picture

        detection = cls(
            owner=owner,
            filename=filename[:255],
            sha256=image.sha256,
            format=image.format,
            width=image.width,
            height=image.height,
            size=len(image.data),
            version=result["version"],
            result=result,
        )
        try:
            if with_preview:
                levels = error_level_picture(image.rgb)
                detection.preview.save("", _webp(image.rgb, PREVIEW_QUALITY), save=False)
                detection.error_levels.save("", _webp(levels, LEVELS_QUALITY), save=False)
            detection.save(force_insert=True)
        except BaseException:
            detection.delete_pictures()  # nobody would ever find them again
            raise
        return detection

    def delete_pictures(self) -> None:
        """Delete the files that belong to the row, as far as there are any.

        By their paths: a file of which only a part could be written is not in the row.
        """
        for path in (preview_path(self, ""), error_levels_path(self, "")):
            try:
                default_storage.delete(path)
            except OSError:  # the next files must go all the same
                logger.exception("%s cannot be deleted", path)


def _webp(rgb: Image.Image, quality: int) -> ContentFile:
    """A re-encoded copy, free of metadata, at most PREVIEW_SIDE pixels wide or high."""
    share = min(PREVIEW_SIDE / max(rgb.size), 1)
    width, height = (max(round(side * share), 1) for side in rgb.size)
    # With a gap the picture is first reduced; a copy of a large one would take much memory.
    small = rgb.resize((width, height), reducing_gap=2.0)
    small.info.clear()
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=quality)
    return ContentFile(buffer.getvalue())
