"""The rows: what was uploaded, by whom, and what one version said about the bytes."""

from .analysis import (
    FILES,
    Analysis,
    Key,
    Place,
    Priority,
    State,
    error_levels_path,
    preview_path,
    thumbnail_path,
)
from .api_token import ApiToken, Scope
from .batch import Batch
from .comparison import ComparedCopy, Comparison
from .delivery import Delivery
from .event_count import Event, EventCount
from .feedback import Feedback, Truth
from .heartbeat import Heartbeat
from .idempotency_key import IdempotencyKey
from .maker_answer import MakerAnswer
from .refusals import Refusals
from .share import Share
from .upload import UNDO_SECONDS, Mark, Upload, UploadQuerySet

__all__ = [
    "FILES",
    "UNDO_SECONDS",
    "Analysis",
    "ApiToken",
    "Batch",
    "ComparedCopy",
    "Comparison",
    "Delivery",
    "Feedback",
    "Event",
    "EventCount",
    "Heartbeat",
    "IdempotencyKey",
    "Key",
    "Mark",
    "MakerAnswer",
    "Place",
    "Priority",
    "Refusals",
    "Scope",
    "Share",
    "State",
    "Truth",
    "Upload",
    "UploadQuerySet",
    "error_levels_path",
    "preview_path",
    "thumbnail_path",
]
