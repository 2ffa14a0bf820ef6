"""The pictures that belong to a result: its preview and its error levels."""

from __future__ import annotations

import uuid

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from detector.models import Upload
from detector.web.owners import get_mine


@require_safe
@cache_control(private=True, no_store=True)
def preview(request: HttpRequest, pk: uuid.UUID) -> FileResponse:
    return _picture(request, pk, "preview")


@require_safe
@cache_control(private=True, max_age=3600)
def thumbnail(request: HttpRequest, pk: uuid.UUID) -> FileResponse:
    """A list shows many of them, so the browser keeps them for an hour."""
    return _picture(request, pk, "thumbnail")


@require_safe
@cache_control(private=True, no_store=True)
def error_levels(request: HttpRequest, pk: uuid.UUID) -> FileResponse:
    return _picture(request, pk, "error_levels")


def _picture(request: HttpRequest, pk: uuid.UUID, field: str) -> FileResponse:
    return open_picture(get_mine(request, pk), field)


def open_picture(upload: Upload, field: str) -> FileResponse:
    """One of the kept pictures of an upload. Raises `Http404`."""
    picture = getattr(upload, field)
    if not picture:  # not yet there, or never kept
        raise Http404
    try:
        return FileResponse(picture.open(), content_type="image/webp")
    except FileNotFoundError as error:  # deleted meanwhile
        raise Http404 from error
