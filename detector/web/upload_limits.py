"""What every page says to its scripts about uploads: limits, and where they go."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from detector.inference.formats import FORMAT_NAMES, SUFFIXES
from detector.installation import get_limits
from detector.models import UNDO_SECONDS
from detector.services.batches import MAX_BATCH

# Pictures of a batch that a page sends at the same time; more would only wait for one another.
AT_ONCE = 3


def upload_limits(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the limits of uploads, from the settings."""
    limits = get_limits()
    return {
        "format_names": FORMAT_NAMES,
        "suffixes": " ".join(sorted(SUFFIXES)),
        "max_bytes": limits.max_bytes,
        "max_megabytes": limits.max_bytes // 2**20,
        "max_pixels": limits.max_pixels,
        "megapixels": limits.max_pixels // 1_000_000,
        "allow_urls": settings.ALLOW_URLS,
        "max_batch": MAX_BATCH,
        "at_once": AT_ONCE,
        "undo_seconds": UNDO_SECONDS,
    }
