"""The one entry that page, API and command line share: detect this image."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings

from .inference.images import Limits, SourceImage, open_image
from .inference.pipeline import Detector
from .inference.results import Verdict
from .inference.runtime import Runtime


def get_runtime() -> Runtime:
    """How the machine may be used, from the settings."""
    return Runtime(
        finetuned_dir=settings.FINETUNED_DIR,
        compiled_dir=settings.COMPILED_DIR,
        hub_cache=Path(settings.HUB_CACHE) if settings.HUB_CACHE else None,
        force_cpu=settings.FORCE_CPU,
        memory_constrained=settings.MEMORY_CONSTRAINED,
    )


def get_limits() -> Limits:
    """What is accepted, from the settings."""
    return Limits(settings.MAX_UPLOAD_MB * 2**20, settings.MAX_MEGAPIXELS * 1_000_000)


@cache
def get_detector() -> Detector:
    """The detector of this process; its models are loaded on first use and then kept."""
    return Detector(get_runtime())


def read_image(source: bytes | Path) -> SourceImage:
    """Open a picture within the limits of the settings. Raises `ImageError`."""
    return open_image(source, get_limits())


def detect(image: SourceImage) -> Verdict:
    """The verdict about one picture."""
    return get_detector().detect(image)
