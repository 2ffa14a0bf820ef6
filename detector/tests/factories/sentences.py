"""Findings and notes whose sentence a test chooses."""

from __future__ import annotations

from typing import Any

from detector.inference.results import Finding, Note

CODE = "schema_0.sentence"


def said(text: str, *given: Any, **named: Any) -> Finding:
    """A finding that says this."""
    return Finding(CODE, {"text": text}, *given, **named)


def note(text: str) -> Note:
    """A note that says this."""
    return Note(CODE, {"text": text})
