"""The result of a reader: a finding, and the generation parameters that belong to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from detector.inference.results import Finding, Strength
from detector.inference.wording import JSON

from .containers.metadata import Metadata, clean, quotable

MAX_VALUE = 2000
MAX_IN_SENTENCE = 80

Rows = tuple[tuple[str, str], ...]
Params = Mapping[str, JSON]


@dataclass(frozen=True)
class Evidence:
    """One finding with the rows that it adds to the table of generation parameters."""

    finding: Finding
    rows: Rows = ()


Reader = Callable[[Metadata], Iterator[Evidence]]


def ai_claim(
    code: str,
    params: Params,
    kind: str,
    where: str,
    *,
    strength: Strength = "decisive",
    rows: Rows = (),
    signed: bool = False,
    partial: bool = False,
) -> Evidence:
    """Evidence that an AI made the picture, or only a part of it (`partial`).

    `signed` by a trusted signer.
    """
    return Evidence(Finding(code, params, kind, "ai", where, strength, signed, partial), rows)


def capture_claim(code: str, params: Params, kind: str, where: str) -> Evidence:
    """The file's claim that a camera took the picture: no proof, but it contradicts a generator."""
    return Evidence(Finding(code, params, kind, "capture", where, "context"))


def context(code: str, params: Params, kind: str, where: str = "") -> Evidence:
    """Context for the reader, which argues for neither side."""
    return Evidence(Finding(code, params, kind, None, where, "context"))


def unreadable(where: str, reason: str) -> Evidence:
    """A part of the file that cannot be read; `reason` is the message of an `Unreadable`."""
    params = {"where": quotable(where, MAX_IN_SENTENCE), "why": reason}
    return context("file.unreadable", params, "unreadable", where)


def make_rows(pairs: Iterable[tuple[str, Any]]) -> Rows:
    """Rows of the table: numbers and texts that are not empty, as text."""
    rows = ((name, clean(scalar(value), MAX_VALUE)) for name, value in pairs)
    return tuple((name, value) for name, value in rows if value)


def scalar(value: Any) -> str:
    """A number or a text as text; "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    try:
        return str(value)
    except ValueError:  # an integer of thousands of digits
        return ""


def settings_in(rows: Rows) -> dict[str, JSON]:
    """The parameters for sentences about the settings in a table: "" for missing settings."""
    values = {name: quotable(value, MAX_IN_SENTENCE) for name, value in rows}
    steps = values.get("steps", "")
    return {
        "steps": steps if steps.isdecimal() else "",
        "sampler": values.get("sampler", ""),
        "model": values.get("model", ""),
    }
