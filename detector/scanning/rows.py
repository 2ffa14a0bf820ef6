"""One row for each picture: the whole result, or its columns."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from detector.inference.methods import METHODS
from detector.inference.results import Verdict

from .ledger import make_key
from .pictures import Picture

Row = dict[str, Any]

FILE_METHOD = "forensics"
# Kinds of findings that are no evidence.
NO_EVIDENCE = {"note", "silent"}


def answer_row(picture: Picture, verdict: Verdict) -> Row:
    """The row of a picture with a result: what `detect` gives, and the key."""
    path = picture.path
    named = verdict.named(PurePosixPath(path).name, id=str(uuid.uuid4()), created=datetime.now(UTC))
    return {"path": path, "key": make_key(picture, verdict.version), **named.to_dict()}


def error_row(picture: Picture, sentence: str, version: str) -> Row:
    """The row of a picture without a result."""
    key = make_key(picture, version)
    return {"path": picture.path, "key": key, "version": version, "error": sentence}


def columns() -> list[str]:
    """The names of the columns, in their order."""
    scores = [f"{key}_score" for key in METHODS]
    start = ["path", "sha256", "label", "outcome", "lean", "score"]
    return [*start, *scores, "evidence", "version", "error", "elapsed_ms", "key"]


def to_cells(row: Row) -> Row:
    """The values of the columns; None where there is none, `evidence` is a list."""
    cells = dict.fromkeys(columns()) | {name: row[name] for name in ("path", "version", "key")}
    if "error" in row:
        return cells | {"evidence": [], "error": row["error"]}
    verdict = {name: row["verdict"][name] for name in ("label", "outcome", "lean", "score")}
    scores = {f"{method['key']}_score": method["score"] for method in row["methods"]}
    rest = {"sha256": row["file"]["sha256"], "elapsed_ms": row["elapsed_ms"]}
    return cells | verdict | scores | rest | {"evidence": _evidence(row)}


def _evidence(row: Row) -> list[str]:
    """The kinds of evidence in the file, each once, in alphabetical order."""
    of_file = (one["findings"] for one in row["methods"] if one["key"] == FILE_METHOD)
    return sorted({one["kind"] for findings in of_file for one in findings} - NO_EVIDENCE)
