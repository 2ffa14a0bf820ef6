"""What the API and its messages say of an upload or a batch: the same objects in both."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from detector.inference.results.verdict import SCHEMA
from detector.models import Batch, State, Upload

NAMESPACE = "api-v1"
# A row of an earlier schema has a result that this version does not publish.
OUTDATED = "The result is of an earlier schema. Send the picture again."


def describe_detection(upload: Upload) -> dict[str, Any]:
    """An upload with its result as far as there is one, and why there is none."""
    result, error = _result(upload)
    return {
        "id": str(upload.pk),
        "state": upload.analysis.state,
        "filename": upload.filename,
        "created": upload.created_at.isoformat(),
        "batch": str(upload.batch_id) if upload.batch_id else None,
        "url": reverse(f"{NAMESPACE}:detection", args=[upload.pk]),
        "result": result,
        "error": error,
    }


def _result(upload: Upload) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    analysis = upload.analysis
    if analysis.state == State.FAILED:
        return None, {"status": analysis.refusal.status, "detail": analysis.error}
    if not analysis.is_done:
        return None, None
    if not analysis.result or analysis.result.get("schema") != SCHEMA:
        return None, {"status": 410, "detail": OUTDATED}
    return upload.result, None


def describe_batch(batch: Batch) -> dict[str, Any]:
    """A batch with the number of its uploads in each state, counted now."""
    counts = batch.count_states()
    return {
        "id": str(batch.pk),
        "name": batch.name,
        "created": batch.created_at.isoformat(),
        "size": batch.size,
        "sent": batch.sent,
        "counts": counts,
        "finished": _is_finished(batch, counts),
        "url": reverse(f"{NAMESPACE}:batch", args=[batch.pk]),
    }


def _is_finished(batch: Batch, counts: dict[str, int]) -> bool:
    """Whether nothing waits and all was sent that was announced; without that, anything at all."""
    waits = counts[State.QUEUED] or counts[State.RUNNING]
    return not waits and batch.sent >= (batch.size or 1)
