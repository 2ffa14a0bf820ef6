"""What a C2PA manifest says, in our own terms: from the library's report to `Credentials`.

Terms and validation codes are those of the C2PA specification 2.1. Every text in the report comes
from the file: all are cut and cleaned, and all lists and trees are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from .declarations import AI_SOURCES, source_term
from .evidence import scalar
from .metadata import Unreadable, quotable

MAX_ACTIONS = 40  # of one manifest
MAX_INGREDIENTS = 40  # of all levels together
UNKNOWN_SOURCE = "a source type that is not known"
MAX_SAID = 120  # characters of a text that a file brings along

_ACTIONS = re.compile(r"(c2pa\.)?actions(\.v\d)?(__\d+)?")
WORDS = {
    "c2pa.created": "created",
    "c2pa.opened": "opened",
    "c2pa.placed": "composed from several pictures",
    "c2pa.removed": "relieved of a part",
    "c2pa.edited": "edited",
    "c2pa.edited.metadata": "given other metadata",
    "c2pa.drawing": "drawn on",
    "c2pa.filtered": "filtered",
    "c2pa.color_adjustments": "changed in colour",
    "c2pa.adjustedColor": "changed in colour",
    "c2pa.cropped": "cropped",
    "c2pa.resized": "resized",
    "c2pa.resized.proportional": "resized",
    "c2pa.orientation": "turned",
    "c2pa.converted": "converted to another format",
    "c2pa.transcoded": "encoded anew",
    "c2pa.repackaged": "packed anew",
    "c2pa.enhanced": "enhanced",
    "c2pa.redacted": "relieved of statements",
    "c2pa.published": "published",
    "c2pa.watermarked": "watermarked",
    "c2pa.watermarked.bound": "watermarked",
    "c2pa.watermarked.unbound": "watermarked",
}
# What a validator finds wrong with a signature whose picture is unchanged, the first that fits.
FAULTS = {
    "signingCredential.ocsp.revoked": "the certificate of the signer has been revoked",
    "signingCredential.revoked": "the certificate of the signer has been revoked",
    "signingCredential.expired": "the certificate of the signer has expired, and no time stamp "
    "proves that it had not when it signed",
    "claimSignature.outsideValidity": "the certificate of the signer was not valid at the time",
    "signingCredential.invalid": "the certificate of the signer is not of the kind that the "
    "standard demands",
    "claimSignature.missing": "there is none",
}
# Of these, what says only that the certificate is old or of another kind: the file is unchanged.
LAPSED = {
    FAULTS[code]
    for code in (
        "signingCredential.expired",
        "signingCredential.invalid",
        "claimSignature.outsideValidity",
    )
}
FORGED = "it was not made with the certificate that it names, which anyone can copy"
OTHER_FAULT = "the statement does not follow the standard"

# Why the library has no report.
ERRORS = {
    "damaged": "they are damaged, or do not follow the standard.",
    "long": "they are too long.",
    "remote": "they lie elsewhere, and nothing is fetched because of what a file says.",
}

SIGNATURE_MISMATCH = "claimSignature.mismatch"
Signature = Literal["valid", "invalid", "tampered"]
Relation = Literal["parentOf", "componentOf", "inputTo", ""]
Object = dict[str, Any]


@dataclass(frozen=True)
class Action:
    """One step of the history: `name` as in the file, `text` in plain words, `agent` the program
    that took it, `source` the term of IPTC's vocabulary for what it brought in, or ""."""

    name: str
    text: str
    agent: str = ""
    source: str = ""
    when: str = ""


@dataclass(frozen=True)
class Ingredient:
    """A picture that went into this one, with its own history as far as it is told.

    `sources` are all the source types that it names, `created` those of its origin alone.
    """

    title: str
    format: str
    relationship: Relation
    sources: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    ingredients: tuple[Ingredient, ...] = ()


@dataclass(frozen=True)
class Credentials:
    """What the manifest of a file says, and what is known about who says so.

    `manifest` is where it lies: in the file, elsewhere (and was not fetched), or in the file but
    damaged; only the first has more to tell. `fault` says in words why a signature is not valid.
    `complete` is False where actions were left out.
    `trusted` is None where signers were not checked, for want of a list of trust anchors.
    """

    manifest: Literal["embedded", "remote", "unreadable"]
    where: str
    signature: Signature | None = None
    fault: str = ""
    signer: str = ""
    issuer: str = ""
    time: str = ""
    trusted: bool | None = None
    generator: str = ""
    actions: tuple[Action, ...] = ()
    ingredients: tuple[Ingredient, ...] = ()
    source_types: tuple[str, ...] = ()
    complete: bool = True

    def to_dict(self) -> dict[str, Any]:
        """The JSON object that the page shows; its size is bounded."""
        return asdict(self)


def interpret(report: dict[str, Any], where: str, *, checked: bool) -> Credentials:
    """The report of the library in our terms. Raises `Unreadable`.

    `where` is the place of the manifest in the file; `checked` says that the library had a list of
    trust anchors.
    """
    if "error" in report:
        raise Unreadable(ERRORS.get(report["error"], ERRORS["damaged"]))
    manifests = _object(report.get("manifests"))
    active = _object(manifests.get(scalar(report.get("active_manifest"))))
    if not active:
        raise Unreadable(ERRORS["damaged"])
    success, failure = _codes(report, "success"), _codes(report, "failure")
    signature, fault = _judge(scalar(report.get("validation_state")), failure)
    signed = _object(active.get("signature_info"))
    actions = _actions(active)
    left = [MAX_INGREDIENTS]
    ingredients = _ingredients(active, manifests, left)
    return Credentials(
        "embedded",
        where,
        signature,
        fault,
        signer=_said(signed.get("common_name")),
        issuer=_said(signed.get("issuer")),
        time=_said(signed.get("time")),
        trusted=_is_trusted(success, failure) if checked else None,
        generator=_generator(active),
        actions=actions,
        ingredients=ingredients,
        source_types=_sources(actions),
        complete=left[0] > 0 and _is_whole(active, actions),
    )


