"""Sentences that depend on a number, as gettext has them."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias


class Plural(NamedTuple):
    """The two forms of an English sentence; `number` names the parameter that chooses."""

    number: str
    one: str
    other: str


Entry: TypeAlias = str | Plural
