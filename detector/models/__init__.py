"""The rows: what was uploaded, by whom, and what one version said about the bytes."""

from .analysis import FILES, Analysis, Key, Priority, State, error_levels_path, preview_path
from .upload import Upload, UploadQuerySet

__all__ = [
    "FILES",
    "Analysis",
    "Key",
    "Priority",
    "State",
    "Upload",
    "UploadQuerySet",
    "error_levels_path",
    "preview_path",
]
