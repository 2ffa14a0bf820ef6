"""What a file states about its origin, as declarations: who, what, and how far it was checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL.PngImagePlugin import PngInfo

from detector.inference.images import open_image
from detector.inference.method import Answer
from detector.inference.methods.forensics import Forensics
from detector.inference.methods.forensics.c2pa.actions import Action
from detector.inference.methods.forensics.c2pa.credentials import read_credentials
from detector.inference.methods.forensics.c2pa.manifest import Credentials, Ingredient
from detector.inference.methods.forensics.c2pa.statements import Statement
from detector.inference.methods.forensics.claims.inpainting import is_inpainting, paints_into
from detector.inference.methods.forensics.declared import declare
from detector.inference.results import Declaration
from detector.inference.runtime import Runtime
from detector.tests.factories.pictures import encode, photo

TRAINED, COMPOSITE = "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"


def ask(data: bytes) -> Answer:
    return Forensics(Runtime(Path(), Path())).predict(open_image(data))


def with_source(term: str) -> bytes:
    """A PNG whose XMP declares this digital source type."""
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        'xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" e:DigitalSourceType='
        f'"http://cv.iptc.org/newscodes/digitalsourcetype/{term}"/></rdf:RDF></x:xmpmeta>'
    )
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", xmp)
    return encode(photo(), "PNG", pnginfo=info)


@pytest.mark.parametrize(
    ("term", "action", "claim", "partial", "evidence"),
    [
        (TRAINED, "ai", "ai", False, "ai"),
        (COMPOSITE, "edited", "ai", True, "ai_edited"),
        ("compositeSynthetic", "edited", "ai", True, "ai_edited"),
        ("digitalCapture", "captured", "capture", False, None),
        ("compositeCapture", "stitched", None, False, None),
        ("digitalCreation", "created", None, False, None),
        ("humanEdits", "other", None, False, None),
    ],
)
def test_a_source_type_is_a_declaration_that_nobody_signed(
    term: str, action: str, claim: str | None, partial: bool, evidence: str | None
) -> None:
    answer = ask(with_source(term))
    (declaration,) = answer.declarations
    assert (declaration.action, declaration.outcome_evidence) == (action, evidence)
    assert (declaration.signed, declaration.valid, declaration.trusted) == (False, None, None)
    assert "not signed" in declaration.trust_note and "XMP" in declaration.where
    assert (claim, partial) in {(one.claim, one.partial) for one in answer.findings}


def test_settings_of_a_generator_are_evidence_and_no_statement() -> None:
    info = PngInfo()
    info.add_text("parameters", "a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1")
    answer = ask(encode(photo(), "PNG", pnginfo=info))
    assert answer.findings[0].claim == "ai" and not answer.declarations


# Signed statements


def statement(source: str, about: Any, strength: Any = "decisive") -> Statement:
    params = {"source": source, "step": "c2pa.edited", "program": "Painter 3"}
    return Statement("c2pa.step", params, "C2PA manifest, action x", strength, about)


def credentials(**given: Any) -> Credentials:
    plain: dict[str, Any] = {
        "manifest": "embedded",
        "where": "JPEG APP11",
        "signature": "valid",
        "intact": True,
        "signer": "Signer",
        "time": "2026-05-04T03:02:01Z",
        "trusted": True,
        "trust_list": "C2PA list of 2026-08-21",
        "generator": "Editor 1",
    }
    return Credentials(**(plain | given))


def declarations(one: Credentials) -> list[Declaration]:
    return list(declare(read_credentials(one), one))


def test_a_signed_edit_names_signer_tool_and_time() -> None:
    one = credentials(statements=(statement(TRAINED, "part"),))
    (declaration,) = declarations(one)
    assert (declaration.who, declaration.tool) == ("Signer", "Painter 3")
    assert declaration.when == "2026-05-04T03:02:01Z"
    assert (declaration.signed, declaration.valid, declaration.trusted) == (True, True, True)
    assert (declaration.action, declaration.outcome_evidence) == ("edited", "ai_edited")
    assert "Painter 3" in declaration.text


@pytest.mark.parametrize(
    ("given", "valid", "note"),
    [
        ({}, True, "trusted: on the C2PA list of 2026-08-21"),
        ({"trusted": False, "doubt": "not_listed"}, True, "valid, signer not on the list"),
        ({"trusted": None}, True, "valid, signer not checked"),
        ({"signature": "unchecked", "trusted": None}, None, "could not be fully checked"),
        (
            {"signature": "tampered", "fault": "changed", "intact": False},
            False,
            "invalid: the file was changed after it was signed",
        ),
    ],
)
def test_the_standing_of_a_signature_is_said(
    given: dict[str, Any], valid: bool | None, note: str
) -> None:
    one = credentials(statements=(statement(COMPOSITE, "whole", "strong"),), **given)
    (declaration,) = declarations(one)
    assert declaration.valid is valid and note in declaration.trust_note
    intact = given.get("intact", True)
    assert declaration.outcome_evidence == ("ai_edited" if intact else None)
    findings = [evidence.finding for evidence in read_credentials(one)]
    assert {finding.partial for finding in findings if finding.claim == "ai"} == {intact}


CREATED = Action("c2pa.created", "created", source="digitalCapture")


@pytest.mark.parametrize(
    ("given", "evidence"),
    [
        ({}, "captured"),
        ({"trusted": False}, None),
        ({"signature": "invalid", "fault": "expired"}, None),
        ({"statements": (statement(TRAINED, "part"),)}, None),
    ],
)
def test_only_a_trusted_camera_is_evidence_of_a_capture(
    given: dict[str, Any], evidence: str | None
) -> None:
    found = declarations(credentials(actions=(CREATED,), **given))
    captured = [one for one in found if one.action == "captured"]
    assert [one.outcome_evidence for one in captured] == [evidence]


def test_a_part_by_an_ai_is_told_and_is_no_proof_of_an_edit() -> None:
    part = Ingredient("part", "image/png", "componentOf", statement=statement(TRAINED, "whole"))
    (declaration,) = declarations(credentials(ingredients=(part,)))
    assert (declaration.action, declaration.outcome_evidence) == ("contains", None)


def test_a_manifest_that_says_nothing_of_ai_is_told_too() -> None:
    (other,) = declarations(credentials())
    assert other.action == "other" and "Editor 1" in other.text
    (created,) = declarations(credentials(source_types=("digitalCreation",)))
    assert created.action == "created"
    assert not declarations(replace(credentials(), manifest="remote"))


# Inpainting


@pytest.mark.parametrize(
    ("more", "partial"),
    [("", False), (", Mask blur: 4", True), (", Inpaint area: Only masked", True)],
)
def test_a_mask_among_the_settings_makes_it_an_edit(more: str, partial: bool) -> None:
    info = PngInfo()
    text = f"a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1{more}, Version: v1"
    info.add_text("parameters", text)
    finding = ask(encode(photo(), "PNG", pnginfo=info)).findings[0]
    assert (finding.claim, finding.partial) == ("ai", partial)


@pytest.mark.parametrize(
    ("mode", "paints"),
    [
        ("txt2img", False),
        ("img2img", False),
        ("sdxl_inpaint", True),
        ("outpaint", True),
        ("NativeInfillingRequest", True),
        ("PromptGenerateRequest", False),
    ],
)
def test_the_mode_tells_an_edit(mode: str, paints: bool) -> None:
    assert is_inpainting((("prompt", "inpaint me"), ("mode", mode))) is paints


@pytest.mark.parametrize(
    ("kinds", "paints"),
    [
        (["KSampler", "VAEDecode"], False),
        (["KSampler", "VAEEncodeForInpaint"], True),
        (["SetLatentNoiseMask"], True),
        (["denoise_latents", "create_gradient_mask"], True),
        (["denoise_latents", "l2i"], False),
    ],
)
def test_a_step_that_takes_a_mask_tells_an_edit(kinds: list[str], paints: bool) -> None:
    assert paints_into(kinds) is paints
