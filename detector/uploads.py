"""What happens to one upload, by page or API: answered, recorded, and old ones forgotten."""

from __future__ import annotations

import uuid

from . import services
from .inference.images import SourceImage
from .models import Detection


def analyse(
    image: SourceImage, *, owner: uuid.UUID, filename: str, with_preview: bool = True
) -> Detection:
    """Detect and record. What this version has said about the bytes to this owner is said again."""
    Detection.objects.expired().delete_with_files()
    version = services.get_detector().version
    result = Detection.objects.known_result(image.sha256, version, owner)
    if result is None:
        result = services.detect(image).to_dict()
    return Detection.record(
        image, result, owner=owner, filename=filename, with_preview=with_preview
    )
