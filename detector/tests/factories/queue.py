"""Pictures in the queue, and pools that answer as a test wants it."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.base import ContentFile

from detector.analysis.answers import Assessment, Job
from detector.inference.results import FileFacts, Verdict
from detector.models import Analysis, Upload
from detector.services import submit

OWNER = uuid.UUID(int=7)


def send(data: bytes, owner: uuid.UUID = OWNER, name: str = "a.jpg", **wanted: Any) -> Upload:
    """As page and API do it."""
    return submit(ContentFile(data), owner=owner, filename=name, **wanted)


def get_analysis(upload: Upload) -> Analysis:
    """The analysis as it is in the database now."""
    return Analysis.objects.get(uploads=upload.pk)


def assess(data: bytes, verdict: Verdict, preview: bytes = b"webp") -> Assessment:
    """An assessment of `data` that says what `verdict` says."""
    file = FileFacts("", len(data), "JPEG", 5, 4, hashlib.sha256(data).hexdigest())
    return Assessment(replace(verdict, file=file), preview, preview, preview)


def use_pool(monkeypatch: pytest.MonkeyPatch, answer: Callable[[Job], Assessment]) -> list[Job]:
    """Let `answer` stand for the analysis processes; returns what they were asked, in order."""
    asked: list[Job] = []

    class Pool:
        def analyse(self, job: Job) -> Assessment:
            asked.append(job)
            return answer(job)

        def count_running(self) -> int:
            return 1

    monkeypatch.setattr("detector.installation.get_pool", Pool)
    return asked
