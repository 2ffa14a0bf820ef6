"""What a reader hands over: a finding, and the generation parameters that go with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from detector.inference.results import Finding, Strength

from .containers.metadata import Metadata, clean, quotable

MAX_VALUE = 2000
MAX_IN_SENTENCE = 80

Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Evidence:
    """One finding with the rows that it adds to the table of generation parameters."""

    finding: Finding
    rows: Rows = ()


Reader = Callable[[Metadata], Iterator[Evidence]]


def ai_claim(
    text: str,
    kind: str,
    where: str,
    *,
    strength: Strength = "decisive",
    rows: Rows = (),
    signed: bool = False,
) -> Evidence:
    """Evidence that the picture was made by an AI; `signed` by a trusted signer."""
    return Evidence(Finding(text, kind, "ai", where, strength, signed), rows)


def capture_claim(text: str, kind: str, where: str) -> Evidence:
    """The file's claim that a camera took the picture: no proof, but it contradicts a generator."""
    return Evidence(Finding(text, kind, "capture", where, "context"))


def context(text: str, kind: str, where: str = "") -> Evidence:
    """Something worth knowing that argues for neither side."""
    return Evidence(Finding(text, kind, None, where, "context"))


def unreadable(where: str, why: str) -> Evidence:
    """A part of the file that cannot be read; `why` is the message of an `Unreadable`."""
    said = f'A part of the file cannot be read ("{quotable(where, MAX_IN_SENTENCE)}"): {why}'
    return context(said, "unreadable", where)


def make_rows(pairs: Iterable[tuple[str, Any]]) -> Rows:
    """Rows of the table: numbers and texts that are not empty, as text."""
    shown = ((name, clean(scalar(value), MAX_VALUE)) for name, value in pairs)
    return tuple((name, value) for name, value in shown if value)


def scalar(value: Any) -> str:
    """A number or a text as text; "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    try:
        return str(value)
    except ValueError:  # an integer of thousands of digits
        return ""


def summary(rows: Rows) -> str:
    """The parameters worth a mention in a sentence: ": 30 steps, sampler Euler a" or ""."""
    values = {name: quotable(value, MAX_IN_SENTENCE) for name, value in rows}
    said = [f"{values['steps']} steps"] if values.get("steps", "").isdecimal() else []
    said += [f'{name} "{values[name]}"' for name in ("sampler", "model") if name in values]
    return f": {', '.join(said)}" if said else ""
