"""Method 3: the settings of a generator count in every text of a file, in each form they have."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from detector.tests.factories.pictures import png_chunk
from detector.tests.test_forensics import (
    COMFYUI,
    COMMENTS,
    DRAW_THINGS,
    NOVELAI,
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
from detector.tests.test_forensics_claims import raw_profile, segment
from detector.tests.test_forensics_hostile import png_with

Build = Callable[[str], bytes]


def in_tag(tag: int, format: str = "JPEG") -> Build:
    """A text in this tag of the first directory, those of Windows in UTF-16 as it writes them."""

    def build(text: str) -> bytes:
        data = Image.Exif()
        data[tag] = text.encode("utf-16-le") if tag >> 8 == 0x9C else text
        return with_exif(format, data)

    return build


def in_xmp(name: str, format: str = "JPEG") -> Build:
    def build(text: str) -> bytes:
        shown = text.replace("&", "&amp;").replace("<", "&lt;")
        items = f"<r:Alt><r:li xml:lang='x-default'>{shown}</r:li></r:Alt>"
        return with_xmp(format, xmp(elements=f"<{name}>{items}</{name}>"))

    return build


def record(dataset: int, text: bytes) -> bytes:
    return struct.pack(">BBBH", 0x1C, 2, dataset, len(text)) + text


def resource(body: bytes) -> bytes:
    return b"8BIM\x04\x04\0\0" + struct.pack(">I", len(body)) + body + b"\0" * (len(body) % 2)


def in_iptc(dataset: int) -> Build:
    return lambda text: segment(0xED, b"Photoshop 3.0\0" + resource(record(dataset, text.encode())))


def extended(parts: list[tuple[str, bytes]], pointer: str = "") -> bytes:
    """A JPEG with these bodies of extension segments behind a packet that names `pointer`."""
    note = f"xmlns:n='http://ns.adobe.com/xmp/note/' n:HasExtendedXMP='{pointer}'"
    plain = picture("JPEG", xmp=xmp(note if pointer else ""))
    bodies = [
        b"http://ns.adobe.com/xmp/extension/\0" + name.encode() + part for name, part in parts
    ]
    end = plain.index(b"\xff\xdb")
    blocks = (struct.pack(">HH", 0xFFE1, len(body) + 2) + body for body in bodies)
    return plain[:end] + b"".join(blocks) + plain[end:]


def cut(packet: bytes, size: int) -> tuple[str, list[tuple[str, bytes]]]:
    """(digest, parts) of an extension whose parts have at most `size` bytes."""
    name = hashlib.md5(packet).hexdigest().upper()
    heads = range(0, len(packet), size)
    return name, [
        (name, struct.pack(">II", len(packet), at) + packet[at : at + size]) for at in heads
    ]


def extended_xmp(term: str) -> bytes:
    """A JPEG that declares this source type in its extended XMP alone."""
    name, parts = cut(source_type(term), 200)
    return extended(parts[::-1], name)


TAGS = {
    "DocumentName": 0x010D, "ImageDescription": 0x010E, "Make": 0x010F, "Model": 0x0110,
    "Software": 0x0131, "Artist": 0x013B, "HostComputer": 0x013C, "Copyright": 0x8298,
    "ImageHistory": 0x9213, "XPTitle": 0x9C9B, "XPComment": 0x9C9C, "XPKeywords": 0x9C9E,
    "XPSubject": 0x9C9F, "a tag that no table lists": 0xC7AA,
}  # fmt: skip
PLACES: dict[str, Build] = {
    "JPEG comment": lambda text: picture("JPEG", comment=text.encode()),
    "GIF comment": lambda text: picture("GIF", comment=text.encode()),
    **{f"EXIF {name}": in_tag(tag) for name, tag in TAGS.items()},
    **{f"{f} EXIF Copyright": in_tag(0x8298, f) for f in ("PNG", "WEBP", "TIFF", "AVIF", "HEIF")},
    **{f"XMP {name}": in_xmp(name) for name in ("d:description", "d:title", "p:Headline", "e:Any")},
    **{f"{f} XMP title": in_xmp("d:title", f) for f in ("PNG", "WEBP", "TIFF", "AVIF", "GIF")},
    **{f"IPTC {number}": in_iptc(number) for number in (5, 25, 40, 105, 116, 120, 230)},
    **{
        f"PNG {kind} {key}": lambda text, key=key, kind=kind: png({key: text}, kind=kind)
        for key in ("Description", "Comment", "Software", "prompt", "any name")
        for kind in ("tEXt", "zTXt", "iTXt")
    },
    "PNG raw profile": lambda text: png(raw_profile("app1", exif(UserComment=text).tobytes())),
}


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


@pytest.mark.parametrize("form", A1111)
def test_the_settings_of_a_web_ui_are_read_in_every_form(form: str) -> None:
    answer = ask(png({"parameters": A1111[form]}))
    assert claims(answer) == {"a1111": "decisive"}
    rows = dict(answer.details["table"])
    assert rows["steps"] in ("20", "25") and rows["seed"] in ("5", "42", "187")
    assert "Steps" not in rows.get("prompt", "")


def nested(text: str) -> str:
    return json.dumps({"prompt": text})


CIVITAI = {"prompt": "a", "negativePrompt": "b", "cfgScale": 7, "steps": 30, "seed": "5",
           "samplerName": "DPM++ 2M Karras"}  # fmt: skip
JSON: dict[str, tuple[str, dict[str, Any]]] = {
    "RuinedFooocus": (
        "fooocus",
        {"Prompt": "a", "Negative": "b", "steps": 30, "cfg": 8, "seed": 2, "sampler_name": "dpmpp",
         "base_model_name": "m", "software": "RuinedFooocus"},
    ),
    "Fooocus-MRE": (
        "fooocus",
        {"prompt": "a", "negative_prompt": "b", "real_prompt": ["a"], "seed": 6, "steps": 30,
         "sampler": "dpmpp", "cfg": 7, "base_clip_skip": -2, "base_model": "m"},
    ),
    "Fooocus's log": (
        "fooocus",
        {"Prompt": "a", "Negative Prompt": "b", "Fooocus V2 Expansion": "c", "Base Model": "m",
         "Seed": "5", "Sampler": "dpmpp", "Guidance Scale": 4},
    ),
    "diffusers": (
        "diffusion",
        {"prompt": "a", "seed": 5, "num_inference_steps": 4, "guidance_scale": 0.0, "width": 1024},
    ),
    "a space of Hugging Face": (
        "diffusion",
        {"prompt": "a", "negative_prompt": "b", "guidance_scale": 5.5, "num_inference_steps": 24,
         "seed": 4, "sampler": "DPM++ 2M Karras", "Model hash": "CD" * 16, "use_upscaler": None},
    ),
    "a web service": ("diffusion", CIVITAI),
    "a web service, wrapped": ("diffusion", {"meta": {"data": CIVITAI}}),
    "the AI Horde": (
        "diffusion",
        {"prompt": "a", "sampler_name": "k_euler", "cfg_scale": 9, "seed": "1", "steps": 20},
    ),
    "imaginAIry": (
        "imaginairy",
        {"prompt": "a", "seed": 5, "steps": 30, "prompt_strength": 7.5, "sampler_type": "k_dpmpp",
         "model": "SD-2.1", "negative_prompt": "b"},
    ),
    "InvokeAI, canvas": (
        "invokeai",
        {"generation_mode": "flux_txt2img", "positive_prompt": "a", "seed": 5, "steps": 30,
         "app_version": "5.4.3", "canvas_v2_metadata": {}},
    ),
    "NovelAI without its name": (
        "novelai",
        json.loads(NOVELAI) | {"request_type": "PromptGenerateRequest"},
    ),
    "Draw Things": ("drawthings", json.loads(DRAW_THINGS)),
    "a graph as a text": ("comfyui", {"prompt": COMFYUI}),
    "a graph as a text, twice": ("comfyui", {"extra": nested(COMFYUI)}),
    "a graph and a drawing": (
        "comfyui",
        {"prompt": json.loads(COMFYUI), "workflow": json.loads(WORKFLOW)},
    ),
}  # fmt: skip


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


@pytest.mark.parametrize("kind", ["tEXt", "zTXt", "iTXt"])
@pytest.mark.parametrize("megabytes", [1.6, 3, 6])
def test_a_picture_inside_a_graph_does_not_hide_it(megabytes: float, kind: str) -> None:
    graph = json.loads(COMFYUI)
    inside = "data:image/png;base64," + "iVBORw0KGgo+/A" * int(megabytes * 75_000)
    graph["9"] = {"class_type": "LoadImageBase64", "inputs": {"data": inside}}
    answer = ask(png({"prompt": json.dumps(graph), "workflow": WORKFLOW}, kind=kind))
    assert claims(answer) == {"comfyui": "decisive"}
    assert not [f for f in answer.findings if f.kind == "unreadable"]


STEPS = {
    "b": {"id": "b", "type": "denoise_latents", "steps": 30, "cfg_scale": 7.5},
    "c": {"id": "c", "type": "l2i"},
    "p": {"id": "p", "type": "compel", "prompt": "harbour"},
    "n": {"id": "n", "type": "noise", "seed": 5},
}  # fmt: skip


def invokeai_graph(**changes: Any) -> str:
    return json.dumps({"id": "g", "nodes": STEPS | changes, "edges": []})


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
    rows = dict(answer.details["table"])
    assert (rows["steps"], rows["seed"]) == ("30", "5")


def test_the_line_of_imaginairy_is_read() -> None:
    line = (
        '"harbour" 512x512px negative-prompt:"blur" seed:480030103 prompt-strength:7.5 steps:75 '
        "sampler-type:k_dpmpp_2m"
    )
    answer = ask(in_tag(0x010E)(line))
    assert claims(answer) == {"imaginairy": "decisive"}
    assert ["negative prompt", "blur"] in answer.details["table"]


def test_novelai_is_known_by_its_name_and_settings_in_different_containers() -> None:
    data = exif(Software="NovelAI")
    answer = ask(picture("JPEG", exif=data, comment=NOVELAI.encode()))
    assert claims(answer)["novelai"] == "decisive"


def test_midjourneys_line_counts_anywhere_with_its_parameters() -> None:
    job = "Job ID: 6a2f41a3-c54c-4ce8-8c1d-b8a8c2f0a1d4"
    for prompt, strength in (("a cat --ar 3:2 --v 6.1", "decisive"), ("Poster", "medium")):
        answer = ask(png({"Comment": f"{prompt} {job}", "Author": "someone"}))
        assert claims(answer) == {"midjourney": strength}