def _is_trusted(success: set[str], failure: set[str]) -> bool:
    """Whether it is the trusted signer who signed: a certificate alone can be copied."""
    return "signingCredential.trusted" in success and SIGNATURE_MISMATCH not in failure


def _codes(report: Object, outcome: str) -> set[str]:
    results = _object(_object(report.get("validation_results")).get("activeManifest"))
    return {scalar(item.get("code")) for item in _objects(results.get(outcome))}


def _judge(state: str, failures: set[str]) -> tuple[Signature, str]:
    """The state of the signature, and in words what is wrong with it."""
    if state in ("Valid", "Trusted"):
        return "valid", ""
    if SIGNATURE_MISMATCH in failures:
        return "invalid", FORGED
    changed = {code for code in failures if code.endswith(".mismatch")}
    if any(not code.startswith("timeStamp") for code in changed):
        return "tampered", "the file was changed after it was signed"
    faults = (text for code, text in FAULTS.items() if code in failures)
    return "invalid", next(faults, OTHER_FAULT)


def _generator(manifest: Object) -> str:
    for info in _objects(manifest.get("claim_generator_info")):
        return _said(f"{scalar(info.get('name'))} {scalar(info.get('version'))}")
    return _said(manifest.get("claim_generator"))


def _is_whole(manifest: Object, actions: tuple[Action, ...]) -> bool:
    """Whether `actions` are all that the manifest says; templates may add to any of them."""
    templates = any(data.get("templates") for data in _action_lists(manifest))
    return len(actions) == len(_said_actions(manifest)) and not templates


def _actions(manifest: Object) -> tuple[Action, ...]:
    """The actions of a manifest; of very many the first ones, and those of generators."""
    found = [_action(said) for said in _said_actions(manifest)]
    rest = [action for action in found[MAX_ACTIONS:] if action.source in AI_SOURCES]
    return tuple(found[:MAX_ACTIONS] + rest[:MAX_ACTIONS])


def _said_actions(manifest: Object) -> list[Object]:
    """What all assertions on actions hold."""
    return [
        _with_agent(said, _objects(data.get("softwareAgents")))
        for data in _action_lists(manifest)
        for said in _objects(data.get("actions"))
    ]


def _action_lists(manifest: Object) -> list[Object]:
    """The data of each assertion on actions; older versions have a bare list of them."""
    found = [
        assertion.get("data")
        for assertion in _objects(manifest.get("assertions"))
        if _ACTIONS.fullmatch(scalar(assertion.get("label")))
    ]
    return [data if isinstance(data, dict) else {"actions": data} for data in found]


def _with_agent(said: Object, agents: list[Object]) -> Object:
    """The action with its program in it, where it only names a place in a list of programs."""
    index = said.get("softwareAgentIndex")
    if type(index) is int and 0 <= index < len(agents) and "softwareAgent" not in said:
        return said | {"softwareAgent": agents[index]}
    return said


def _action(said: Object) -> Action:
    name, agent = _said(said.get("action")), said.get("softwareAgent")
    return Action(
        name,
        WORDS.get(name, f'"{name}"'),
        agent=_said(agent.get("name") if isinstance(agent, dict) else agent),
        source=_source(scalar(said.get("digitalSourceType"))),
        when=_said(said.get("when")),
    )


def _source(value: str) -> str:
    """The term of IPTC's vocabulary; one that is not known may be anything, an AI too."""
    return source_term(value) or (UNKNOWN_SOURCE if value.strip() else "")


def _sources(actions: Iterable[Action]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(action.source for action in actions if action.source))


def _ingredients(manifest: Object, manifests: Object, left: list[int]) -> tuple[Ingredient, ...]:
    """The tree of ingredients, which may be a circle: `left[0]` of them in all.

    Parents come first: what a picture was made from must not be crowded out.
    """
    found: list[Ingredient] = []
    parts = _objects(manifest.get("ingredients"))
    for said in sorted(parts, key=lambda said: said.get("relationship") != "parentOf"):
        if not left[0]:
            break
        left[0] -= 1
        found.append(_ingredient(said, manifests, left))
    return tuple(found)


def _ingredient(said: Object, manifests: Object, left: list[int]) -> Ingredient:
    own = _object(manifests.get(scalar(said.get("active_manifest"))))
    declared = Action(
        "c2pa.created", "", source=source_term(scalar(said.get("digital_source_type")))
    )
    actions = (*_actions(own), declared)
    return Ingredient(
        _said(said.get("title")),
        _said(said.get("format")),
        _relation(said.get("relationship")),
        _sources(actions),
        _sources(action for action in actions if action.name == "c2pa.created"),
        _ingredients(own, manifests, left),
    )


def _relation(value: Any) -> Relation:
    return value if value in ("parentOf", "componentOf", "inputTo") else ""


def _said(value: Any) -> str:
    return quotable(scalar(value), MAX_SAID)


def _object(value: Any) -> Object:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Object]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
