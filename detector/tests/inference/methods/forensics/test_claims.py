"""Method 3: declarations in XMP, lesser evidence, and what is shown of the parameters."""

from __future__ import annotations

import pytest
from PIL.PngImagePlugin import PngInfo

from detector.tests.factories.claims import CLAIMS, iptc_credit, raw_profile, samsung, segment
from detector.tests.factories.marked_files import (
    COMFYUI,
    EXIF_FORMATS,
    PARAMETERS,
    SWARMUI,
    UUID,
    WORKFLOW,
    ask,
    claims,
    exif,
    picture,
    png,
    source_type,
    with_exif,
    with_xmp,
    xmp,
)


@pytest.mark.parametrize("term", ["compositeWithTrainedAlgorithmicMedia", "compositeSynthetic"])
def test_an_edit_with_ai_is_strong_evidence_but_no_verdict_on_the_whole(term: str) -> None:
    answer = ask(with_xmp("JPEG", source_type(term)))
    assert claims(answer)["iptc"] == "strong"
    assert answer.score == pytest.approx(0.9)


@pytest.mark.slow
@pytest.mark.parametrize("format", [*EXIF_FORMATS, "GIF"])
@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_in_xmp_decides_in_every_container(name: str, format: str) -> None:
    answer = ask(with_xmp(format, CLAIMS[name]))
    assert claims(answer)[name.split()[0]] == "decisive"
    assert "XMP" in answer.used


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("comfyui", with_exif("WEBP", exif(Make="workflow:" + WORKFLOW, Model="x"))),
        ("comfyui", with_exif("WEBP", exif(Model="prompt:" + COMFYUI))),
        ("comfyui", with_exif("JPEG", exif(ImageDescription="Workflow: " + WORKFLOW))),
        ("swarmui", with_exif("JPEG", exif(Model=SWARMUI))),
        ("a1111", picture("GIF", comment=PARAMETERS)),
        ("midjourney", with_exif("JPEG", exif(ImageDescription=f"x Job ID: {UUID}", Artist="me"))),
    ],
)  # fmt: skip
def test_payloads_are_found_where_their_programs_put_them(kind: str, data: bytes) -> None:
    assert claims(ask(data))[kind] == "decisive"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("google", segment(0xED, b"Photoshop 3.0\0" + iptc_credit(b"Made with Google AI"))),
        ("google", png(raw_profile("iptc", iptc_credit(b"Made with Google AI")))),
        ("a1111", png(raw_profile("exif", exif(UserComment=PARAMETERS).tobytes()), kind="zTXt")),
        ("iptc", png(raw_profile("xmp", source_type("trainedAlgorithmicMedia")), kind="zTXt")),
        ("samsung", samsung('{"genAIType": 3, "toneValue": {}}')),
        ("samsung", samsung('{"edits": {"genAIType": 1}}')),
    ],
)
def test_evidence_is_found_in_rarer_places(kind: str, data: bytes) -> None:
    assert kind in claims(ask(data))


@pytest.mark.parametrize("edits", ['{"genAIType": 0}', '{"genAIType": "1"}', "genAIType: 1", "[]"])
def test_samsungs_other_edits_are_no_evidence(edits: str) -> None:
    assert claims(ask(samsung(edits))) == {}


@pytest.mark.parametrize(
    ("kind", "strength", "score", "data"),
    [
        ("grok", "medium", 0.8,
         with_exif("JPEG", exif(ImageDescription="Signature: " + "Abc4" * 20, Artist=UUID))),
        ("maker", "medium", 0.8, with_exif("JPEG", exif(Make="Ideogram AI"))),
        ("maker", "medium", 0.8, png({"Source": "Luma AI"})),
        ("google", "medium", 0.8, with_xmp("JPEG", xmp('p:Credit="Edited with Google AI"'))),
        ("midjourney", "medium", 0.8, png({"Description": f"a cat Job ID: {UUID}"})),
        ("aigc-label", "medium", 0.8, png({"AIGC": '{"Label": "2"}'})),
        ("aigc-label", "weak", 0.6, png({"AIGC": '{"Label": "3"}'})),
        ("software", "weak", 0.6, with_exif("JPEG", exif(Software="Midjourney 6"))),
        ("software", "weak", 0.6, png({"Software": "Adobe Firefly"})),
    ],
)  # fmt: skip
def test_lesser_evidence_has_a_lesser_score(
    kind: str, strength: str, score: float, data: bytes
) -> None:
    answer = ask(data)
    assert claims(answer) == {kind: strength}
    assert answer.score == score


def test_the_table_holds_the_generation_parameters() -> None:
    answer = ask(png({"parameters": PARAMETERS}))
    assert answer.exhibit("parameters")["rows"] == [
        ["prompt", "a lighthouse at dusk, <lora:sea:0.8>"],
        ["negative prompt", "blurry, low quality"],
        ["model", "dreamshaper_8"],
        ["seed", "1415885281"],
        ["steps", "30"],
        ["sampler", "Euler a"],
        ["CFG scale", "7"],
        ["size", "512x512"],
        ["version", "v1.9.4"],
    ]
    assert answer.findings[0].text == (
        "The file holds settings in the form in which the web interfaces of Stable Diffusion "
        'write them when they generate a picture. Number of steps: 30. Sampling method: "Euler '
        'a". Name of the model: "dreamshaper_8".'
    )


