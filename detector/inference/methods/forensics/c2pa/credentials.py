"""Content Credentials (C2PA): signed statements on where a picture came from.

Four things are told apart: a manifest is there, its signature is valid, its signer is trusted, and
it says that an AI was at work. A valid signature proves that the file is unchanged since somebody
signed it, not that this somebody tells the truth: anyone can make a certificate. Only if the signer
is on a list of trusted signers does a camera's statement argue for "real".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from detector.inference.formats import format_of
from detector.inference.images import SourceImage
from detector.inference.methods.forensics.claims.declarations import CAPTURED
from detector.inference.methods.forensics.claims.generator_names import is_generator
from detector.inference.methods.forensics.containers.metadata import Metadata, Unreadable
from detector.inference.methods.forensics.evidence import Evidence, ai_claim, capture_claim, context
from detector.inference.results import Finding
from detector.inference.trust_lists import Trust

from .actions import Action
from .credentials_process import PROCESS
from .jumbf import find_manifest
from .manifest import Credentials, Ingredient, interpret
from .signer import NOT_LISTED
from .statements import Statement, at_most, capped, strongest

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
            return Credentials("unreadable", where, fault=str(error))
    links = (value.strip().lower() for value in metadata.xmp.get(PROVENANCE, []))
    if any(link.startswith(("https://", "http://")) for link in links):
        return Credentials("remote", "XMP dcterms:provenance")
    return None


def read_credentials(credentials: Credentials | None) -> Iterator[Evidence]:
    """What the manifest is worth: first the manifest itself, then what it says about the origin."""
    if credentials is None:
        return
    if credentials.manifest == "unreadable":
        said = (
            f"The file carries Content Credentials (C2PA) that cannot be read: {credentials.fault}"
        )
        yield context(said, "unreadable", f"C2PA manifest, {credentials.where}")
        return
    if credentials.manifest == "remote":
        yield context(
            "The file says that its Content Credentials (C2PA) lie on a website. They were not "
            "fetched: looking at a picture opens no connection.",
            "c2pa",
            credentials.where,
        )
        return
    yield context(_describe(credentials), "c2pa", f"C2PA manifest, {credentials.where}")
    yield from list(_claims(credentials)) or list(_ingredient_claims(credentials))
    yield from _capture(credentials)


def _describe(credentials: Credentials) -> str:
    """The manifest, the program behind it, its signature and its signer, a sentence each."""
    names = dict.fromkeys(filter(None, (credentials.signer, credentials.issuer)))
    how = "signed by" if credentials.signature == "valid" else "which name as their signer"
    by = f', {how} "{", ".join(names)}"' if names else ""
    on = f" on {credentials.time[:10]}" if by and credentials.dated else ""
    sentences = [f"The file carries Content Credentials (C2PA){by}{on}."]
    if credentials.generator:
        sentences.append(f'The program that wrote them calls itself "{credentials.generator}".')
    return " ".join([*sentences, _say_signature(credentials), _say_trust(credentials)])


def _say_signature(credentials: Credentials) -> str:
    if credentials.signature == "valid":
        return "The signature is valid: the file is unchanged since it was signed."
    if credentials.signature == "tampered":
        return f"The signature does not fit this picture: {credentials.fault}."
    if credentials.signature == "unchecked":
        return "The signature could not be fully checked."
    return f"The signature is not valid: {credentials.fault}."


def _say_trust(credentials: Credentials) -> str:
    if credentials.trusted is None:
        return "The signer was not checked, for want of a list of trusted signers."
    if credentials.trusted and credentials.signature != "valid":
        return f"The signer that it names is on the {credentials.trust_list}, which does not count."
    if credentials.trusted:
        return f"The signer is trusted: on the {credentials.trust_list}."
    if credentials.doubt == NOT_LISTED:
        return f"The signer is not on the {credentials.trust_list}: anyone can sign under any name."
    return f"{credentials.doubt.capitalize()}."


def _claims(credentials: Credentials) -> Iterator[Evidence]:
    """What the manifest says about generative AI itself, and how its only parent began.

    A step that is not the first may have put a generated part into a photograph, so its word is
    worth less, unless the picture was an AI's from the beginning.
    """
    origin = credentials.origin
    whole = origin is not None and origin.strength == "decisive"
    own = [
        one if whole or one.about == "whole" else capped(one, "strong")
        for one in credentials.statements
    ]
    for one in own:
        yield _claim(credentials, one)
    best = strongest(own)
    if origin and origin not in own and (best is None or best.strength != "decisive"):
        yield _claim(credentials, _inherited(origin))


def _inherited(statement: Statement) -> Statement:
    """What the picture is, since the picture that it was made from is what the statement says."""
    said = f"was made from a picture that {statement.said}"
    return replace(statement, said=said, where="C2PA manifest, ingredients")


def _ingredient_claims(credentials: Credentials) -> Iterator[Evidence]:
    """A word about AI that only the pictures have that went into this one; the nearest counts."""
    if parent := _of_parents(credentials.ingredients):
        yield _claim(credentials, capped(_inherited(parent), "strong"))
    elif part := next(_of_parts(credentials.ingredients), None):
        said = f"contains a picture that {part.said}"
        part = replace(part, said=said, where="C2PA manifest, ingredients")
        yield _claim(credentials, capped(part, "weak"))


def _of_parents(ingredients: Iterable[Ingredient]) -> Statement | None:
    """What the picture says that this one was made from, or the one that that was made from."""
    parents = [part for part in ingredients if part.relationship == "parentOf"]
    nearest = strongest(parent.statement for parent in parents if parent.statement)
    further = (_of_parents(parent.ingredients) for parent in parents)
    return nearest or next((found for found in further if found), None)


def _of_parts(ingredients: Iterable[Ingredient]) -> Iterator[Statement]:
    """What all say that went into the picture itself, at any level.

    What was only shown to a program (`inputTo`) need not be in the picture.
    """
    for part in ingredients:
        if part.relationship != "inputTo":
            yield from filter(None, [part.statement])
            yield from _of_parts(part.ingredients)


def _claim(credentials: Credentials, statement: Statement) -> Evidence:
    """A claim of AI, worth less where the file may have been changed since.

    Under an old certificate, or against a rule, it is worth what an unsigned declaration is.
    """
    text = f"The file's Content Credentials say that the picture {statement.said}."
    where, strength = statement.where, statement.strength
    if credentials.signature == "valid":
        signed = credentials.trusted is True
        return ai_claim(text, "c2pa", where, strength=strength, signed=signed)
    text += f" {_doubt(credentials)}"
    if not credentials.intact:
        strength = at_most("medium", strength)
    return ai_claim(text, "c2pa", where, strength=strength)


def _doubt(credentials: Credentials) -> str:
    if credentials.signature == "unchecked":
        return "But the signature could not be fully checked."
    return f"But the signature does not hold: {credentials.fault}."


def _capture(credentials: Credentials) -> Iterator[Evidence]:
    """A camera's statement that it took the picture; evidence only of a trusted signer."""
    created = {a.source: a for a in credentials.actions if a.name == "c2pa.created"}
    for action in (created[term] for term in CAPTURED if term in created):
        where = f"C2PA manifest, action {action.name}"
        text = (
            f"The file's Content Credentials say that a camera took the picture ({action.source})"
        )
        if _is_proof(credentials):
            text += ", and a trusted signer vouches for it."
            yield Evidence(Finding(text, "c2pa", "real", where, "decisive", signed=True))
        elif credentials.intact:
            text += ". That counts only if the signature is valid, the signer is trusted and "
            text += "nothing was added."
            yield capture_claim(text, "capture", where)
        else:
            text += f". {_doubt(credentials)}"
            yield context(text, "capture", where)


def _is_proof(credentials: Credentials) -> bool:
    """Signature and signer are beyond doubt, and all that was done to the capture is harmless."""
    parts = [part for part in credentials.ingredients if part.relationship != "inputTo"]
    harmless = credentials.complete and all(map(_is_harmless, credentials.actions))
    silent = not parts and not credentials.statements
    return credentials.signature == "valid" and credentials.trusted is True and silent and harmless


def _is_harmless(action: Action) -> bool:
    """The capture itself, or a step that adds nothing to it, by no program that generates."""
    known = action.keeps or (action.name == "c2pa.created" and action.source in CAPTURED)
    return known and action.source in ("", *CAPTURED) and not is_generator(action.agent)
