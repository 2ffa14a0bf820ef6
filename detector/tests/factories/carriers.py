"""The places of a file that can carry a text, each as a function that makes such a file."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from typing import Any

from PIL import Image

from detector.tests.factories.claims import raw_profile, segment
from detector.tests.factories.marked_files import (
    COMFYUI,
    DRAW_THINGS,
    NOVELAI,
    WORKFLOW,
    exif,
    picture,
    png,
    source_type,
    with_exif,
    with_xmp,
    xmp,
)

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


def in_png(key: str, kind: str) -> Build:
    return lambda text: png({key: text}, kind=kind)


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
        f"PNG {kind} {key}": in_png(key, kind)
        for key in ("Description", "Comment", "Software", "prompt", "any name")
        for kind in ("tEXt", "zTXt", "iTXt")
    },
    "PNG raw profile": lambda text: png(raw_profile("app1", exif(UserComment=text).tobytes())),
}


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
STEPS = {
    "b": {"id": "b", "type": "denoise_latents", "steps": 30, "cfg_scale": 7.5},
    "c": {"id": "c", "type": "l2i"},
    "p": {"id": "p", "type": "compel", "prompt": "harbour"},
    "n": {"id": "n", "type": "noise", "seed": 5},
}  # fmt: skip


def invokeai_graph(**changes: Any) -> str:
    return json.dumps({"id": "g", "nodes": STEPS | changes, "edges": []})
