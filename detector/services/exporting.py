"""Uploads as lines of a file: a table for spreadsheets, JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from detector.models import Upload
from detector.renderings import csv_header, csv_line, to_csv, to_jsonl

from .describing import describe_detection

UNFINISHED = {"detail": "There is no result yet."}


def csv_lines(uploads: Iterable[Upload]) -> Iterator[str]:
    """A header and a row each; what has no result says why in the last column."""
    yield f"id,state,{csv_header()}"
    for upload in uploads:
        yield f"{upload.pk},{upload.analysis.state},{to_csv(_row(upload))}"


def json_lines(uploads: Iterable[Upload]) -> Iterator[str]:
    """An object each, as the API describes a detection."""
    for upload in uploads:
        yield to_jsonl(describe_detection(upload))


def marked_csv_lines(uploads: Iterable[Upload]) -> Iterator[str]:
    """As `csv_lines`, with the mark and the note of the owner in front."""
    yield f"mark,note,id,state,{csv_header()}"
    for upload in uploads:
        own = csv_line([upload.mark, upload.note])
        yield f"{own},{upload.pk},{upload.analysis.state},{to_csv(_row(upload))}"


def marked_json_lines(uploads: Iterable[Upload]) -> Iterator[str]:
    """As `json_lines`, with the mark and the note of the owner in each object."""
    for upload in uploads:
        own = {"mark": upload.mark or None, "note": upload.note}
        yield to_jsonl(describe_detection(upload) | own)


def _row(upload: Upload) -> dict[str, Any]:
    """As `manage.py detect` has it, with the name of the file as its path."""
    described = describe_detection(upload)
    if described["result"] is not None:
        return {"path": upload.filename, **described["result"]}
    error = described["error"] or UNFINISHED
    return {"path": upload.filename, "error": error["detail"]}
