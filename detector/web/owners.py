"""Whose pictures are whose: a random id in the browser session, no account."""

from __future__ import annotations

import uuid

from django.http import HttpRequest


def get_owner(request: HttpRequest) -> uuid.UUID | None:
    """Whose pictures this browser session may see; None before its first upload."""
    value = request.session.get("owner")
    return uuid.UUID(value) if value else None


def make_owner(request: HttpRequest) -> uuid.UUID:
    """As `get_owner`, for a session that is about to own something."""
    return uuid.UUID(request.session.setdefault("owner", str(uuid.uuid4())))
