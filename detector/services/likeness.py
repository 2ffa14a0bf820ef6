"""Which of somebody's pictures are copies of a file: the same bytes, or nearly the same pixels."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.base import File

from detector.analysis.answers import NotAnalysed
from detector.models import Analysis, State, Upload, UploadQuerySet

from .submitting import digest_of, submit, wait, withdraw

# Of 64 bits: scaled and re-encoded copies differ in 0 to 6, other pictures in about 32.
MOST_BITS = 8


class StillWaiting(NotAnalysed):
    status, retry_after = 503, 10

    def __init__(self) -> None:
        super().__init__("The file could not be looked into in time. Try again in a moment.")


@dataclass(frozen=True)
class Copy:
    """An upload that is like a file: `bits` of the perceptual hash differ, of 64."""

    upload: Upload
    same_bytes: bool
    bits: int


@dataclass(frozen=True)
class Found:
    """The facts of a file that was searched for, and the copies of it, the nearest first."""

    file: Analysis
    copies: list[Copy]


def find_copies(file: File[Any], owner: uuid.UUID) -> Found:
    """Search the uploads of an owner. The file itself is not kept.

    Raises `ImageError` for a file that cannot be opened, or not in time.
    """
    mine = Upload.objects.owned_by(owner)
    known = mine.filter(analysis__sha256=digest_of(file)).exclude(analysis__likeness="").first()
    if known:
        return Found(known.analysis, _compare(known.analysis, mine))
    temporary = submit(file, owner=owner, filename=file.name or "")
    try:
        analysis = wait(temporary, settings.PAGE_WAIT_SECONDS).analysis
        _check(analysis)
        return Found(analysis, _compare(analysis, mine.exclude(pk=temporary.pk)))
    finally:
        withdraw(temporary)


def _check(analysis: Analysis) -> None:
    if analysis.state == State.FAILED:
        raise analysis.refusal
    if not analysis.is_done:
        raise StillWaiting


def _compare(analysis: Analysis, uploads: UploadQuerySet) -> list[Copy]:
    candidates: Iterable[Upload] = uploads.exclude(analysis__likeness="").defer("analysis__result")
    copies = (
        Copy(
            upload,
            upload.analysis.sha256 == analysis.sha256,
            count_bits(upload.analysis.likeness, analysis.likeness),
        )
        for upload in candidates
    )
    near = [copy for copy in copies if copy.same_bytes or copy.bits <= MOST_BITS]
    return sorted(near, key=lambda copy: (not copy.same_bytes, copy.bits))


def count_bits(first: str, second: str) -> int:
    """How many bits of two perceptual hashes differ; all 64 where one is missing."""
    if not (first and second):
        return 64
    return (int(first, 16) ^ int(second, 16)).bit_count()
