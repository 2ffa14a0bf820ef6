"""The pictures that were measured, and the way they were measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from .figure import Row


@dataclass(frozen=True)
class Facts:
    """The pictures, the ones that cannot be read, and the call of the evaluation.

    `data` and `split` name the pictures. `equalise` has the arguments of the step that every
    picture went through first, None without one. `n_unread` counts the pictures that cannot be
    read; `unread` maps the names of the first ones to reasons. `command` can be typed again with
    other folders, `per_source` is the largest number of pictures of one source and class.
    """

    data: str
    split: str
    n_ai: int
    n_real: int
    n_sources: int
    n_generators: int
    equalise: dict[str, int] | None
    n_unread: int
    unread: dict[str, str]
    command: str
    version: str
    per_source: int | None
    seed: int

    @classmethod
    def from_dict(cls, row: Row) -> Facts:
        """The facts that `to_dict` gave, of an object that may have more."""
        return cls(**{field.name: row[field.name] for field in fields(cls)})

    def to_dict(self) -> dict[str, Any]:
        """The entries that `from_dict` reads."""
        return asdict(self)
