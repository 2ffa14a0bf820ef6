"""Whose pictures are whose: a random id in the browser session, no account."""

from __future__ import annotations

import uuid

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from detector.models import Upload


def get_owner(request: HttpRequest) -> uuid.UUID | None:
    """Whose pictures this browser session may see; None before its first upload."""
    value = request.session.get("owner")
    return uuid.UUID(value) if value else None


def make_owner(request: HttpRequest) -> uuid.UUID:
    """As `get_owner`, for a session that is about to own something."""
    return uuid.UUID(request.session.setdefault("owner", str(uuid.uuid4())))


def get_mine(request: HttpRequest, pk: uuid.UUID) -> Upload:
    """The upload, if it is this session's own and has not expired; else `Http404`."""
    upload: Upload = get_object_or_404(Upload.objects.owned_by(get_owner(request)), pk=pk)
    return upload
