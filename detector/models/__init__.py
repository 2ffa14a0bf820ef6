"""The rows: what was uploaded, by whom, and what one version said about the bytes."""

from .analysis import FILES, Analysis, Key, Priority, State, error_levels_path, preview_path
from .api_token import ApiToken, Scope
from .batch import Batch
from .delivery import Delivery
from .event_count import Event, EventCount
from .heartbeat import Heartbeat
from .idempotency_key import IdempotencyKey
from .upload import Upload, UploadQuerySet

__all__ = [
    "FILES",
    "Analysis",
    "ApiToken",
    "Batch",
    "Delivery",
    "Event",
    "EventCount",
    "Heartbeat",
    "IdempotencyKey",
    "Key",
    "Priority",
    "Scope",
    "State",
    "Upload",
    "UploadQuerySet",
    "error_levels_path",
    "preview_path",
]
