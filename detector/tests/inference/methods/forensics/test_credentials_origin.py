"""How a signed picture began: the word of its only parent, of its steps, of its metadata."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from detector.inference.methods.forensics.c2pa.actions import STEPS
from detector.inference.methods.forensics.c2pa.credentials import read_credentials
from detector.inference.methods.forensics.c2pa.manifest import interpret
from detector.inference.trust_lists import Trust
from detector.tests.factories.credentials import (
    AI,
    CAPTURED,
    FILLED,
    OPENED,
    PARTS,
    PHOTO,
    TRAINED,
    ask,
    claims,
    part,
    said,
    shown,
)
from detector.tests.factories.signing import TERM, action, identity, sign

DECISIVE, STRONG, WEAK = ([("ai", strength)] for strength in ("decisive", "strong", "weak"))
METADATA = {"@context": {"x": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"}}


def edit(*steps: dict[str, Any], parent: bytes = PARTS["created"], **options: Any) -> bytes:
    """The picture opened, then changed in these steps, by a second signer."""
    ingredients = (part("parentOf", parent), *options.pop("more", ()))
    return sign(PHOTO, "JPEG", OPENED, *steps, ingredients=ingredients, **options)


HANDLING = sorted(set(STEPS) - {"c2pa.created", "c2pa.opened", "c2pa.placed"})


@pytest.mark.slow
@pytest.mark.parametrize("name", [*HANDLING, "com.example.sharpened"])
def test_no_step_that_brings_nothing_in_hides_where_a_picture_came_from(name: str) -> None:
    answer = ask(edit(action(name)))
    assert ("ai", "decisive") in claims(answer)
    assert "made from a picture that was created by a generative AI" in said(answer)
    assert claims(ask(edit(action(name), parent=PARTS["captured"]))) == []


def test_gemini_s_form_decides() -> None:
    seal = action("c2pa.edited", TRAINED, description="Applied an invisible watermark")
    first = sign(PHOTO, "JPEG", AI, seal)
    mark = action("c2pa.edited", "composite", description="Added visible watermark")
    answer = ask(edit(mark, action("c2pa.converted"), parent=first))
    assert claims(answer) == DECISIVE
    assert answer.score is not None and answer.score > 0.92


@pytest.mark.slow
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("label", ["c2pa.actions", "c2pa.actions.v2"])
def test_every_version_of_claims_actions_and_ingredients_is_read(version: int, label: str) -> None:
    first = sign(PHOTO, "JPEG", AI, version=version, label=label)
    data = edit(action("c2pa.cropped"), parent=first, version=version, label=label)
    assert claims(ask(data)) == DECISIVE


@pytest.mark.slow
def test_a_part_beside_the_parent_leaves_it_open() -> None:
    for picture in (PHOTO, PARTS["captured"], PARTS["created"]):
        pasted = part("componentOf", picture, "b")
        assert claims(ask(edit(more=(pasted,)))) == STRONG
    shown_only = part("inputTo", PARTS["captured"], "b")
    assert claims(ask(edit(more=(shown_only,)))) == DECISIVE


@pytest.mark.slow
@pytest.mark.parametrize(
    "step",
    [
        action("c2pa.placed", parameters={"ingredientIds": ["a"]}),
        action("c2pa.edited", "digitalCapture"),
        action("c2pa.edited", "print"),
        action("c2pa.edited", "http://example.org/other"),
    ],
)
def test_a_step_that_brings_another_picture_in_leaves_it_open(step: dict[str, Any]) -> None:
    assert claims(ask(edit(step))) == STRONG


def test_a_camera_s_picture_is_no_ai_s_whatever_was_put_into_it() -> None:
    captured = PARTS["captured"]
    assert claims(ask(edit(action("c2pa.cropped"), parent=captured))) == []
    pasted = part("componentOf", PARTS["created"], "b")
    assert claims(ask(edit(action("c2pa.placed"), parent=captured, more=(pasted,)))) == WEAK
    filled = edit(FILLED, parent=captured)
    assert claims(ask(filled)) == STRONG
    assert claims(ask(edit(action("c2pa.cropped"), parent=filled))) == STRONG


def test_a_composite_stays_one_when_it_is_saved() -> None:
    first = sign(PHOTO, "JPEG", action("c2pa.created", "compositeWithTrainedAlgorithmicMedia"))
    assert claims(ask(edit(action("c2pa.cropped"), parent=first))) == STRONG


def test_the_origin_is_told_although_a_later_step_says_less() -> None:
    later = action("c2pa.edited", "compositeSynthetic")
    assert sorted(claims(ask(edit(later)))) == [("ai", "decisive"), ("ai", "strong")]


def test_two_parents_are_not_one() -> None:
    second = part("parentOf", PARTS["captured"], "b")
    # The standard allows one parent, so the signature does not hold either.
    assert ("ai", "decisive") not in claims(ask(edit(more=(second,))))


def test_a_parent_that_was_changed_before_it_was_opened_is_worth_less() -> None:
    changed = bytearray(PARTS["created"])
    changed[-20] ^= 1
    answer = ask(edit(action("c2pa.cropped"), parent=bytes(changed)))
    assert shown(answer)["signature"] == "valid"
    assert shown(answer)["ingredients"][0]["fault"] == "the file was changed after it was signed"
    assert claims(answer) == [("ai", "medium")]


def test_a_parent_whose_statements_were_changed_afterwards_is_worth_less() -> None:
    altered = edit(action("c2pa.cropped")).replace(b"type/trainedAlg", b"type/TRAINEDALG")
    answer = ask(altered)
    assert "changed" in shown(answer)["ingredients"][0]["fault"]
    assert claims(answer) == [("ai", "medium")]


def adobe(name: str, term: str, details: str = "Example Model 1") -> dict[str, Any]:
    """A step as Adobe writes it that used a model of somebody else."""
    parameters = {
        "ingredientIds": ["a"],
        "com.adobe.digitalSourceType": TERM + term,
        "com.adobe.details": details,
        "com.adobe.type": "remoteProvider.3rdParty",
    }
    return {"action": name, "parameters": parameters}


def test_adobe_s_source_type_among_the_parameters_is_read() -> None:
    opened = adobe("c2pa.opened", TRAINED)
    answer = ask(sign(PHOTO, "JPEG", opened, ingredients=(part("parentOf", PHOTO),)))
    assert claims(answer) == DECISIVE
    assert shown(answer)["actions"][0]["agent"] == "Example Model 1"
    drawn = action("c2pa.created", "digitalCreation")
    placed = sign(PHOTO, "JPEG", drawn, adobe("c2pa.placed", TRAINED), ingredients=(
        part("componentOf", PHOTO),))  # fmt: skip
    assert claims(ask(placed)) == STRONG
    captured = adobe("c2pa.opened", "digitalCapture")
    assert claims(ask(sign(PHOTO, "JPEG", captured, ingredients=(part("parentOf", PHOTO),)))) == []


def test_the_parent_s_own_word_is_better_than_what_is_said_about_it() -> None:
    opened = adobe("c2pa.opened", TRAINED)
    photo = part("parentOf", PARTS["captured"])
    assert claims(ask(sign(PHOTO, "JPEG", opened, ingredients=(photo,)))) == STRONG


def test_firefly_s_first_assertion_is_read() -> None:
    data = {"description": "Adobe Firefly", "version": "1.0", "prompt": "a barn"}
    legacy = {"label": "com.adobe.generative-ai", "data": data}
    assert claims(read(legacy)) == STRONG
    assert claims(read(legacy | {"label": "com.adobe.generative-ai__1"})) == STRONG
    # Since the second version of claims a manifest without steps is against the standard.
    assert claims(ask(sign(PHOTO, "JPEG", assertions=(legacy,)))) == STRONG
    first = sign(PHOTO, "JPEG", action("c2pa.created", "digitalArt"), assertions=(legacy,))
    assert claims(ask(edit(action("c2pa.cropped"), parent=first))) == STRONG


class _Answer:
    """What `claims` looks at."""

    def __init__(self, report: dict[str, Any]) -> None:
        found = interpret(report, "JPEG", Trust())
        self.findings = [item.finding for item in read_credentials(found)]


def read(*assertions: dict[str, Any], **manifest: Any) -> Any:
    """What a valid manifest with these assertions says."""
    manifests = {"a": {"assertions": list(assertions)} | manifest}
    return _Answer({"active_manifest": "a", "manifests": manifests, "validation_state": "Valid"})


VALUES = {
    "text": TERM + TRAINED,
    "list": [TERM + TRAINED],
    "node": {"@id": TERM + TRAINED},
    "value": {"@value": TERM + TRAINED},
    "list of nodes": [{"@id": TERM + TRAINED}],
    "container": {"@set": [TERM + TRAINED]},
    "schema.org": "https://schema.org/TrainedAlgorithmicMediaDigitalSource",
}
LABELS = (
    "c2pa.metadata",
    "cawg.metadata",
    "com.example.metadata",
    "stds.metadata",
    "stds.iptc",
    "stds.iptc.photo-metadata",
    "stds.exif",
    "stds.schema-org.CreativeWork",
)
KEYS = (
    "Iptc4xmpExt:DigitalSourceType",
    "x:DigitalSourceType",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/DigitalSourceType",
    "Iptc4xmpExt:DigitalSourceFileType",
    "digitalSourceType",
)


@pytest.mark.parametrize("label", LABELS)
def test_a_source_type_in_signed_metadata_is_read(label: str) -> None:
    signed = {"label": label, "data": METADATA | {"x:DigitalSourceType": TERM + TRAINED}}
    answer = ask(sign(PHOTO, "JPEG", action("c2pa.created", "digitalArt"), assertions=(
        signed | {"kind": "Json"},)))  # fmt: skip
    assert claims(answer) == DECISIVE
    assert f"C2PA manifest, assertion {label}" in {finding.where for finding in answer.findings}


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", VALUES)
def test_every_form_of_a_source_type_in_metadata_is_read(key: str, value: str) -> None:
    assertion = {"label": "c2pa.metadata", "data": METADATA | {key: VALUES[value]}}
    assert claims(read(assertion)) == DECISIVE


@pytest.mark.parametrize(
    "data",
    [
        {"x:DigitalSourceType": TERM + "digitalCapture"},
        {"x:DigitalSourceType": "http://example.org/" + TRAINED},
        {"dc:description": TERM + TRAINED},
        {"x:Ingredients": [{"x:DigitalSourceType": TERM + TRAINED}]},
        {"x:DigitalSourceType": {"@id": {"@id": [5, None, {}]}}},
        {"x:DigitalSourceType": None},
        [TERM + TRAINED],
    ],
)
def test_other_metadata_says_nothing_of_an_ai(data: Any) -> None:
    assert claims(read({"label": "c2pa.metadata", "data": data})) == []


def test_of_several_statements_in_one_place_the_strongest_counts() -> None:
    for terms in ((TRAINED, "compositeSynthetic"), ("compositeSynthetic", TRAINED)):
        data = {"x:DigitalSourceType": [TERM + term for term in terms]}
        assert claims(read({"label": "c2pa.metadata", "data": data})) == DECISIVE


def test_only_assertions_of_metadata_are_taken_for_metadata() -> None:
    data = {"x:DigitalSourceType": TERM + TRAINED}
    assert claims(read({"label": "c2pa.hash.data", "data": data})) == []
    assert claims(read({"label": "metadata", "data": data})) == []


AGENTS = (
    "Bing Image Creator",
    "ChatGPT",
    "GPT-4o",
    "Azure OpenAI DALL-E",
    "OpenAI Media Service API",
    "Sora",
    "Google Generative AI",
    "Gemini",
    "Imagen 4 Ultra",
    "Midjourney",
    "Adobe_Firefly/1.0 adobe_c2pa/0.7.6",
    "Amazon Titan Image Generator",
    "Stability AI",
    "Stable Image Core",
    "Ideogram 3.0",
    "Recraft V3",
    "Black Forest Labs",
    "FLUX.1 Kontext",
    "Runway Gen-4",
    "Meta AI",
    "Image Creator from Designer",
    "Amazon Nova Canvas",
    "Grok Imagine",
    "niji・journey",
    "Luma Photon",
    "Imagen on Vertex AI",
    "Qwen-Image",
)
CAMERAS = (
    "Leica Camera AG M11-P",
    "Nikon Z 6III",
    "Sony ILCE-9M3",
    "Pixel Camera",
    "Truepic Lens CLI in Pixel",
    "Canon EOS R1",
    "Samsung Galaxy S25",
    "Adobe Photoshop 25.0",
    "Adobe Lightroom Classic",
    "Canva",
    "Microsoft Paint",
    "Google C2PA Core Generator Library",
    "Gemini Photo Scanner",
    "Microsoft Designer",
    "Image Creator",
    "Amazon",
    "c2patool",
)


@pytest.mark.slow
@pytest.mark.parametrize("field", ["agent", "program", "generator", "old generator"])
@pytest.mark.parametrize("name", [*AGENTS, *CAMERAS])
def test_what_a_program_created_that_only_generates_is_an_ai_s(name: str, field: str) -> None:
    step: dict[str, Any] = {"action": "c2pa.created"}
    manifest: dict[str, Any] = {}
    if field == "agent":
        step["softwareAgent"] = name
    elif field == "program":
        step["softwareAgent"] = {"name": name, "version": "1"}
    elif field == "generator":
        manifest = {"claim_generator_info": [{"name": name, "version": "1.2"}]}
    else:
        manifest = {"claim_generator": name}
    steps = {"label": "c2pa.actions", "data": {"actions": [step]}}
    assert claims(read(steps, **manifest)) == (STRONG if name in AGENTS else [])


def test_a_program_that_generates_may_open_or_photograph_too() -> None:
    for step in (action("c2pa.opened"), action("c2pa.edited"), CAPTURED):
        steps = {"label": "c2pa.actions", "data": {"actions": [step | {"softwareAgent": "Gemini"}]}}
        assert claims(read(steps)) == []


def test_a_program_that_only_generates_counts_in_a_parent_too() -> None:
    first = sign(PHOTO, "JPEG", action("c2pa.created", "digitalArt", softwareAgent="Midjourney"))
    assert claims(ask(edit(action("c2pa.cropped"), parent=first))) == STRONG
    assert claims(ask(sign(PHOTO, "JPEG", action("c2pa.created", "digitalArt"), ingredients=(
        part("componentOf", first),)))) == WEAK  # fmt: skip


def test_a_template_says_for_all_actions_of_its_name_what_they_do_not_say() -> None:
    template = {"action": "c2pa.created", "digitalSourceType": TERM + TRAINED}
    data = {"actions": [{"action": "c2pa.created"}], "templates": [template]}
    assert claims(read({"label": "c2pa.actions.v2", "data": data})) == DECISIVE
    other = {"actions": [{"action": "c2pa.edited"}], "templates": [template]}
    assert claims(read({"label": "c2pa.actions.v2", "data": other})) == []


def test_signed_metadata_about_an_ai_contradicts_a_camera(tmp_path: Path) -> None:
    signed = {"label": "c2pa.metadata", "data": METADATA | {"x:DigitalSourceType": TERM + TRAINED}}
    answer = ask(sign(PHOTO, "JPEG", CAPTURED, assertions=(signed | {"kind": "Json"},)))
    assert answer.score is None
    trusted = tmp_path / "anchors.pem"
    trusted.write_text(identity().anchor)
    legacy = {"label": "com.adobe.generative-ai", "data": {"description": "Adobe Firefly"}}
    for assertion in (signed | {"kind": "Json"}, legacy):
        answer = ask(sign(PHOTO, "JPEG", CAPTURED, assertions=(assertion,)), anchors=trusted)
        assert "real" not in {finding.claim for finding in answer.findings}
