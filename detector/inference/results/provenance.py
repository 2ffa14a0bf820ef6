"""The statements of a file about its own origin: who made them, and how far they can be checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .finding import Note

# What was done to the picture: made by an AI, changed by one, composed of parts of which one is an
# AI's, taken by a camera, stitched together from several captures, drawn or rendered without a
# generator, or anything else.
Act = Literal["ai", "edited", "contains", "captured", "stitched", "created", "other"]


@dataclass(frozen=True)
class Declaration(Note):
    """One statement in the file about how the picture was made.

    `who` signed it or is named as its maker, `tool` is the program, `when` an ISO date or time as
    the file has it; each may be empty. `action` is what it says was done to the picture.
    `valid` and `trusted` are those of the signature and of its signer: None where there is none, or
    where it could not be checked; `trust_note` says in words why. `where` names the place in the
    file. `outcome_evidence` is the outcome that it is evidence of, None where it is evidence of
    none, as where its signature does not hold.
    """

    who: str = ""
    tool: str = ""
    action: Act = "other"
    signed: bool = False
    valid: bool | None = None
    trusted: bool | None = None
    trust_note: str = ""
    when: str = ""
    where: str = ""
    outcome_evidence: Literal["ai", "ai_edited", "captured"] | None = None
