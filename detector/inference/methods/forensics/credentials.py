"""Content Credentials (C2PA): signed statements on where a picture came from.

Four things are told apart: a manifest is there, its signature is valid, its signer is trusted, and
it says that an AI was at work. A valid signature proves that the file is unchanged since somebody
signed it, not that this somebody tells the truth: anyone can make a certificate. Only if the signer
is on the operator's list does a camera's statement argue for "real".
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

from detector.inference.images import SourceImage
from detector.inference.results import Finding, Strength

from .credentials_process import PROCESS
from .declarations import AI_SOURCES, AI_SOURCES_STRENGTH, CAPTURED
from .evidence import Evidence, ai_claim, capture_claim, context
from .generators import PROGRAMS
from .jumbf import find_manifest
from .manifest import LAPSED, Action, Credentials, Ingredient, interpret
from .metadata import Metadata, Unreadable
from .trust import read_anchors

logger = logging.getLogger(__name__)

PROVENANCE = "{http://purl.org/dc/terms/}provenance"
MIME = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
    "HEIF": "image/heic",
    "AVIF": "image/avif",
}
# Steps that add nothing to a picture.
HARMLESS = {
    "c2pa.cropped",
    "c2pa.resized",
    "c2pa.resized.proportional",
    "c2pa.orientation",
    "c2pa.color_adjustments",
    "c2pa.adjustedColor",
    "c2pa.converted",
    "c2pa.transcoded",
    "c2pa.repackaged",
    "c2pa.edited.metadata",
    "c2pa.redacted",
    "c2pa.published",
}
STRENGTHS: tuple[Strength, ...] = ("context", "weak", "medium", "strong", "decisive")


def find_credentials(
    image: SourceImage, metadata: Metadata, anchors: Path | None = None
) -> Credentials | None:
    """The Content Credentials of a file, or None if it has none; does not raise.

    `anchors` is a PEM file with the certificates of the authorities that the operator trusts.
    """
    if where := find_manifest(image.data, image.format):
        pem = _anchors_of(anchors)
        metadata.read("C2PA manifest")
        try:
            report = PROCESS.report(MIME[image.format], image.data, pem)
            return interpret(report, where, checked=bool(pem))
        except Unreadable as error:
            return Credentials("unreadable", where, fault=str(error))
    links = (value.strip().lower() for value in metadata.xmp.get(PROVENANCE, []))
    if any(link.startswith(("https://", "http://")) for link in links):
        return Credentials("remote", "XMP dcterms:provenance")
    return None


def _anchors_of(path: Path | None) -> str:
    """The operator's list, "" without one that can be used."""
    if path is None:
        return ""
    try:
        return read_anchors(path)
    except (OSError, ValueError) as error:
        logger.warning("%s cannot be used, so no signer is checked: %s", path, error)
        return ""


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
    on = f" on {credentials.time[:10]}" if by and credentials.time else ""
    sentences = [f"The file carries Content Credentials (C2PA){by}{on}."]
    if credentials.generator:
        sentences.append(f'The program that wrote them calls itself "{credentials.generator}".')
    return " ".join([*sentences, _say_signature(credentials), _say_trust(credentials)])


def _say_signature(credentials: Credentials) -> str:
    if credentials.signature == "valid":
        return "The signature is valid: the file is unchanged since it was signed."
    if credentials.signature == "tampered":
        return f"The signature does not fit this picture: {credentials.fault}."
    return f"The signature is not valid: {credentials.fault}."


def _say_trust(credentials: Credentials) -> str:
    if credentials.trusted is None:
        return "The signer was not checked, for want of a list of trusted signers."
    if credentials.trusted:
        return "The signer is on the list of trusted signers."
    return "The signer is not on the list of trusted signers: anyone can sign under any name."


def _claims(credentials: Credentials) -> Iterator[Evidence]:
    """What the actions of the manifest say about generative AI."""
    for action in credentials.actions:
        where = f"C2PA manifest, action {action.name}"
        by = f' by "{action.agent}"' if action.agent else ""
        if action.source in AI_SOURCES:
            step = f"step: {action.text}{by}; source type: {action.source}"
            said = f"is {AI_SOURCES[action.source]} ({step})"
            yield _claim(credentials, said, where, _strength(action, credentials))
        elif action.name == "c2pa.created" and PROGRAMS.search(action.agent):
            # Bing's image creator wrote no source type before 2024.
            yield _claim(credentials, f"was created{by}, an AI generator", where, "strong")


