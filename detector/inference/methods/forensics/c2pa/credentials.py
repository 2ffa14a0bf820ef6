"""Content Credentials (C2PA): signed statements about the origin of a picture.

Four things are told apart: a manifest is there, its signature is valid, its signer is trusted, and
it says that an AI was at work. A valid signature proves that the file is unchanged since somebody
signed it, not that this somebody tells the truth: anyone can make a certificate. Only if the signer
is on a list of trusted signers does a camera's statement argue for "real".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

from detector.inference.formats import format_of
from detector.inference.images import SourceImage
from detector.inference.methods.forensics.claims.declarations import CAPTURED
from detector.inference.methods.forensics.claims.generator_names import is_generator
from detector.inference.methods.forensics.containers.metadata import Metadata, Unreadable
from detector.inference.methods.forensics.evidence import Evidence, ai_claim, capture_claim, context
from detector.inference.results import Finding
from detector.inference.trust_lists import Trust
from detector.inference.wording import JSON

from .actions import Action
from .credentials_process import PROCESS
from .jumbf import find_manifest
from .manifest import Credentials, Ingredient, interpret
from .statements import Statement, at_most, capped, strongest

# The picture that a statement is about: "c2pa_relation" of the catalogue.
Relation = Literal["itself", "made_from", "contains"]
INGREDIENTS = "C2PA manifest, ingredients"
PROVENANCE = "{http://purl.org/dc/terms/}provenance"


def find_credentials(image: SourceImage, metadata: Metadata, trust: Trust) -> Credentials | None:
    """The Content Credentials of a file, or None if it has none; does not raise."""
    if where := find_manifest(image.data, image.format):
        metadata.read("C2PA manifest")
        try:
            mime = format_of(image.format).mime
            report = PROCESS.report(mime, image.data, trust.request())
            return interpret(report, where, trust)
        except Unreadable as error:
            return Credentials("unreadable", where, unread=str(error))
    links = (value.strip().lower() for value in metadata.xmp.get(PROVENANCE, []))
    if any(link.startswith(("https://", "http://")) for link in links):
        return Credentials("remote", "XMP dcterms:provenance")
    return None


def read_credentials(credentials: Credentials | None) -> Iterator[Evidence]:
    """The findings about a manifest: first its signature, then its statements on the origin."""
    if credentials is None:
        return
    if credentials.manifest == "unreadable":
        where = f"C2PA manifest, {credentials.where}"
        yield context("c2pa.unreadable", {"why": credentials.unread}, "unreadable", where)
        return
    if credentials.manifest == "remote":
        yield context("c2pa.elsewhere", {}, "c2pa", credentials.where)
        return
    where = f"C2PA manifest, {credentials.where}"
    yield context("c2pa.manifest", _describe(credentials), "c2pa", where)
    yield from list(_claims(credentials)) or list(_ingredient_claims(credentials))
    yield from _capture(credentials)


def _describe(credentials: Credentials) -> dict[str, JSON]:
    """The manifest, the program behind it, its signature and its signer."""
    names = list(dict.fromkeys(filter(None, (credentials.signer, credentials.issuer))))
    return {
        "signers": names,
        "date": credentials.time[:10] if names and credentials.dated else "",
        "program": credentials.generator,
        **_signature(credentials),
        "trust": _trust(credentials),
        "list": credentials.trust_list,
        "ended": credentials.ended,
    }


def _signature(credentials: Credentials) -> dict[str, JSON]:
    return {"signature": credentials.signature, "fault": credentials.fault}


def _trust(credentials: Credentials) -> str:
    """The state of the signer: a word of "c2pa_trust" in the catalogue."""
    if credentials.trusted is None:
        return "unknown"
    if credentials.trusted:
        return "yes" if credentials.signature == "valid" else "worthless"
    return credentials.doubt


def _claims(credentials: Credentials) -> Iterator[Evidence]:
    """The manifest's own statements about generative AI, and the origin of its only parent.

    A step that is not the first may have put a generated part into a photograph, so its word is
    worth less, unless the picture was an AI's from the beginning.
    """
    origin = credentials.origin
    whole = origin is not None and origin.strength == "decisive"
    own = [
        statement if whole or statement.about == "whole" else capped(statement, "strong")
        for statement in credentials.statements
    ]
    for statement in own:
        yield _claim(credentials, statement)
    best = strongest(own)
    if origin and origin not in own and (best is None or best.strength != "decisive"):
        yield _claim(credentials, _inherited(origin), "made_from")


def _inherited(statement: Statement) -> Statement:
    """What the picture is, since the picture that it was made from is what the statement says."""
    return replace(statement, where=INGREDIENTS)


def _ingredient_claims(credentials: Credentials) -> Iterator[Evidence]:
    """Claims of AI found only in the ingredients of this picture; the nearest one counts."""
    if parent := _of_parents(credentials.ingredients):
        yield _claim(credentials, capped(_inherited(parent), "strong"), "made_from")
    elif part := next(_of_parts(credentials.ingredients), None):
        part = replace(part, where=INGREDIENTS)
        yield _claim(credentials, capped(part, "weak"), "contains")


def _of_parents(ingredients: Iterable[Ingredient]) -> Statement | None:
    """The claims of the picture that this one was made from, or of that picture's own parents."""
    parents = [part for part in ingredients if part.relationship == "parentOf"]
    nearest = strongest(parent.statement for parent in parents if parent.statement)
    further = (_of_parents(parent.ingredients) for parent in parents)
    return nearest or next((statements for statements in further if statements), None)


