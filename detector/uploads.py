"""What happens to one upload, by page or API: answered, recorded, and old ones forgotten."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse

from . import services
from .analysis.answers import Analysis, NotAnalysed
from .inference.images import ImageError
from .inference.results import InvalidResult
from .models import Detection


def analyse(
    upload: UploadedFile[Any],
    *,
    owner: uuid.UUID,
    filename: str,
    with_preview: bool = True,
    with_stability: bool = False,
) -> Detection:
    """Detect and record. Bytes that this version has seen before are answered from the database.

    `with_stability` also asks whether the result stays the same when the picture is passed on.
    Raises `ImageError`, which includes `NotAnalysed`.
    """
    Detection.objects.expired().delete_with_files()
    data = upload.read()
    analysis = _known(hashlib.sha256(data).hexdigest(), owner, with_preview, with_stability)
    if analysis is None:
        analysis = services.analyse(data, with_pictures=with_preview, with_stability=with_stability)
    return Detection.record(analysis, owner=owner, filename=filename)


def _known(
    sha256: str, owner: uuid.UUID, with_preview: bool, with_stability: bool
) -> Analysis | None:
    """The recorded analysis of the same bytes, if it has all that is wanted.

    Stability that nobody asks for now is too much: it may have changed the outcome.
    """
    detection = Detection.objects.known(sha256, services.get_detector().version, owner)
    if detection is None or (with_preview and not detection.preview):
        return None
    try:
        analysis = detection.to_analysis()
    except (OSError, InvalidResult):  # its pictures were deleted, or another program wrote it
        return None
    if (analysis.verdict.stability is not None) != with_stability:
        return None
    return analysis if with_preview else replace(analysis, preview=b"", error_levels=b"")


def mark_refusal(response: HttpResponse, error: ImageError) -> HttpResponse:
    """The response, with the status of the error that it tells, and when to try again."""
    response.status_code = 400  # the file is at fault
    if isinstance(error, NotAnalysed):
        response.status_code = error.status
        if error.retry_after is not None:
            response.headers["Retry-After"] = str(error.retry_after)
    return response
