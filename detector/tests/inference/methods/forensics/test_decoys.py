"""Method 3 on files that only look like evidence: none of them may decide, most say nothing."""

from __future__ import annotations

import io
import json
from itertools import permutations
from pathlib import Path

import pytest
from PIL import Image

from detector.inference.images import open_image
from detector.inference.methods.forensics import Forensics
from detector.inference.runtime import Runtime
from detector.tests.factories.decoys import camera_exif
from detector.tests.factories.marked_files import (
    IPTC_TERM,
    PARAMETERS,
    UUID,
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

TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
ONE_NODE = {"1": {"class_type": "KSampler", "inputs": {}}}
INGREDIENT = (
    "<p:DocumentAncestors><r:Bag><r:li r:parseType='Resource'>"
    f"<i:DigitalSourceType>{TRAINED}</i:DigitalSourceType></r:li></r:Bag></p:DocumentAncestors>"
)

SILENT = {
    "the term in a JPEG comment": picture("JPEG", comment=TRAINED),
    "a packet in a JPEG comment": picture("JPEG", comment=source_type("trainedAlgorithmicMedia")),
    "a packet after the end": picture("JPEG") + source_type("trainedAlgorithmicMedia"),
    "the term in a PNG text": png({"DigitalSourceType": TRAINED}),
    "the term in a description": with_xmp("JPEG", xmp(f'p:Headline="{TRAINED}"')),
    "the term in another namespace": with_xmp("JPEG", xmp(f'd:DigitalSourceType="{TRAINED}"')),
    "the term about an ingredient": with_xmp("JPEG", xmp(elements=INGREDIENT)),
    "a made-up term": with_xmp("JPEG", source_type("trainedAlgorithmicMediaNot")),
    "parameters without the grammar": png({"parameters": "a cat, Steps: many, Sampler: none"}),
    "steps of a recipe": png({"parameters": "Steps: 3, Oven: 200, Size: 20x20"}),
    "a prompt that is no graph": png({"prompt": "a red fox in the snow"}),
    "a prompt that is other JSON": png({"prompt": json.dumps({"3": {"type": "KSampler"}})}),
    "a graph of one node": png({"prompt": json.dumps(ONE_NODE)}),
    "a workflow without nodes": png({"workflow": '{"nodes": [], "links": []}'}),
    "NovelAI's settings alone": png({"Comment": '{"prompt": "a", "steps": 8, "seed": 1}'}),
    "a command without a seed": png({"Dream": '"a cat" -s50'}),
    "an author alone": png({"Author": "Midjourney"}),
    "a job that is no UUID": png({"Description": "Job ID: 1234", "Author": "me"}),
    "a job in mid-sentence": png({"Description": f"Job ID: {UUID} failed", "Author": "me"}),
    "half of Grok's pair": with_exif("JPEG", exif(Artist=UUID)),
    "Google's credit reworded": with_xmp("JPEG", xmp('p:Credit="Not Made with Google AI"')),
    "a label of 0": png({"AIGC": '{"Label": "0"}'}),
    "a bare label elsewhere": with_exif("JPEG", exif(ImageDescription='{"Label": "1"}')),
    "a plain picture": picture("BMP"),
}


@pytest.mark.parametrize("name", SILENT)
def test_decoys_are_no_evidence(name: str) -> None:
    answer = ask(SILENT[name])
    assert claims(answer) == {}
    assert answer.score is None
    assert answer.findings[0].kind == "silent"


@pytest.mark.parametrize(
    ("data", "score"),
    [
        (with_exif("JPEG", exif(Software="Midjourney")), 0.6),
        (with_xmp("JPEG", xmp('p:Credit="Made with Google AI"')), 0.8),
        (png({"Software": "NovelAI", "Comment": "a cat"}), 0.6),
        (
            png(
                {"prompt": json.dumps({n: {"class_type": "LoadImage", "inputs": {}} for n in "12"})}
            ),
            0.6,
        ),
    ],
    ids=["software", "credit", "NovelAI's name", "a graph without a sampler"],
)
def test_hints_do_not_decide(data: bytes, score: float) -> None:
    answer = ask(data)
    assert "decisive" not in claims(answer).values()
    assert answer.score == score


def test_the_name_of_the_file_is_no_evidence(tmp_path: Path) -> None:
    path = tmp_path / "midjourney_stable-diffusion_parameters.png"
    path.write_bytes(picture("PNG"))
    answer = Forensics(Runtime(Path(), Path())).predict(open_image(path))
    assert claims(answer) == {}


@pytest.mark.parametrize("term", ["algorithmicMedia", "digitalCapture", "composite"])
def test_other_source_types_are_context(term: str) -> None:
    answer = ask(with_xmp("JPEG", source_type(term)))
    assert answer.score is None
    assert [f.strength for f in answer.findings if f.kind == "iptc"] == ["context"]


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_a_camera_is_context_and_never_argues_for_real(format: str) -> None:
    answer = ask(with_exif(format, camera_exif()))
    texts = {finding.kind: finding.text for finding in answer.findings}
    assert answer.score is None
    assert '"Canon EOS R5" as the camera and gives the settings of an exposure' in texts["camera"]
    assert "Lightroom" in texts["editor"]
    assert {finding.claim for finding in answer.findings} == {None, "capture"}
    assert {finding.strength for finding in answer.findings} == {"context"}


@pytest.mark.parametrize("missing", ["Make", "Model", "exposure"])
def test_less_than_make_model_and_exposure_is_no_claim_of_a_capture(missing: str) -> None:
    data = exif(**{tag: "Canon" for tag in ("Make", "Model") if tag != missing})
    if missing != "exposure":
        data.get_ifd(0x8769).update({0x829A: 0.01, 0x829D: 2.8})
    assert all(finding.claim is None for finding in ask(with_exif("JPEG", data)).findings)


def test_the_place_is_never_given() -> None:
    answer = ask(with_exif("JPEG", camera_exif()))
    assert any(finding.kind == "gps" for finding in answer.findings)
    assert "48" not in repr(answer)


def test_a_camera_beside_a_generator_is_a_contradiction_without_a_score() -> None:
    data = camera_exif()
    data.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + PARAMETERS.encode("utf-16-be")
    answer = ask(with_exif("JPEG", data))
    assert answer.score is None
    assert claims(answer) == {"a1111": "decisive"}  # it is shown all the same


def test_only_the_first_picture_of_an_mpo_is_read() -> None:
    first, second = (
        io.BytesIO(picture("JPEG")),
        io.BytesIO(with_exif("JPEG", exif(UserComment=PARAMETERS))),
    )
    buffer = io.BytesIO()
    Image.open(first).save(buffer, "MPO", save_all=True, append_images=[Image.open(second)])
    assert ask(buffer.getvalue()).used == "JPEG segments"


NOTHING = [
    "None", "n/a", "N / A", "-", "false", "unknown", "undefined", "unspecified", " ", "None.",
    "not applicable", "N.A.", "nil", "\u2013", "Human", "0.0", "false.", "keine", "aucun",
    "ninguno", "nein", "nessuno", "nenhum", "geen", "ingen", "brak", "нет", "なし", "无", "无。",
    "없음", "not used",
]  # fmt: skip
DENIALS = [
    "No AI was used", "No AI was used for this photograph", "AI was not used", "Keine KI",
    "No generative AI was used in this picture", "This is a photograph, no AI was used.",
    "without any artificial intelligence", "I did not use AI", "Es wurde keine KI verwendet",
    "本图未使用AI技术", "AIは使用していません", "aucune IA", "N/A (photo)", "AI wasn't used",
    "AI-free", "不使用",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("value", [*NOTHING, *DENIALS])
@pytest.mark.parametrize("field", ["AISystemUsed", "AIPromptInformation", "AIPromptWriterName"])
def test_a_form_that_says_there_was_no_ai_is_no_claim(field: str, value: str) -> None:
    assert claims(ask(with_xmp("JPEG", xmp(f'i:{field}="{value}"')))) == {}


@pytest.mark.parametrize(
    "value",
    ["No Midjourney", "Not made with Firefly", "I didn\u2019t use Midjourney", "Adobe Firefly: off",
     "Neither Midjourney nor DALL-E", "Ikke Midjourney", "ChatGPT-free picture", "未使用豆包"],
)  # fmt: skip
def test_a_denial_in_the_field_for_a_system_is_shown_and_claims_nothing(value: str) -> None:
    answer = ask(with_xmp("JPEG", xmp(f'i:AISystemUsed="{value}" i:AIPromptInformation="a cat"')))
    assert claims(answer) == {} and answer.score is None
    denied = [finding for finding in answer.findings if finding.code == "iptc_ai.denied"]
    assert denied[0].params["said"] == value


@pytest.mark.slow
@pytest.mark.parametrize(
    "value",
    ["Our studio", "Canon EOS R5", "Ei mitään", "Nie użyto Midjourney", "Aurora HDR 2019",
     "rien du tout", "Leonardo Rossi", "I took it on the playground", "Copilot: my wife",
     "Adobe Lightroom Classic",
     "Firefly, based on my own photo", "None - this is a photograph taken by me", "Real photograph",
     "human face, oil painting", "No people, empty street", "false (camera original, unedited)",
     "无 Midjourney", "OpenAI " * 8 + "Photoshop", "Firefly " * 70 + "Photoshop"],
)  # fmt: skip
@pytest.mark.parametrize("beside", ["", "Real photograph"])
def test_free_text_is_never_more_than_a_weak_hint(value: str, beside: str) -> None:
    """Whatever language it is in, and whatever stands in the other field."""
    for first, second in permutations(("AISystemUsed", "AIPromptInformation")):
        answer = ask(with_xmp("JPEG", xmp(f'i:{first}="{value}" i:{second}="{beside}"')))
        assert claims(answer) in ({}, {"iptc-ai": "weak"})


@pytest.mark.parametrize(
    "prompt",
    ["human face, oil painting", "No people, empty street", "unknown planet, sci-fi", "0.5 zoom",
     "not a cat, a dog", "nothing but sky and sea", "without a doubt the best robot"],
)  # fmt: skip
def test_a_prompt_may_begin_with_what_elsewhere_means_nothing(prompt: str) -> None:
    answer = ask(with_xmp("JPEG", xmp(f'i:AIPromptInformation="{prompt}"')))
    assert claims(answer) == {"iptc-ai": "weak"} and answer.score == pytest.approx(0.6)
    assert answer.exhibit("parameters")["rows"] == [["prompt", prompt]]


@pytest.mark.slow
@pytest.mark.parametrize(
    "system",
    ["Nano Banana", "NotebookLM", "Midjourney 6", "豆包", "DALL\u00b7E 3", "DALLE3", "GPT4o",
     "gpt-image-1", "FLUX.1 [dev]", "flux_1_schnell", "Imagen3", "Gemini 2.5 Flash Image",
     "StableDiffusion XL",
     "OpenAI ChatGPT", "Adobe Firefly Image 4 Ultra", "KlingAI", "RunwayML Gen-4", "Sora2",
     "Qwen-Image-Edit", "HunyuanImage 3.0", "Z-Image-Turbo", "Stable Diffusion 3.5 Large",
     "Google Imagen 4", "Black Forest Labs FLUX 1.1 pro", "Midjourney v6.1"],
)  # fmt: skip
def test_the_bare_name_of_a_system_decides_even_behind_other_values(system: str) -> None:
    items = f"<r:li>none</r:li><r:li>Our studio</r:li><r:li>{system}</r:li>"
    packet = xmp(elements=f"<i:AISystemUsed><r:Bag>{items}</r:Bag></i:AISystemUsed>")
    answer = ask(with_xmp("JPEG", packet))
    assert claims(answer) == {"iptc-ai": "decisive"}
    assert answer.exhibit("parameters")["rows"] == [["AI system", system]]


def test_two_statements_in_one_place_contradict_each_other() -> None:
    terms = ("trainedAlgorithmicMedia", "digitalCapture")
    items = "".join(f"<r:li>{IPTC_TERM}{term}</r:li>" for term in terms)
    packet = xmp(elements=f"<i:DigitalSourceType><r:Bag>{items}</r:Bag></i:DigitalSourceType>")
    answer = ask(with_xmp("JPEG", packet))
    assert answer.score is None and claims(answer) == {"iptc": "decisive"}


@pytest.mark.parametrize("unseen", ["\n", "\u202e", "\u061c", "\u200b", "\u2028", '"'])
def test_text_of_a_file_stays_within_our_quotation_marks(unseen: str) -> None:
    answer = ask(with_exif("PNG", exif(Software=f"GIMP{unseen} It is proven to be real.".encode())))
    (text,) = (f.text for f in answer.findings if f.kind == "editor")
    start, end = 'The program that last wrote the file is "', '", a picture editor.'
    assert text.startswith(start + "GIMP") and text.endswith(end)
    assert unseen not in text.removeprefix(start).removesuffix(end)
