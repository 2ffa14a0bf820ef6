"""Sentences of a result: each has a stable code, and parameters that its words are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal

from detector.inference.wording import ENGLISH, say

Strength = Literal["decisive", "strong", "medium", "weak", "context"]
Claim = Literal["ai", "real", "capture"]


OLD_SENTENCE = "schema_0.sentence"


@dataclass(frozen=True)
class Note:
    """A remark about a picture: a stable `code`, and the parameters of its sentence.

    `params` are numbers, short clean texts, other notes as `nested`, and lists of them; the
    catalogue (wording/) has the sentence.
    """

    DERIVED: ClassVar[tuple[str, ...]] = ("text",)

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The sentence, in the current language. Raises `KeyError` if the catalogue lacks it."""
        return say(self.code, self.params)

    @property
    def english(self) -> str:
        """The sentence in English, whatever the current language is: for all that is stored."""
        return say(self.code, self.params, ENGLISH)

    def nested(self) -> dict[str, Any]:
        """This note as a parameter of another one, so that it is told in the same language."""
        return {"code": self.code, "params": dict(self.params)}

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the fields, with the English sentence."""
        return asdict(self) | {"text": self.english}

    @classmethod
    def mend(cls, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """The JSON of a note of another version: where the catalogue has no words for it any more,
        the sentence that was stored with it stands for itself.
        """
        try:
            say(data["code"], data["params"], ENGLISH)
        except (KeyError, TypeError, ValueError):
            return _as_sentence(data)
        return data


@dataclass(frozen=True)
class Finding(Note):
    """One piece of evidence.

    `claim` is the side that the evidence argues for, or None. Only evidence that a trusted signer
    signed argues for "real"; "capture", the statement of a file that a camera took the picture,
    argues for nothing and only contradicts "ai". `partial` says that an AI made no more than a part
    of the picture, which a camera may have taken. `strength` is the weight of the evidence: only
    "decisive" evidence sets a verdict by itself, and "context" argues for nothing. `where` names
    the place in the file (container and key); it is empty for evidence from pixels. `signed` says
    that a trusted signer signed the evidence.
    """

    kind: str = "note"
    claim: Claim | None = None
    where: str = ""
    strength: Strength = "context"
    signed: bool = False
    partial: bool = False


def _as_sentence(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The note as its English sentence, if it has one."""
    text = data.get("text")
    if not isinstance(text, str):
        return data
    return {**data, "code": OLD_SENTENCE, "params": {"text": text}}
