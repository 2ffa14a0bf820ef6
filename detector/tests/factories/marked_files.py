"""Files with texts of generators, cameras and editors in each container."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from detector.inference.images import open_image
from detector.inference.method import Answer
from detector.inference.methods import METHODS
from detector.inference.methods.forensics import Forensics
from detector.inference.runtime import Runtime

IPTC_TERM = "http://cv.iptc.org/newscodes/digitalsourcetype/"
UUID = "6a2f41a3-c54c-4ce8-8c1d-b8a8c2f0a1d4"
PARAMETERS = (
    "a lighthouse at dusk, <lora:sea:0.8>\nNegative prompt: blurry, low quality\n"
    "Steps: 30, Sampler: Euler a, CFG scale: 7, Seed: 1415885281, Size: 512x512, "
    'Model hash: 925997e9, Model: dreamshaper_8, Lora hashes: "sea: 0a1b2c", Version: v1.9.4'
)  # fmt: skip
COMFYUI = json.dumps(
    {
        "3": {
            "class_type": "KSampler",
            "inputs": {"seed": 5, "steps": 20, "cfg": 8.0, "sampler_name": "euler",
                       "positive": ["6", 0], "negative": ["7", 0]},
        },
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sdxl.safetensors"}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a red fox", "clip": ["4", 1]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["4", 1]}},
    }
)  # fmt: skip
WORKFLOW = json.dumps(
    {"nodes": [{"id": 3, "type": "KSampler"}, {"id": 9, "type": "SaveImage"}], "links": []}
)
INVOKEAI = json.dumps(
    {"app_version": "4.2.0", "generation_mode": "txt2img", "positive_prompt": "a cat", "seed": 3,
     "steps": 30, "scheduler": "euler", "cfg_scale": 7.5, "model": {"name": "sdxl"}}
)  # fmt: skip
SD_METADATA = json.dumps(
    {"model": "stable diffusion", "app_id": "invoke-ai/InvokeAI",
     "image": {"prompt": [{"prompt": "a cat", "weight": 1}], "steps": 50, "cfg_scale": 7.5,
               "sampler": "k_lms", "seed": 42}}
)  # fmt: skip
SWARMUI = json.dumps(
    {
        "sui_image_params": {
            "prompt": "a cat",
            "model": "sd_xl",
            "seed": 1,
            "steps": 20,
            "cfgscale": 7,
        }
    }
)
FOOOCUS = json.dumps(
    {"prompt": "a cat", "negative_prompt": "", "base_model": "juggernautXL", "steps": 30,
     "seed": "77", "sampler": "dpmpp_2m_sde_gpu", "metadata_scheme": "fooocus",
     "version": "Fooocus v2.5.5"}
)  # fmt: skip
EASY_DIFFUSION = json.dumps(
    {"prompt": "a cat", "seed": 9, "use_stable_diffusion_model": "sd-v1-4",
     "sampler_name": "euler_a", "num_inference_steps": 25, "guidance_scale": 7.5}
)  # fmt: skip
DRAW_THINGS = json.dumps(
    {"c": "a cat", "uc": "", "seed": 4, "steps": 8, "scale": 4, "sampler": "DPM++ 2M Karras",
     "model": "flux_1_schnell_q5p.ckpt"}
)  # fmt: skip
NOVELAI = json.dumps({"prompt": "a cat", "steps": 28, "seed": 6, "sampler": "k_euler", "uc": "bad"})
AIGC = json.dumps({"Label": "1", "ContentProducer": "001191330106MA2CFLDG4R10001"})


def exif(**tags: str | bytes) -> Image.Exif:
    """EXIF with these tags; a UserComment given as text is written in UTF-16."""
    names = {"ImageDescription": 0x010E, "Make": 0x010F, "Model": 0x0110, "Software": 0x0131}
    data = Image.Exif()
    for name, value in tags.items():
        if name == "UserComment":
            raw = value if isinstance(value, bytes) else b"UNICODE\0" + value.encode("utf-16-be")
            data.get_ifd(0x8769)[0x9286] = raw
        else:
            data[names.get(name, 0x013B)] = value
    return data


def xmp(attributes: str = "", elements: str = "") -> bytes:
    """A packet with properties as attributes and as elements, under prefixes of its own."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description r:about=""'
        ' xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        ' xmlns:p="http://ns.adobe.com/photoshop/1.0/" xmlns:d="http://purl.org/dc/elements/1.1/"'
        ' xmlns:e="http://ns.adobe.com/exif/1.0/" xmlns:t="http://www.tc260.org.cn/ns/AIGC/1.0/"'
        f" {attributes}>{elements}</r:Description></r:RDF></x:xmpmeta><?xpacket end='w'?>"
    ).encode()


