"""How far the methods agree, in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass

from .finding import Note


@dataclass(frozen=True)
class Agreement:
    """How many of the methods that count lean to each side; second opinions are not counted.

    `text` says it in English.
    """

    ai: int
    real: int
    uncertain: int
    text: str

    @classmethod
    def of(cls, ai: int, real: int, uncertain: int) -> Agreement:
        """The agreement, with its sentence."""
        return cls(ai, real, uncertain, describe(ai, real, uncertain).english)

    @property
    def sentence(self) -> str:
        """The text in the current language; one of another version stays as it was stored."""
        note = describe(self.ai, self.real, self.uncertain)
        return note.text if note.english == self.text else self.text


def describe(ai: int, real: int, uncertain: int) -> Note:
    """The sentence about so many methods that lean to AI, to real, and to neither side."""
    total = ai + real + uncertain
    if total == 0:
        return Note("agreement.none")
    if total == 1:
        return Note("agreement.one")
    if total == uncertain:
        return Note("agreement.undecided", {"total": total})
    if total in (ai, real):
        return Note("agreement.all_ai" if ai else "agreement.all_real", {"total": total})
    counts = {"ai": ai, "real": real, "unsure": uncertain}
    return Note("agreement.split" if ai and real else "agreement.part", counts)
