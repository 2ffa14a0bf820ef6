"""The contents of a C2PA manifest in our own terms: from the library's report to `Credentials`.

Every text in the report comes from the file: all are cut and cleaned, and all lists and trees are
bounded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from detector.inference.methods.forensics.claims.declarations import source_term
from detector.inference.methods.forensics.containers.metadata import Unreadable
from detector.inference.methods.forensics.evidence import scalar
from detector.inference.trust_lists import Trust
from detector.inference.wording import ENGLISH, words

from .actions import Action, Object, is_whole, objects, quoted_text, read_actions, sources_of
from .signer import SignerCheck, check_signer, standing
from .statements import Statement, capped, declared, read_statements, strongest
from .validation import Check, Signature, examine, judge

MAX_INGREDIENTS = 40  # of all levels together
# Why the library has no report: its word, and the reason that "cannot_read" of the catalogue has.
ERRORS = {
    "damaged": "credentials_damaged",
    "long": "credentials_long",
    "remote": "credentials_elsewhere",
}
Relation = Literal["parentOf", "componentOf", "inputTo", ""]


@dataclass(frozen=True)
class Ingredient:
    """A picture that is part of this one, with its own history as far as it is known.

    `sources` are all the source types that it names, `statement` the strongest thing that it says
    about generative AI, `origin` what it says about how it began, through its own parents too, if
    that was an AI. `fault` says why its signature does not hold.
    """

    title: str
    format: str
    relationship: Relation
    sources: tuple[str, ...] = ()
    statement: Statement | None = None
    origin: Statement | None = None
    fault: str = ""
    ingredients: tuple[Ingredient, ...] = ()


@dataclass(frozen=True)
class Credentials:
    """The contents of a file's manifest, and the facts about its signer.

    `manifest` is where it lies: in the file, elsewhere (and was not fetched), or in the file but
    damaged; only the first has more to tell, and `unread` says why the last cannot be read. `fault`
    says why a signature is not valid, `intact` that the file is what was signed even so.
    `statements` are what it says itself about generative AI; `origin` is how the picture began if
    that was an AI, by its own word or by that of its only parent.
    `complete` is False where actions were left out. `dated`, `trusted`, `trust_list`, `doubt`
    and `ended` are those of `SignerCheck`; `standing` sums up signature and signer in words.
    """

    manifest: Literal["embedded", "remote", "unreadable"]
    where: str
    signature: Signature | None = None
    fault: str = ""
    intact: bool = False
    signer: str = ""
    issuer: str = ""
    time: str = ""
    dated: bool = False
    trusted: bool | None = None
    trust_list: str = ""
    doubt: str = ""
    ended: str = ""
    generator: str = ""
    actions: tuple[Action, ...] = ()
    ingredients: tuple[Ingredient, ...] = ()
    source_types: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    origin: Statement | None = None
    complete: bool = True
    unread: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The JSON object that the page shows, with faults in words; its size is bounded."""
        return asdict(self, dict_factory=_in_words) | {"standing": self.standing}

    @property
    def standing(self) -> str:
        """Signature and signer in a few words; "" where no signature was read."""
        if self.signature is None:
            return ""
        signer = SignerCheck(self.trusted, self.trust_list, self.doubt, self.ended, self.dated)
        return standing(Check(self.signature, self.fault), signer)


