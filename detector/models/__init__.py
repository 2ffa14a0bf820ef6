"""The rows: what was uploaded, by whom, and what one version said about the bytes."""

from .analysis import (
    FILES,
    Analysis,
    Key,
    Priority,
    State,
    error_levels_path,
    preview_path,
    thumbnail_path,
)
from .api_token import ApiToken, Scope
from .batch import Batch
from .delivery import Delivery
from .idempotency_key import IdempotencyKey
from .upload import UNDO_SECONDS, Mark, Upload, UploadQuerySet

__all__ = [
    "FILES",
    "UNDO_SECONDS",
    "Analysis",
    "ApiToken",
    "Batch",
    "Delivery",
    "IdempotencyKey",
    "Key",
    "Mark",
    "Priority",
    "Scope",
    "State",
    "Upload",
    "UploadQuerySet",
    "error_levels_path",
    "preview_path",
    "thumbnail_path",
]
