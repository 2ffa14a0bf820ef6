"""A link by which others may read one result, as long as its owner lets them."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

from .upload import Upload, expiry

TOKEN_BYTES = 32


def make_token() -> str:
    """256 random bits for an address that nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class ShareQuerySet(models.QuerySet["Share"]):
    def valid(self) -> ShareQuerySet:
        """Those that still lead to a result: neither has expired, and nobody has removed it."""
        valid = self.filter(
            expires_at__gt=timezone.now(),
            upload__created_at__gte=expiry(),
            upload__removed_at=None,
        )
        return valid.select_related("upload__analysis")

    def make(self, upload: Upload, hours: int, *, with_picture: bool) -> Share:
        """A new link in the place of a former one, which ends; none outlives the result."""
        kept_until = upload.created_at + timedelta(hours=settings.RETENTION_HOURS)
        end = min(timezone.now() + timedelta(hours=hours), kept_until)
        with transaction.atomic():
            self.filter(upload=upload).delete()
            return self.create(upload=upload, with_picture=with_picture, expires_at=end)

    def expired(self) -> ShareQuerySet:
        return self.filter(expires_at__lte=timezone.now())


class Share(models.Model):
    """The link to a result; its row is deleted when the owner takes the link back."""

    token = models.CharField(max_length=43, primary_key=True, default=make_token, editable=False)
    upload = models.OneToOneField(Upload, on_delete=models.CASCADE, related_name="share")
    with_picture = models.BooleanField(default=False, help_text="Shows picture and file name.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(db_index=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"until {self.expires_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("detector:shared", args=[self.token])
