"""Carries out comparisons, and keeps their outcomes so that a stopped measurement goes on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from .measuring import Outcome, Task


def measure(tasks: Iterable[Task], seed: int, file: Path | None) -> list[Outcome]:
    """The outcomes of all tasks; those that `file` has are taken from it, the others added to it.

    Raises `ValueError` for a file of another kind, `OSError` where it cannot be written.
    """
    known = read(file) if file and file.exists() else {}
    outcomes = []
    for task in tasks:
        key = f"{seed} {task.kind} {task.name}"
        if key not in known:
            known[key] = task.run(seed)
            if file:
                _add(file, key, known[key])
        if (outcome := known[key]) is not None:
            outcomes.append(outcome)
    return outcomes


def read(file: Path) -> dict[str, Outcome | None]:
    """The outcomes in a file by their keys. Raises `ValueError`."""
    try:
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        return {row["key"]: row["outcome"] and Outcome(**row["outcome"]) for row in rows}
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"{file} has no outcomes of this command.") from error


def _add(file: Path, key: str, outcome: Outcome | None) -> None:
    row = {"key": key, "outcome": outcome and asdict(outcome)}
    with file.open("a") as lines:
        lines.write(json.dumps(row) + "\n")
