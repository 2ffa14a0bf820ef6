"""A manifest's statements about generative AI: in steps, metadata and Adobe's first assertion."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from detector.inference.methods.forensics.claims.declarations import (
    AI_SOURCES,
    CAPTURED,
    EDITED_SOURCES,
    source_term,
)
from detector.inference.methods.forensics.claims.generator_names import is_generator
from detector.inference.methods.forensics.evidence import scalar
from detector.inference.results import Strength
from detector.inference.wording import JSON

from .actions import Action, Object, objects, quoted_text

STRENGTHS: tuple[Strength, ...] = ("context", "weak", "medium", "strong", "decisive")
MAX_VALUES = 8  # of one property
MAX_STATEMENTS = 20  # of one manifest, the strongest
About = Literal["whole", "opened", "part"]
ABOUT: dict[str, About] = {"c2pa.created": "whole", "c2pa.opened": "opened"}
# Adobe Firefly wrote this before the standard had a word for generative AI.
FIREFLY = re.compile(r"com\.adobe\.generative-ai(__\d+)?")
# Metadata as JSON-LD: c2pa.metadata, cawg.metadata, any vendor's own, and what came before them.
METADATA = re.compile(
    r"([\w-]+\.)+metadata(__\d+)?|stds\.(iptc|exif|schema-org|metadata)([.\w-]*)(__\d+)?"
)
# In whatever prefix or namespace; schema.org's property has the same name.
SOURCE_TYPE = re.compile(r"(?i)(.*[:/#])?digitalsource(file)?type")
SCHEMA_ORG = re.compile(r"(?:https?://schema\.org/|schema:)?(\w+)DigitalSource")


@dataclass(frozen=True)
class Statement:
    """One statement of a manifest: the code of its sentence, and the parameters of the sentence.

    `about` is what it is about: the whole picture from its beginning, the picture that was opened,
    or a part that came in with some step.
    """

    code: str
    params: Mapping[str, JSON]
    where: str
    strength: Strength
    about: About

    @property
    def edits(self) -> bool:
        """Whether it speaks of a part of the picture, and not of all of it."""
        return self.about == "part" or self.params.get("source") in EDITED_SOURCES


def at_most(limit: Strength, strength: Strength) -> Strength:
    """The weaker of the two."""
    return min(limit, strength, key=STRENGTHS.index)


def capped(statement: Statement, limit: Strength) -> Statement:
    """The statement, worth no more than `limit`."""
    return replace(statement, strength=at_most(limit, statement.strength))


def strongest(statements: Iterable[Statement]) -> Statement | None:
    """The strongest, the first of equals; None without any."""
    return max(statements, key=_rank, default=None)


def _rank(statement: Statement) -> int:
    return STRENGTHS.index(statement.strength)


def read_statements(
    manifest: Object, actions: Iterable[Action], generator: str
) -> tuple[Statement, ...]:
    """All that a manifest says about generative AI, the strongest of each place.

    `generator` is the program that wrote the manifest.
    """
    distinct: dict[str, Statement] = {}
    for statement in (*_of_actions(actions, generator), *_of_assertions(manifest)):
        distinct[statement.where] = max(
            distinct.get(statement.where, statement), statement, key=_rank
        )
    by_strength = sorted(distinct.values(), key=_rank, reverse=True)
    return tuple(by_strength[:MAX_STATEMENTS])


def _of_actions(actions: Iterable[Action], generator: str) -> Iterator[Statement]:
    """A picture begins when it is created or opened; other steps add parts."""
    for action in actions:
        where = f"C2PA manifest, action {action.name}"
        program = action.agent or generator
        if action.source in AI_SOURCES:
            params = {"source": action.source, "step": action.name, "program": action.agent}
            about = ABOUT.get(action.name, "part")
            yield Statement("c2pa.step", params, where, AI_SOURCES[action.source], about)
        elif _created_by_generator(action, program):
            # Bing's image creator wrote no source type before 2024.
            yield Statement("c2pa.created_by_ai", {"program": program}, where, "strong", "whole")


def _created_by_generator(action: Action, program: str) -> bool:
    """Whether a program that only generates made the picture, and does not speak of a camera."""
    return action.name == "c2pa.created" and action.source not in CAPTURED and is_generator(program)


def _of_assertions(manifest: Object) -> Iterator[Statement]:
    for assertion in objects(manifest.get("assertions")):
        label, data = quoted_text(assertion.get("label")), assertion.get("data")
        where = f"C2PA manifest, assertion {label}"
        if not isinstance(data, dict):
            continue
        if FIREFLY.fullmatch(label):
            program = quoted_text(
                f"{scalar(data.get('description'))} {scalar(data.get('version'))}"
            )
            yield Statement("c2pa.firefly", {"program": program}, where, "strong", "whole")
        elif METADATA.fullmatch(label):
            for term in metadata_terms(data):
                yield Statement("c2pa.source", {"source": term}, where, AI_SOURCES[term], "whole")


def declared(source: str) -> tuple[Statement, ...]:
    """The statement of the source type that a manifest gives to an ingredient."""
    if source not in AI_SOURCES:
        return ()
    where = "C2PA manifest, ingredients"
    return (Statement("c2pa.source", {"source": source}, where, AI_SOURCES[source], "whole"),)


def metadata_terms(data: Object) -> list[str]:
    """The AI source types among the properties of the picture itself in a JSON-LD object."""
    values = [v for name, value in data.items() if SOURCE_TYPE.fullmatch(name) for v in _of(value)]
    return [term for value in values if (term := _term(value)) in AI_SOURCES]


def _of(value: Any) -> list[str]:
    """The texts that a JSON-LD value holds: a text, a node ("@id"), a value, a list of them."""
    items = (value if isinstance(value, list) else [value])[:MAX_VALUES]
    nodes = [item if isinstance(item, dict) else {"@value": item} for item in items]
    inner = [node.get(key) for node in nodes for key in ("@id", "@value", "@list", "@set")]
    terms = [scalar(text) for text in inner]
    terms += [
        scalar(text) for part in inner if isinstance(part, list) for text in part[:MAX_VALUES]
    ]
    return [text for text in terms if text]


def _term(value: str) -> str:
    """The term of IPTC's vocabulary, also under the name that schema.org gives it."""
    match = SCHEMA_ORG.fullmatch(value.strip())
    return source_term(match[1] if match else value)
