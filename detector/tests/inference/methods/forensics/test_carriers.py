"""Method 3: the settings of a generator count in every text of a file, in each form they have."""

from __future__ import annotations

import json

import pytest

from detector.tests.factories.carriers import JSON, PLACES, in_tag, invokeai_graph
from detector.tests.factories.hostile import png_with
from detector.tests.factories.marked_files import (
    COMFYUI,
    COMMENTS,
    NOVELAI,
    WORKFLOW,
    ask,
    claims,
    exif,
    picture,
    png,
)
from detector.tests.factories.pictures import png_chunk


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["a1111", "comfyui", "fooocus", "swarmui", "drawthings"])
def test_settings_decide_wherever_they_stand(kind: str, place: str) -> None:
    answer = ask(PLACES[place](COMMENTS[kind]))
    assert claims(answer)[kind] == "decisive"
    assert answer.score == 0.99


LINE = "Steps: 25, Sampler: Euler a, CFG scale: 7, Seed: 187, Size: 768x512, Model: someModel_v1"
A1111 = {
    "semicolons": f"a\n{LINE.replace(',', ';')}",
    "bars": f"a\n{LINE.replace(', ', ' | ')}",
    "one per line": f"a\n{LINE.replace(', ', chr(10))}",
    "one per line, of Windows": f"a\r\n{LINE.replace(', ', chr(13) + chr(10))}",
    "line ends written out": f"a harbour\\nNegative prompt: blur\\n{LINE}",
    "spaces only": f"a {LINE.replace(',', '')}",
    "full stops": f"a harbour.Negative prompt: blur.{LINE}",
    "wide signs": f"港口\n{LINE.replace(': ', '：').replace(', ', '，')}",
    "a Chinese sampler": f"港口\n{LINE.replace('Euler a', '欧拉 a')}",
    "a decimal comma": f"a\n{LINE.replace('CFG scale: 7', 'CFG scale: 1,5')}",
    "steps in the middle": "a\nSeed: 5, Sampler: Euler, Steps: 20, CFG scale: 7, Size: 512x512",
    "steps at the end": "a\nSampler: DPM++ 2M, CFG scale: 7, Seed: 5, Size: 512x512, Steps: 20",
    "another setting first": f"a\nHires upscale: 2, {LINE}",
    "a quoted line": f'a\n{LINE}, Wildcard prompt: "a\\nb, Steps: 2, c", Version: v1.9',
    "a quoted line of settings": f'a\n{LINE}, Template: "b\\nSteps: 9, Sampler: Heun, Seed: 1"',
    "JSON among the settings": f'a\n{LINE}, Civitai resources: [{{"type":"x","modelName":"y, z"}}]',
    "a quotation mark in the prompt": f'a sign: "hello\n{LINE}',
    "guidance by another name": f"a\n-b\n{LINE.replace('CFG scale', 'Guidance Scale')}",
    "no scale": "a\nSteps: 20, Sampler: DPM++ 2M, Seed: 5, Size: 512x512",
    "small letters": f"a\n{LINE.replace('Model', 'model')}",
    "stable-diffusion.cpp": "a\nSteps: 20, CFG scale: 7.000000, Guidance: 3.500000, Eta: 0.000000, "
    "Seed: 42, Size: 512x512, Model: m.gguf, RNG: cuda, Sampler: euler_a, "
    "Version: stable-diffusion.cpp",
    "inside JSON": json.dumps({"parameters": f"a\n{LINE}", "width": 768}),
}


@pytest.mark.slow
@pytest.mark.parametrize("form", A1111)
def test_the_settings_of_a_web_ui_are_read_in_every_form(form: str) -> None:
    answer = ask(png({"parameters": A1111[form]}))
    assert claims(answer) == {"a1111": "decisive"}
    rows = dict(answer.exhibit("parameters")["rows"])
    assert rows["steps"] in ("20", "25") and rows["seed"] in ("5", "42", "187")
    assert "Steps" not in rows.get("prompt", "")


@pytest.mark.slow
@pytest.mark.parametrize("key", ["parameters", "metadata", "Comment"])
@pytest.mark.parametrize("name", JSON)
def test_settings_as_json_are_told_by_their_names(name: str, key: str) -> None:
    kind, data = JSON[name]
    answer = ask(png({key: json.dumps(data)}))
    assert claims(answer) == {kind: "decisive"}