def _of_parts(ingredients: Iterable[Ingredient]) -> Iterator[Statement]:
    """The claims of all ingredients that are part of the picture, at any level.

    What was only shown to a program (`inputTo`) need not be in the picture.
    """
    for part in ingredients:
        if part.relationship != "inputTo":
            yield from filter(None, [part.statement])
            yield from _of_parts(part.ingredients)


def _claim(
    credentials: Credentials, statement: Statement, relation: Relation = "itself"
) -> Evidence:
    """A claim of AI, which counts less if the file may have been changed since.

    Under an old certificate, or against a rule, it is worth what an unsigned declaration is.
    """
    code, where, strength = statement.code, statement.where, statement.strength
    params = {"relation": relation, **statement.params, **_signature(credentials)}
    # What was made from an AI's picture, but not from it alone, is an AI's in part. What is
    # decisive speaks of a picture that was an AI's from the beginning, whatever was done later.
    edit = strength != "decisive" and (statement.edits or relation != "itself")
    signed = credentials.signature == "valid" and credentials.trusted is True
    if credentials.signature != "valid" and not credentials.intact:
        # Who changed the file since may have changed the picture, too: that tells of no edit.
        strength, edit = at_most("medium", strength), False
    return ai_claim(code, params, "c2pa", where, strength=strength, signed=signed, partial=edit)


def _capture(credentials: Credentials) -> Iterator[Evidence]:
    """A camera's statement that it took the picture; evidence only of a trusted signer."""
    created = {a.source: a for a in credentials.actions if a.name == "c2pa.created"}
    for action in (created[term] for term in CAPTURED if term in created):
        where = f"C2PA manifest, action {action.name}"
        source: dict[str, JSON] = {"source": action.source}
        if _is_proof(credentials):
            code = "c2pa.capture_trusted"
            yield Evidence(Finding(code, source, "c2pa", "real", where, "decisive", signed=True))
        elif credentials.intact:
            yield capture_claim("c2pa.capture_claimed", source, "capture", where)
        else:
            params = {**source, **_signature(credentials)}
            yield context("c2pa.capture_doubted", params, "capture", where)


def _is_proof(credentials: Credentials) -> bool:
    """Signature and signer are beyond doubt, and all that was done to the capture is harmless."""
    parts = [part for part in credentials.ingredients if part.relationship != "inputTo"]
    harmless = credentials.complete and all(map(_is_harmless, credentials.actions))
    silent = not parts and not credentials.statements
    return credentials.signature == "valid" and credentials.trusted is True and silent and harmless


def _is_harmless(action: Action) -> bool:
    """The capture itself, or a step that adds nothing to it, by no program that generates."""
    is_known = action.keeps or (action.name == "c2pa.created" and action.source in CAPTURED)
    return is_known and action.source in ("", *CAPTURED) and not is_generator(action.agent)