def _strength(action: Action, credentials: Credentials) -> Strength:
    """A step that is not the first may have put a generated part into a photograph."""
    strength = AI_SOURCES_STRENGTH[action.source]
    whole = action.name == "c2pa.created" or "trainedAlgorithmicMedia" in _origins(
        credentials.ingredients
    )
    return strength if whole else _at_most("strong", strength)


def _origins(ingredients: Iterable[Ingredient]) -> set[str]:
    """How the pictures began that this one was made from; what was filled in later is no origin."""
    parents = [part for part in ingredients if part.relationship == "parentOf"]
    return {source for p in parents for source in (*p.created, *_origins(p.ingredients))}


def _parent_sources(ingredients: Iterable[Ingredient]) -> set[str]:
    """The source types of the picture that this one was made from, and of what that came from."""
    found: set[str] = set()
    for parent in ingredients:
        if parent.relationship == "parentOf":
            found |= {*parent.sources, *_parent_sources(parent.ingredients)}
    return found


def _ingredient_claims(credentials: Credentials) -> Iterator[Evidence]:
    """An AI source type that only the pictures have that went into this one; the nearest counts."""
    where = "C2PA manifest, ingredients"
    parents = sorted(_parent_sources(credentials.ingredients) & set(AI_SOURCES))
    if parents:
        said = f"was made from a picture that is {AI_SOURCES[parents[0]]} ({parents[0]})"
        yield _claim(credentials, said, where, "strong")
    elif _components(credentials.ingredients) & set(AI_SOURCES):
        said = "contains a picture that is made or edited by a generative AI"
        yield _claim(credentials, said, where, "weak")


def _components(ingredients: Iterable[Ingredient]) -> set[str]:
    """The source types of all that went into the picture itself, at any level.

    What was only shown to a program (`inputTo`) need not be in the picture.
    """
    found: set[str] = set()
    for part in ingredients:
        if part.relationship != "inputTo":
            found |= {*part.sources, *_components(part.ingredients)}
    return found


def _claim(credentials: Credentials, said: str, where: str, strength: Strength) -> Evidence:
    """A claim of AI, worth less where the file may have been changed since.

    With a lapsed certificate it is worth what an unsigned declaration is.
    """
    text = f"The file's Content Credentials say that the picture {said}."
    if credentials.signature == "valid":
        signed = credentials.trusted is True
        return ai_claim(text, "c2pa", where, strength=strength, signed=signed)
    text += f" But the signature does not hold: {credentials.fault}."
    if credentials.fault not in LAPSED:
        strength = _at_most("medium", strength)
    return ai_claim(text, "c2pa", where, strength=strength)


def _at_most(most: Strength, strength: Strength) -> Strength:
    return min(most, strength, key=STRENGTHS.index)


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
        elif credentials.signature == "valid" or credentials.fault in LAPSED:
            text += ". That counts only if the signature is valid, the signer is trusted and "
            text += "nothing was added."
            yield capture_claim(text, "capture", where)
        else:
            text += f". But the signature does not hold: {credentials.fault}."
            yield context(text, "capture", where)


def _is_proof(credentials: Credentials) -> bool:
    """Signature and signer are beyond doubt, and all that was done to the capture is harmless."""
    parts = [part for part in credentials.ingredients if part.relationship != "inputTo"]
    harmless = credentials.complete and all(map(_is_harmless, credentials.actions))
    return (
        credentials.signature == "valid" and credentials.trusted is True and not parts and harmless
    )


def _is_harmless(action: Action) -> bool:
    """The capture itself, or a step that adds nothing to it, by no program that generates."""
    known = action.name in HARMLESS or (action.name == "c2pa.created" and action.source in CAPTURED)
    return known and action.source in ("", *CAPTURED) and not PROGRAMS.search(action.agent)