def _in_words(fields: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    tables = {"fault": "c2pa_fault", "unread": "cannot_read", "doubt": "c2pa_distrust"}
    values = dict(fields)
    return {
        name: words(tables[name], value, values, ENGLISH) if name in tables and value else value
        for name, value in values.items()
    }


@dataclass
class _Store:
    """All manifests of a file, and how many ingredients may still be read.

    `told` are the actions and statements read so far: many ingredients may name the same.
    """

    manifests: Object
    deltas: dict[str, Object]
    left: int = MAX_INGREDIENTS
    told: dict[str, tuple[tuple[Action, ...], tuple[Statement, ...]]] = field(default_factory=dict)

    def get(self, label: str) -> Object:
        """The manifest of this label; an empty manifest if there is none."""
        return _object(self.manifests.get(label))

    def read(self, label: str) -> tuple[tuple[Action, ...], tuple[Statement, ...]]:
        """The actions of a manifest, and its statements about generative AI."""
        if label not in self.told:
            manifest = self.get(label)
            actions = read_actions(manifest)
            self.told[label] = actions, read_statements(manifest, actions, _generator(manifest))
        return self.told[label]


def interpret(report: dict[str, Any], where: str, trust: Trust) -> Credentials:
    """The report of the library in our terms. Raises `Unreadable`.

    `where` is the place of the manifest in the file, `trust` the lists that the library had.
    """
    if "error" in report:
        raise Unreadable(ERRORS.get(report["error"], ERRORS["damaged"]))
    label = scalar(report.get("active_manifest"))
    results = _object(report.get("validation_results"))
    store = _Store(_object(report.get("manifests")), _deltas(results))
    active = store.get(label)
    if not active:
        raise Unreadable(ERRORS["damaged"])
    manifest_results = _object(results.get("activeManifest"))
    codes = _codes(manifest_results, "success"), _codes(manifest_results, "failure")
    check = judge(scalar(report.get("validation_state")), *codes)
    signer = check_signer(report, active, codes, trust)
    signature_info = _object(active.get("signature_info"))
    actions, statements = store.read(label)
    ingredients = _ingredients(label, store)
    return Credentials(
        "embedded",
        where,
        **vars(check),
        **vars(signer),
        signer=quoted_text(signature_info.get("common_name")),
        issuer=quoted_text(signature_info.get("issuer")),
        time=quoted_text(signature_info.get("time")),
        generator=_generator(active),
        actions=actions,
        ingredients=ingredients,
        source_types=sources_of(actions),
        statements=statements,
        origin=_origin(active, actions, statements, ingredients),
        complete=store.left > 0 and is_whole(active, actions),
    )


def _codes(results: Object, outcome: str) -> set[str]:
    return {scalar(item.get("code")) for item in objects(results.get(outcome))}


def _deltas(results: Object) -> dict[str, Object]:
    """What the library found out about each ingredient that its own record does not say."""
    return {
        scalar(delta.get("ingredientAssertionURI")): _object(delta.get("validationDeltas"))
        for delta in objects(results.get("ingredientDeltas"))
    }


def _generator(manifest: Object) -> str:
    for info in objects(manifest.get("claim_generator_info")):
        return quoted_text(f"{scalar(info.get('name'))} {scalar(info.get('version'))}")
    return quoted_text(manifest.get("claim_generator"))


def _origin(
    manifest: Object,
    actions: Iterable[Action],
    statements: Iterable[Statement],
    ingredients: Iterable[Ingredient],
) -> Statement | None:
    """The statement that the picture began with an AI: its own, or that of its only parent.

    A parent counts only where nothing else came in: no other part, no step that brings one.
    """
    if own := strongest(statement for statement in statements if statement.about == "whole"):
        return own
    relations = [part.get("relationship") for part in objects(manifest.get("ingredients"))]
    inherited = [relation for relation in relations if relation != "inputTo"]
    if inherited not in ([], ["parentOf"]) or any(action.brings for action in actions):
        return None
    parent = next((part for part in ingredients if part.relationship == "parentOf"), None)
    if parent and (parent.origin or parent.sources):
        return parent.origin
    return strongest(statement for statement in statements if statement.about == "opened")


def _ingredients(label: str, store: _Store) -> tuple[Ingredient, ...]:
    """The tree of ingredients, which may be a circle: `store.left` of them in all.

    Parents come first, so that other ingredients do not crowd them out.
    """
    ingredients: list[Ingredient] = []
    parts = objects(store.get(label).get("ingredients"))
    for part in sorted(parts, key=lambda part: part.get("relationship") != "parentOf"):
        if store.left <= 0:
            break
        store.left -= 1
        ingredients.append(_ingredient(part, label, store))
    return tuple(ingredients)


def _ingredient(part: Object, parent: str, store: _Store) -> Ingredient:
    label = scalar(part.get("active_manifest"))
    actions, statements = store.read(label)
    source = source_term(scalar(part.get("digital_source_type")))
    statements += declared(source)
    ingredients = _ingredients(label, store)
    check = _check(part, parent, store)
    return Ingredient(
        quoted_text(part.get("title")),
        quoted_text(part.get("format")),
        _relation(part.get("relationship")),
        tuple(dict.fromkeys(filter(None, (*sources_of(actions), source)))),
        _doubted(strongest(statements), check),
        _doubted(_origin(store.get(label), actions, statements, ingredients), check),
        check.fault,
        ingredients,
    )


def _doubted(statement: Statement | None, check: Check) -> Statement | None:
    """The statement, worth less where it may have been changed since it was signed."""
    return statement if check.intact or statement is None else capped(statement, "medium")


def _check(part: Object, parent: str, store: _Store) -> Check:
    """The signature of an ingredient: as recorded when it was taken in, and as it was found now."""
    name = scalar(part.get("label"))
    delta = store.deltas.get(f"self#jumbf=/c2pa/{parent}/c2pa.assertions/{name}", {})
    results = _object(_object(part.get("validation_results")).get("activeManifest"))
    success = _codes(results, "success") | _codes(delta, "success")
    failure = _codes(results, "failure") | _codes(delta, "failure")
    return examine(success, failure | _codes(part, "validation_status"))


def _relation(value: Any) -> Relation:
    return value if value in ("parentOf", "componentOf", "inputTo") else ""


def _object(value: Any) -> Object:
    return value if isinstance(value, dict) else {}
