"""The steps that a manifest lists, and the effect of each standard step on a picture."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from detector.inference.methods.forensics.claims.declarations import AI_SOURCES, source_term
from detector.inference.methods.forensics.containers.metadata import quotable
from detector.inference.methods.forensics.evidence import scalar
from detector.inference.wording import ENGLISH, words

MAX_ACTIONS = 40  # of one manifest
MAX_QUOTED = 120  # characters of a text that a file brings along
UNKNOWN_SOURCE = "a source type that is not known"

Object = dict[str, Any]
# "keeps": nothing is added to the picture, whoever took the step. "changes": something may be drawn
# or generated into it. "brings": another picture becomes the origin, or a part.
Effect = Literal["keeps", "changes", "brings"]
_ACTIONS = re.compile(r"(c2pa\.)?actions(\.v\d)?(__\d+)?")

# The effect of each step; the catalogue has its words under "c2pa_step".
STEPS: dict[str, Effect] = {
    "c2pa.created": "brings",
    "c2pa.placed": "brings",
    "c2pa.opened": "changes",
    "c2pa.addedText": "changes",
    "c2pa.deleted": "changes",
    "c2pa.removed": "changes",
    "c2pa.edited": "changes",
    "c2pa.drawing": "changes",
    "c2pa.enhanced": "changes",
    "c2pa.filtered": "changes",
    "c2pa.translated": "changes",
    "c2pa.unknown": "changes",
    "c2pa.watermarked": "changes",
    "c2pa.watermarked.bound": "changes",
    "c2pa.watermarked.unbound": "changes",
    "c2pa.adjustedColor": "keeps",
    "c2pa.color_adjustments": "keeps",
    "c2pa.converted": "keeps",
    "c2pa.cropped": "keeps",
    "c2pa.edited.metadata": "keeps",
    "c2pa.orientation": "keeps",
    "c2pa.published": "keeps",
    "c2pa.redacted": "keeps",
    "c2pa.repackaged": "keeps",
    "c2pa.resized": "keeps",
    "c2pa.resized.proportional": "keeps",
    "c2pa.transcoded": "keeps",
}
# What a step brings in that no generator makes. "composite" is not here: Google's visible watermark
# has that source type.
FOREIGN = {
    "digitalCapture",
    "computationalCapture",
    "compositeCapture",
    "negativeFilm",
    "positiveFilm",
    "print",
    "screenCapture",
    "virtualRecording",
    UNKNOWN_SOURCE,
}


@dataclass(frozen=True)
class Action:
    """One step of the history: `name` as in the file, `text` in plain words, `agent` the program
    that took it, `source` the term of IPTC's vocabulary for what it brought in, or ""."""

    name: str
    text: str
    agent: str = ""
    source: str = ""
    when: str = ""

    @property
    def keeps(self) -> bool:
        """Whether the step adds nothing to a picture; nobody can tell for an unknown step."""
        return STEPS.get(self.name, "changes") == "keeps"

    @property
    def brings(self) -> bool:
        """Whether the step says that another picture, or a part of one, came in.

        The standard wants all that comes in to be listed, so a step that is not known is no such.
        """
        return STEPS.get(self.name, "changes") == "brings" or self.source in FOREIGN


def read_actions(manifest: Object) -> tuple[Action, ...]:
    """The actions of a manifest; if there are very many, the first ones and those of generators."""
    actions = [_action(entry) for entry in _entries(manifest)]
    later = [action for action in actions[MAX_ACTIONS:] if action.source in AI_SOURCES]
    return tuple(actions[:MAX_ACTIONS] + later[:MAX_ACTIONS])


def is_whole(manifest: Object, actions: tuple[Action, ...]) -> bool:
    """Whether `actions` are all that the manifest tells; templates may add to any of them."""
    templates = any(data.get("templates") for data in _lists(manifest))
    return len(actions) == len(_entries(manifest)) and not templates


def sources_of(actions: Iterable[Action]) -> tuple[str, ...]:
    """The source types that the actions name, each once."""
    return tuple(dict.fromkeys(action.source for action in actions if action.source))


def quoted_text(value: Any) -> str:
    """A text of the file, cut and cleaned for the page."""
    return quotable(scalar(value), MAX_QUOTED)


def objects(value: Any) -> list[Object]:
    """The JSON objects in a list; none if it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _entries(manifest: Object) -> list[Object]:
    """The entries of all assertions about actions."""
    return [entry for data in _lists(manifest) for entry in _entries_of(data)]


def _entries_of(data: Object) -> list[Object]:
    """The actions of one assertion, each completed by the first template of its name."""
    templates: dict[str, Object] = {}
    for template in objects(data.get("templates")):
        templates.setdefault(scalar(template.get("action")), template)
    agents = objects(data.get("softwareAgents"))
    actions = objects(data.get("actions"))
    whole = (templates.get(scalar(entry.get("action")), {}) | entry for entry in actions)
    return [_with_agent(entry, agents) for entry in whole]


def _lists(manifest: Object) -> list[Object]:
    """The data of each assertion on actions; older versions have a bare list of them."""
    lists = [
        assertion.get("data")
        for assertion in objects(manifest.get("assertions"))
        if _ACTIONS.fullmatch(scalar(assertion.get("label")))
    ]
    return [data if isinstance(data, dict) else {"actions": data} for data in lists]


def _with_agent(entry: Object, agents: list[Object]) -> Object:
    """The action with its program in it, where it only names a place in a list of programs."""
    index = entry.get("softwareAgentIndex")
    if type(index) is int and 0 <= index < len(agents) and "softwareAgent" not in entry:
        return entry | {"softwareAgent": agents[index]}
    return entry


def _action(entry: Object) -> Action:
    name, agent = quoted_text(entry.get("action")), entry.get("softwareAgent")
    agent_name = quoted_text(agent.get("name") if isinstance(agent, dict) else agent)
    parameters = entry.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    return Action(
        name,
        words("c2pa_step", name, language=ENGLISH),
        agent=agent_name or quoted_text(parameters.get("com.adobe.details")),
        source=_source(entry, parameters),
        when=quoted_text(entry.get("when")),
    )


def _source(entry: Object, parameters: Object) -> str:
    """The term of IPTC's vocabulary; an unknown term may mean anything, an AI too.

    Adobe names it among the parameters (com.adobe.digitalSourceType) where the model is another's.
    """
    source_terms = [entry.get("digitalSourceType")]
    source_terms += [
        v for k, v in parameters.items() if k.rpartition(".")[2] == "digitalSourceType"
    ]
    values = [value for value in map(scalar, source_terms) if value.strip()]
    terms = [source_term(value) or UNKNOWN_SOURCE for value in values]
    return next((term for term in terms if term in AI_SOURCES), terms[0] if terms else "")
