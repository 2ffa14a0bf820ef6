"""What this installation is by its settings: limits, runtime, detector, analysis processes."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from .analysis.answers import Setup
from .analysis.pool import Pool
from .inference.images import Limits, SourceImage, open_image
from .inference.methods import METHODS
from .inference.pipeline import Detector
from .inference.results import Verdict
from .inference.runtime import TRUST_DIR, Runtime


def get_runtime() -> Runtime:
    """How the machine may be used, from the settings."""
    return Runtime(
        finetuned_dir=settings.FINETUNED_DIR,
        compiled_dir=settings.COMPILED_DIR,
        hub_cache=Path(settings.HUB_CACHE) if settings.HUB_CACHE else None,
        force_cpu=settings.FORCE_CPU,
        memory_constrained=settings.MEMORY_CONSTRAINED,
        trust_lists=find_trust_lists(),
        trust_anchors=settings.C2PA_TRUST_ANCHORS,
    )


def find_trust_lists() -> tuple[Path, ...]:
    """The folders with the lists of the C2PA, none where the operator does without them."""
    return (TRUST_DIR, settings.TRUST_DIR) if settings.C2PA_TRUST_LIST else ()


def get_limits() -> Limits:
    """What is accepted, from the settings."""
    return Limits(
        max_bytes=settings.MAX_UPLOAD_MB * 2**20,
        max_pixels=settings.MAX_MEGAPIXELS * 1_000_000,
        max_memory=settings.ANALYSIS_MEMORY_MB * 2**20,
    )


@cache
def get_detector() -> Detector:
    """The detector of this process; its models are loaded on first use and then kept."""
    return Detector(get_runtime())


@cache
def get_pool() -> Pool:
    """The analysis processes of this process; started on first use and then kept."""
    return Pool(get_setup(), processes=settings.ANALYSIS_PROCESSES)


def get_setup(runtime: Runtime | None = None, only: tuple[str, ...] | None = None) -> Setup:
    """What an analysis process must know, from the settings."""
    return Setup(
        runtime or get_runtime(),
        settings.ANALYSIS_MEMORY_MB * 2**20,
        settings.LOGGING,
        only,
        settings.ANALYSIS_SANDBOX,
        private=(settings.DATA_DIR,),
        scratch=settings.TEMP_DIR,
    )


# The processes belong to the parent.
if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=get_pool.cache_clear)


def find_members(key: str) -> list[dict[str, str]]:
    """Of a method with members, the best weights on this machine for each; [] for any other.

    Nothing is loaded: a member whose best weights turn out to be broken takes its next best.
    """
    runtime = get_runtime()
    method: Any = METHODS[key].method_class()(runtime)
    return [_find_weights(member, runtime) for member in getattr(method, "members", ())]


def _find_weights(member: Any, runtime: Runtime) -> dict[str, str]:
    # Not at the top: a start must not wait for the package of one method.
    from .checkpoints.sources import UNAVAILABLE, find_sources, why_missing

    sources = list(find_sources(member, runtime))
    refused = [source.refusal for source in sources if source.fault]
    source = next((source for source in sources if not source.fault), None)
    if source is None:
        reason = " ".join(refused) or why_missing(member, runtime)
        missing = {"state": UNAVAILABLE, "source": "", "digest": "", "said": reason}
        return {"title": member.title} | missing
    said = " ".join([source.accuracy or "", *refused]).strip()
    found = {"state": source.state, "source": source.name, "digest": source.digest, "said": said}
    return {"title": member.title} | found


def read_image(source: bytes | Path) -> SourceImage:
    """Open a picture within the limits of the settings. Raises `ImageError`."""
    return open_image(source, get_limits())


def detect(image: SourceImage) -> Verdict:
    """The verdict about one picture."""
    return get_detector().detect(image)
