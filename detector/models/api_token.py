"""A token: who may use the API from elsewhere. Only its digest is kept."""

from __future__ import annotations

import base64
import hashlib
import secrets
import uuid

from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac

# What a token begins with, so that a search for leaked secrets finds it.
PREFIX = "aid_"
SECRET_PREFIX = "whsec_"
SALT = "detector.webhook"


class Scope(models.TextChoices):
    READ = "read"
    WRITE = "write"


def digest(token: str) -> str:
    """A token has 256 random bits, so a plain digest tells nothing about it."""
    return hashlib.sha256(token.encode()).hexdigest()


class ApiToken(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    scope = models.CharField(max_length=5, choices=Scope, default=Scope.WRITE)
    owner = models.UUIDField(default=uuid.uuid4, editable=False, help_text="Owns its uploads.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.scope})"

    def renew(self) -> str:
        """A new token, of which the row takes the digest, in memory; it is never seen again."""
        token = PREFIX + secrets.token_urlsafe(32)
        self.digest = digest(token)
        return token

    @property
    def webhook_secret(self) -> str:
        """What signs the messages to this token's addresses, as Standard Webhooks write it."""
        key = salted_hmac(SALT, str(self.pk), algorithm="sha256").digest()
        return SECRET_PREFIX + base64.b64encode(key).decode()