def source_type(term: str) -> bytes:
    return xmp(f'i:DigitalSourceType="{IPTC_TERM}{term}"')


def picture(format: str = "PNG", **save: Any) -> bytes:
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize((32, 32)).convert("RGB").save(buffer, format, **save)
    return buffer.getvalue()


def png(texts: dict[str, str], *, kind: str = "tEXt") -> bytes:
    info = PngInfo()
    for key, value in texts.items():
        if kind in ("tEXt", "zTXt"):
            info.add_text(key, value, zip=kind == "zTXt")
        else:
            info.add_itxt(key, value, zip=kind == "iTXt compressed")
    return picture("PNG", pnginfo=info)


def with_exif(format: str, data: Image.Exif) -> bytes:
    return picture(format, exif=data.tobytes())


def with_xmp(format: str, packet: bytes) -> bytes:
    if format == "PNG":
        return png({"XML:com.adobe.xmp": packet.decode()}, kind="iTXt")
    if format == "TIFF":
        return picture(format, tiffinfo={700: packet})
    if format == "GIF":
        ramp = bytes([1, *range(255, -1, -1), 0])
        block = b"!\xff\x0bXMP DataXMP" + packet + ramp
        gif = picture("GIF")
        start = 13 + 3 * 2 ** (gif[10] % 8 + 1)
        return gif[:start] + block + gif[start:]
    return picture(format, xmp=packet)


def ask(data: bytes) -> Answer:
    """What method 3 says about a file that came in through the one door."""
    method = METHODS["forensics"].method_class()(Runtime(Path(), Path()))
    assert isinstance(method, Forensics)
    answer = method.predict(open_image(data))
    json.dumps([vars(finding) for finding in answer.findings], allow_nan=False).encode()
    json.dumps([one.to_dict() for one in answer.exhibits], allow_nan=False).encode()
    return answer


def claims(answer: Answer) -> dict[str, str]:
    """{kind: strength} of what argues for AI."""
    return {f.kind: f.strength for f in answer.findings if f.claim == "ai"}


TEXTS = {
    "a1111": {"parameters": PARAMETERS},
    "comfyui": {"prompt": COMFYUI},
    "comfyui workflow": {"workflow": WORKFLOW},
    "invokeai": {"invokeai_metadata": INVOKEAI},
    "invokeai sd-metadata": {"sd-metadata": SD_METADATA},
    "invokeai Dream": {"Dream": '"a cat, -s 3" -s50 -W512 -H512 -C7.5 -Ak_lms -F -S3991627781'},
    "swarmui": {"parameters": SWARMUI},
    "fooocus": {"parameters": FOOOCUS, "fooocus_scheme": "fooocus"},
    "easydiffusion": {k: str(v) for k, v in json.loads(EASY_DIFFUSION).items()},
    "novelai": {"Software": "NovelAI", "Comment": NOVELAI},
    "midjourney": {"Description": f"a cat --v 6 Job ID: {UUID}", "Author": "someone"},
    "aigc-label": {"AIGC": AIGC},
    "aigc-label wrapped": {"AIGC": json.dumps(AIGC)},
}
COMMENTS = {
    "a1111": PARAMETERS,
    "comfyui": COMFYUI,
    "swarmui": SWARMUI,
    "fooocus": FOOOCUS,
    "easydiffusion": EASY_DIFFUSION,
    "drawthings": DRAW_THINGS,
    "novelai": json.dumps({"Software": "NovelAI", "Comment": NOVELAI}),
    "aigc-label": json.dumps({"AIGC": AIGC}),
    "mflux": '{"mflux_version": "0.6.2", "prompt": "a", "model": "dev", "seed": 4, "steps": 15}',
    "pollinations": '{"originalPrompt": "a", "model": "flux", "seed": 4, "width": 5, "height": 5}',
}
EXIF_FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"]