@pytest.mark.parametrize(
    "text",
    [
        COMFYUI.replace('"seed": 5', '"seed": NaN, "x": [Infinity, -Infinity]'),
        COMFYUI.replace("a red fox", "a red\nfox"),
        "\ufeff" + COMFYUI,
        "prompt:" + COMFYUI,
        "Workflow: " + WORKFLOW,
        json.dumps(COMFYUI),
        json.dumps(json.dumps(COMFYUI)),
    ],
    ids=["NaN", "bare line end", "byte order mark", "label", "Label", "in quotes", "twice"],
)
def test_a_graph_is_read_although_its_json_is_not_by_the_book(text: str) -> None:
    assert claims(ask(png({"any name": text}, kind="iTXt"))) == {"comfyui": "decisive"}


def test_a_graph_in_latin_1_is_read() -> None:
    body = b"prompt\0" + COMFYUI.replace("red", "café").encode("latin-1")
    for kind, rest in ((b"tEXt", body), (b"iTXt", body.replace(b"\0", bytes(5), 1))):
        assert claims(ask(png_with(png_chunk(kind, rest)))) == {"comfyui": "decisive"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tEXt", "zTXt", "iTXt"])
@pytest.mark.parametrize("megabytes", [1.6, 3, 6])
def test_a_picture_inside_a_graph_does_not_hide_it(megabytes: float, kind: str) -> None:
    graph = json.loads(COMFYUI)
    inside = "data:image/png;base64," + "iVBORw0KGgo+/A" * int(megabytes * 75_000)
    graph["9"] = {"class_type": "LoadImageBase64", "inputs": {"data": inside}}
    answer = ask(png({"prompt": json.dumps(graph), "workflow": WORKFLOW}, kind=kind))
    assert claims(answer) == {"comfyui": "decisive"}
    assert not [f for f in answer.findings if f.kind == "unreadable"]


def invokeai_drawing(*kinds: str) -> str:
    """The steps as they are drawn: each in `data`, each setting with its value in an object."""
    inputs = {"steps": {"name": "steps", "value": 30}, "seed": {"value": 5}}
    nodes = [{"id": k, "type": "invocation", "data": {"type": k, "inputs": inputs}} for k in kinds]
    return json.dumps({"name": "", "nodes": nodes, "edges": [], "meta": {"version": "3.0.0"}})


@pytest.mark.parametrize(
    ("texts", "strength"),
    [
        ({"invokeai_graph": invokeai_graph()}, "decisive"),
        ({"invokeai_metadata": "null", "invokeai_graph": invokeai_graph()}, "decisive"),
        ({"invokeai_metadata": '{"app_version": "5.4.3"}', "a": invokeai_graph()}, "decisive"),
        ({"invokeai_workflow": invokeai_drawing("denoise_latents", "l2i")}, "decisive"),
        ({"invokeai_workflow": invokeai_drawing("flux_denoise", "flux_vae_decode")}, "decisive"),
        ({"invokeai_graph": invokeai_graph(c={"type": "save"})}, "weak"),
    ],
)
def test_a_graph_of_invokeai_is_enough(texts: dict[str, str], strength: str) -> None:
    answer = ask(png(texts))
    assert claims(answer) == {"invokeai": strength}
    rows = dict(answer.exhibit("parameters")["rows"])
    assert (rows["steps"], rows["seed"]) == ("30", "5")


def test_the_line_of_imaginairy_is_read() -> None:
    line = (
        '"harbour" 512x512px negative-prompt:"blur" seed:480030103 prompt-strength:7.5 steps:75 '
        "sampler-type:k_dpmpp_2m"
    )
    answer = ask(in_tag(0x010E)(line))
    assert claims(answer) == {"imaginairy": "decisive"}
    assert ["negative prompt", "blur"] in answer.exhibit("parameters")["rows"]


def test_novelai_is_known_by_its_name_and_settings_in_different_containers() -> None:
    data = exif(Software="NovelAI")
    answer = ask(picture("JPEG", exif=data, comment=NOVELAI.encode()))
    assert claims(answer)["novelai"] == "decisive"


def test_midjourneys_line_counts_anywhere_with_its_parameters() -> None:
    job = "Job ID: 6a2f41a3-c54c-4ce8-8c1d-b8a8c2f0a1d4"
    for prompt, strength in (("a cat --ar 3:2 --v 6.1", "decisive"), ("Poster", "medium")):
        answer = ask(png({"Comment": f"{prompt} {job}", "Author": "someone"}))
        assert claims(answer) == {"midjourney": strength}
