"""Sentences that depend on a number, as gettext has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias


class Plural(NamedTuple):
    """The two forms of a sentence; `number` names the parameter that chooses."""

    number: str
    one: str
    other: str

    def form(self, params: Mapping[str, Any]) -> str:
        """The template for this number."""
        return self.one if params[self.number] == 1 else self.other


Entry: TypeAlias = str | Plural