def test_settings_cannot_speak_for_us() -> None:
    model = "x. The signature is valid; a trusted camera took this photograph"
    settings = (
        f"Steps: 20, Sampler: Euler, Seed: 1, CFG scale: 7, Model: {model}, Steps: 5 and real"
    )
    answer = ask(png({"parameters": f"cat\n{settings}"}))
    (text,) = (finding.text for finding in answer.findings if finding.claim)
    assert f'model: "{model}"' in text and "and real" not in text


def test_a_second_text_of_settings_is_not_hidden_by_the_first() -> None:
    info = PngInfo()
    for name in ("first", "second"):
        info.add_text("parameters", f"{name}\nSteps: 20, Sampler: Euler, Seed: 1, CFG scale: 7")
    rows = ask(picture("PNG", pnginfo=info)).exhibit("parameters")["rows"]
    assert ["prompt", "first"] in rows and ["prompt", "second"] in rows


def test_the_prompts_of_a_graph_are_those_that_lead_to_the_sampler() -> None:
    table = dict(ask(png({"prompt": COMFYUI})).exhibit("parameters")["rows"])
    assert table["prompt"] == "a red fox"
    assert table["negative prompt"] == "blurry"
    assert table["model"] == "sdxl.safetensors"


def test_long_values_are_cut_and_what_cannot_be_printed_is_left_out() -> None:
    prompt = "x" * 5000 + "\u202e"
    answer = ask(png({"parameters": f"\x07{prompt}\n{PARAMETERS.splitlines()[-1]}"}))
    assert dict(answer.exhibit("parameters")["rows"])["prompt"] == "x" * 1999 + "…"


def test_the_strongest_evidence_comes_first() -> None:
    answer = ask(png({"Software": "NovelAI", "parameters": PARAMETERS}))
    assert [f.strength for f in answer.findings] == ["decisive", "weak"]


LABEL = (
    '{"Label": "1", "ContentProducer": "00119133MA2CFLDG4R1", "ProduceID": "7f3a", '
    '"ContentPropagator": "00119133X", "PropagateID": "9c", "ReservedCode1": "abc"}'
)


@pytest.mark.parametrize(
    "data",
    [
        png({"AIGC": LABEL}),
        with_exif("JPEG", exif(UserComment=f'{{"AIGC": {LABEL}}}')),
        with_exif("JPEG", exif(ImageDescription=f'{{"AIGC": {LABEL}}}')),
        with_xmp("JPEG", xmp(elements=f"<t:AIGC>{LABEL}</t:AIGC>")),
        with_xmp("JPEG", xmp(f"t:AIGC='{LABEL}'")),
        with_xmp("PNG", xmp(f"q:AIGC='{LABEL}' xmlns:q='http://www.tc260.org.cn/ns/AIGC/1.0/'")),
    ],
    ids=["PNG text", "UserComment", "ImageDescription", "element", "attribute", "other prefix"],
)
def test_the_chinese_label_says_who_produced_the_picture(data: bytes) -> None:
    answer = ask(data)
    assert claims(answer) == {"aigc-label": "decisive"}
    assert answer.exhibit("parameters")["rows"] == [
        ["content producer", "00119133MA2CFLDG4R1"],
        ["production number", "7f3a"],
        ["content propagator", "00119133X"],
        ["propagation number", "9c"],
    ]


def test_the_fields_of_iptc_2025_are_shown() -> None:
    packet = xmp(
        'i:AISystemUsed="Midjourney" i:AISystemVersionUsed="3"',
        "<i:AIPromptInformation>a cat</i:AIPromptInformation>"
        "<i:AIPromptWriterName><r:Seq><r:li>A. Writer</r:li></r:Seq></i:AIPromptWriterName>",
    )
    answer = ask(with_xmp("JPEG", packet))
    assert claims(answer) == {"iptc-ai": "decisive"}
    assert answer.exhibit("parameters")["rows"] == [
        ["AI system", "Midjourney"],
        ["AI system version", "3"],
        ["prompt", "a cat"],
        ["prompt written by", "A. Writer"],
    ]


@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
def test_fooocus_names_its_scheme_in_the_maker_note(format: str) -> None:
    data = exif(Software="Fooocus v2.5.5", UserComment="cut off")
    data[0x927C] = b"a1111"
    assert claims(ask(with_exif(format, data)))["fooocus"] == "medium"
    data[0x927C] = b"a1111" + bytes(5000)  # what a camera would put there is not read
    assert "fooocus" not in claims(ask(with_exif(format, data)))


def test_another_artist_does_not_hide_groks_pair() -> None:
    data = exif(ImageDescription="Signature: " + "Abc4" * 20, Artist=UUID)
    info = PngInfo()
    info.add_text("Artist", "someone")
    answer = ask(picture("PNG", pnginfo=info, exif=data.tobytes()))
    assert claims(answer) == {"grok": "medium"}
