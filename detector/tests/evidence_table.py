"""Every kind of evidence in every container: a true file, and a decoy that only looks like it.

`python -m detector.tests.evidence_table` prints the table in Markdown; `test_evidence_table.py`
holds every case to it. Another case is one line of `CASES`.
"""

from __future__ import annotations

import gzip
import json
import random
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from detector.inference.images import SourceImage, open_image
from detector.inference.method import Answer
from detector.inference.methods.forensics import Forensics
from detector.inference.methods.forensics.watermarks.dwt_dct import Mark
from detector.inference.runtime import Runtime
from detector.tests.factories.carriers import JSON, PLACES, extended_xmp, invokeai_graph
from detector.tests.factories.claims import CLAIMS, iptc_credit, raw_profile, samsung, segment
from detector.tests.factories.marked_files import (
    AIGC,
    COMFYUI,
    COMMENTS,
    EXIF_FORMATS,
    NOVELAI,
    PARAMETERS,
    SWARMUI,
    TEXTS,
    UUID,
    claims,
    exif,
    png,
    source_type,
    with_exif,
    with_xmp,
    xmp,
)
from detector.tests.factories.pictures import encode, noise, png_chunk
from detector.tests.factories.signing import MIME, action, sign
from detector.tests.factories.stealth import MAGICS, canvas, embed
from detector.tests.factories.watermarking import MARK, mark_pixels, textured
from detector.tests.factories.work import little_work

FLIPS = 20
FORENSICS = Forensics(Runtime(Path(), Path()))


@dataclass(frozen=True)
class Case:
    """`build(true)` is a file with a claim of `kind`, `build(decoy)` one without any."""

    kind: str
    place: str
    build: Callable[[Any], bytes]
    true: Any
    decoy: Any


# What looks like the payload of a generator and is none, as the same key or tag would hold it.
NOT = {
    "a1111": "a cat\nSteps: 3, Oven: 200, Size: 20x20",
    "comfyui": json.dumps({"3": {"class_type": "KSampler"}}),
    "invokeai": '{"positive_prompt": "a cat", "seed": "none"}',
    "swarmui": '{"sui_image_params": {"prompt": "a cat"}}',
    "fooocus": '{"prompt": "a", "seed": "1", "steps": 3, "sampler": "x", "version": "Other 2.5"}',
    "easydiffusion": '{"prompt": "a cat", "seed": 9, "sampler_name": "euler_a", "steps": 5}',
    "novelai": '{"prompt": "a cat", "steps": 28, "seed": 6, "sampler": "k_euler"}',
    "drawthings": '{"c": "a cat", "uc": "", "seed": 4, "steps": 8}',
    "midjourney": f"a cat Job ID: {UUID[:-1]}",
    "aigc-label": '{"AIGC": {"Label": "0"}}',
    "mflux": '{"mflux_version": "none", "prompt": "a", "model": "dev", "seed": 4, "steps": 15}',
    "pollinations": '{"originalPrompt": "", "model": "flux", "seed": 4, "width": 5, "height": 5}',
}
TRAINED = "trainedAlgorithmicMedia"
# Where any text may stand: what decides in one of them decides in all.
ANY_TEXT = (
    "JPEG comment", "GIF comment", "EXIF XPComment", "EXIF Copyright", "EXIF ImageHistory",
    "WEBP EXIF Copyright", "XMP d:description", "XMP d:title", "IPTC 120", "PNG tEXt Description",
    "PNG zTXt any name", "PNG raw profile",
)  # fmt: skip
LINE_OF_IMAGINAIRY = '"a" 9x9px seed:4 prompt-strength:7.5 steps:75 sampler-type:k_dpmpp_2m'
UNKNOWN = Mark("of no model that is known", "011010001110" * 4)
NOT_IN_XMP = {
    "iptc": source_type("trainedAlgorithmicMediaNot"),
    "iptc-ai": xmp(elements="<d:AISystemUsed>Google Imagen 4</d:AISystemUsed>"),
    "google": xmp('p:Credit="Not Made with Google AI"'),
    "aigc-label": xmp(elements=f"<d:AIGC>{AIGC}</d:AIGC>"),
    "drawthings": xmp(elements=f"<e:UserComment>{NOT['drawthings']}</e:UserComment>"),
    "midjourney": xmp(elements=f"<d:description>{NOT['midjourney']}</d:description>"),
}


def kind_of(name: str) -> str:
    return name.split()[0]


def signed(format: str) -> Callable[[str], bytes]:
    """Files with Content Credentials that name this source type."""
    return lambda term: sign(encode(noise(), format), format, action("c2pa.created", term))


def marked(mark: Mark, format: str = "PNG") -> bytes:
    """A picture with this invisible watermark."""
    return encode(Image.fromarray(mark_pixels(textured(0), mark)), format)


def png_text(name: str, form: str) -> Case:
    true = TEXTS[name]
    decoy = {key: NOT[kind_of(name)] for key in true if key not in ("Software", "Author")}
    place = f"PNG {form} {next(iter(true))}"
    return Case(kind_of(name), place, lambda texts: png(texts, kind=form), true, decoy)


def comment(kind: str, format: str) -> Case:
    place = f"{format} EXIF UserComment"
    return Case(kind, place, tag("UserComment", format), COMMENTS[kind], NOT[kind])


def in_xmp(name: str, format: str) -> Case:
    place = f"{format} XMP {name.partition(' ')[2] or 'property'}"
    true, decoy = CLAIMS[name], NOT_IN_XMP[kind_of(name)]
    return Case(kind_of(name), place, lambda packet: with_xmp(format, packet), true, decoy)


def in_bits(kind: str, text: str, magic: str, format: str) -> Case:
    payload = gzip.compress(text.encode()) if magic.endswith("comp") else text.encode()
    options = {"lossless": True, "exact": True} if format == "WEBP" else {}

    def build(word: str) -> bytes:
        return encode(embed(canvas(), word, payload), format, **options)

    return Case(kind, f"{format} {magic}", build, magic, magic.upper())


def in_text(kind: str, place: str) -> Case:
    return Case(kind, place, PLACES[place], COMMENTS[kind], NOT[kind])


def as_json(name: str) -> Case:
    """Settings as JSON, and the same without two of the names that tell them."""
    kind, data = JSON[name]
    few = {key: data[key] for key in list(data)[:2]}
    return Case(kind, f"PNG Comment, {name}", parameters, json.dumps(data), json.dumps(few))


def tag(name: str, format: str = "JPEG") -> Callable[[str], bytes]:
    return lambda value: with_exif(format, exif(**{name: value}))


def description_and_artist(values: tuple[str, str]) -> bytes:
    return with_exif("JPEG", exif(ImageDescription=values[0], Artist=values[1]))


def raw_exif(text: str) -> bytes:
    return png(raw_profile("exif", exif(UserComment=text).tobytes()))


def raw_xmp(term: str) -> bytes:
    return png(raw_profile("xmp", source_type(term)))


def raw_iptc(credit: bytes) -> bytes:
    return png(raw_profile("iptc", iptc_credit(credit)))


def jpeg_iptc(credit: bytes) -> bytes:
    return segment(0xED, b"Photoshop 3.0\0" + iptc_credit(credit))


def jpeg_source_type(term: str) -> bytes:
    return with_xmp("JPEG", source_type(term))


def parameters(text: str) -> bytes:
    return png({"parameters": text})


def maker_note(scheme: str) -> bytes:
    """A picture of Fooocus whose settings were cut off, or, under another name, a camera's."""
    data = exif(Software="Fooocus v2.5.5" if scheme == "fooocus" else "Firmware 1.0")
    data[0x927C] = scheme.encode()
    return with_exif("JPEG", data)


def xmp_field(name: str) -> bytes:
    return with_xmp("JPEG", xmp(elements=f"<{name}>a cat</{name}>"))


def ai_system(text: str) -> bytes:
    return with_xmp("JPEG", xmp(f'i:AISystemUsed="{text}"'))


def drawn_subgraph(held: str) -> bytes:
    """A drawing of ComfyUI in which a node holds another, whose picture is saved outside."""
    inside = {"id": "a1b2", "nodes": [{"id": 1, "type": held}], "links": [[1, 1, 0, -20, 0, "*"]]}
    data = {
        "nodes": [{"id": 1, "type": "a1b2"}, {"id": 2, "type": "SaveImage"}],
        "links": [[1, 1, 0, 2, 0, "IMAGE"]],
        "definitions": {"subgraphs": [inside]},
    }
    return png({"workflow": json.dumps(data if held else {"nodes": data["nodes"]})})


SD_NEXT = (
    "a cat\nNegative prompt: bad\nSteps: 20, Seed: 5, Sampler: UniPC, CFG scale: 6, "
    "Size: 768x768, Parser: native, Model: juggernaut, Backend: Diffusers, App: SD.Next"
)
FORGE = (
    "a cat\nSteps: 20, Sampler: Euler, Schedule type: Simple, CFG scale: 1, Distilled CFG Scale: "
    "3.5, Seed: 5, Size: 896x1152, Model: flux1-dev-bnb-nf4-v2, Version: f2.0.1v1.10.1"
)
FOOOCUS_A1111 = (
    "a cat\nSteps: 30, Sampler: DPM++ 2M SDE Karras, Seed: 7, Size: 1152x896, CFG scale: 4, "
    "Sharpness: 2, Performance: Speed, Model: juggernautXL, Version: Fooocus v2.5.5"
)
SIGNATURE = "Signature: " + "Abc4" * 20
JOB = f"x Job ID: {UUID}"
WRAPPED = COMMENTS["aigc-label"]
HIDDEN = json.dumps({"Software": "NovelAI", "Comment": NOVELAI})
GOOGLE = b"Made with Google AI"
EDITED = "compositeWithTrainedAlgorithmicMedia"

CASES: tuple[Case, ...] = (
    *(png_text(name, form) for name in TEXTS for form in ("tEXt", "zTXt", "iTXt")),
    *(comment(kind, format) for kind in COMMENTS for format in EXIF_FORMATS),
    *(in_xmp(name, format) for name in CLAIMS for format in [*EXIF_FORMATS, "GIF"]),
    *(in_bits("a1111", PARAMETERS, magic, f) for magic in MAGICS for f in ("PNG", "WEBP")),
    *(in_bits("novelai", HIDDEN, magic, "PNG") for magic in MAGICS),
    *(in_bits("stealth", "hello", magic, "PNG") for magic in MAGICS),
    *(in_text(kind, place) for kind in COMMENTS for place in ANY_TEXT),
    *(as_json(name) for name, (_, data) in JSON.items() if len(data) > 2),
    Case("invokeai", "PNG graph", parameters, invokeai_graph(), invokeai_graph(b={"type": "blur"})),
    Case("imaginairy", "PNG line", parameters, LINE_OF_IMAGINAIRY, LINE_OF_IMAGINAIRY[:30]),
    Case("iptc", "JPEG extended XMP", extended_xmp, TRAINED, "digitalArt"),
    Case("a1111", "PNG raw profile exif", raw_exif, PARAMETERS, NOT["a1111"]),
    Case("comfyui", "JPEG EXIF ImageDescription", tag("ImageDescription"), COMFYUI, "{}"),
    Case("comfyui", "WEBP EXIF Make", tag("Make", "WEBP"), "prompt:" + COMFYUI, NOT["comfyui"]),
    Case("swarmui", "JPEG EXIF Model", tag("Model"), SWARMUI, NOT["swarmui"]),
    Case("midjourney", "JPEG EXIF", description_and_artist, (JOB, "me"), ("Job ID: 1", "me")),
    Case("google", "JPEG IPTC-IIM", jpeg_iptc, GOOGLE, b"Google AI"),
    Case("google", "PNG raw profile iptc", raw_iptc, GOOGLE, b"Google AI"),
    Case("iptc", "PNG raw profile xmp", raw_xmp, "compositeSynthetic", "composite"),
    Case("iptc", "JPEG XMP property, edit", jpeg_source_type, EDITED, "humanEdits"),
    Case("grok", "JPEG EXIF pair", description_and_artist, (SIGNATURE, UUID), (SIGNATURE, "me")),
    Case("maker", "JPEG EXIF Make", tag("Make"), "Ideogram AI", "Ideogram AI lover"),
    Case("maker", "PNG Source", png, {"Source": "Luma AI"}, {"Source": "Luma"}),
    Case("samsung", "JPEG trailer", samsung, '{"genAIType": 3}', '{"genAIType": 0}'),
    Case("aigc-label", "JPEG EXIF ImageDescription", tag("ImageDescription"), WRAPPED, AIGC),
    Case("a1111", "PNG parameters, SD.Next", parameters, SD_NEXT, SD_NEXT[:44]),
    Case("a1111", "PNG parameters, Forge", parameters, FORGE, FORGE.replace("Steps: 20", "Steps")),
    Case("fooocus", "PNG parameters, a1111", parameters, FOOOCUS_A1111, "Version: Fooocus v2.5.5"),
    Case("fooocus", "JPEG EXIF MakerNote", maker_note, "fooocus", "other"),
    Case("iptc-ai", "JPEG XMP prompt writer", xmp_field, "i:AIPromptWriterName", "i:PersonName"),
    Case("iptc-ai", "JPEG XMP prompt", xmp_field, "i:AIPromptInformation", "i:Event"),
    Case("iptc-ai", "JPEG XMP AI system, or none", ai_system, "Midjourney 7", "No AI was used"),
    Case("comfyui", "PNG workflow, subgraph", drawn_subgraph, "KSampler", ""),
    Case("software", "JPEG EXIF Software", tag("Software"), "Midjourney 6", "Midday journeys"),
    *(Case("c2pa", f"{format} manifest", signed(format), TRAINED, "digitalArt") for format in MIME),
    *(Case("watermark", f"PNG, {model}", marked, mark, UNKNOWN) for model, mark in MARK.items()),
    Case("watermark", "BMP, FLUX", lambda mark: marked(mark, "BMP"), MARK["FLUX"], UNKNOWN),
)


def ask(data: bytes, like: SourceImage | None = None) -> Answer:
    """What method 3 says; of damaged bytes with the pixels of the file that they were."""
    whole = like or open_image(data)
    return FORENSICS.predict(SourceImage(data, whole.format, whole.rgb, ""))


def is_found(case: Case) -> bool:
    return case.kind in claims(ask(case.build(case.true)))


def is_ignored(case: Case) -> bool:
    return claims(ask(case.build(case.decoy))) == {}


def survives_damage(case: Case) -> bool:
    """With a few bytes flipped no exception is raised, and the answer takes little work."""
    whole, rng = case.build(case.true), random.Random(case.place)
    image = open_image(whole)
    for _ in range(FLIPS):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 8)):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        with little_work():
            ask(bytes(data), image)
    return True


def survives_company(case: Case) -> bool:
    """With a block more that says nothing, the finding stays."""
    return case.kind in claims(ask(with_company(case.build(case.true))))


def with_company(data: bytes) -> bytes:
    """The same file with a comment, an unknown block or bytes behind its end."""
    if data[:2] == b"\xff\xd8":
        return data[:2] + b"\xff\xfe\0\x0ba comment" + data[2:]
    if data[:4] == b"\x89PNG":
        return data[:33] + png_chunk(b"tEXt", b"Comment\0a comment") + data[33:]
    if data[:4] == b"RIFF":
        return data + b"note" + struct.pack("<I", 8) + b"a comment"[:8]
    if data[:3] == b"GIF":
        start = 13 + 3 * 2 ** (data[10] % 8 + 1)
        return data[:start] + b"!\xfe\x09a comment\0" + data[start:]
    return data + struct.pack(">I4s", 16, b"free") + bytes(8)


CHECKS = {
    "true file found": is_found,
    "decoy ignored": is_ignored,
    "flipped bytes do no harm": survives_damage,
    "found beside other data": survives_company,
}


def table() -> str:
    """The table in Markdown: a row for each case, in the order of their kinds."""
    rows = ["| evidence | place | " + " | ".join(CHECKS) + " |", "|---|---|" + "---|" * len(CHECKS)]
    for case in sorted(CASES, key=lambda case: case.kind):
        held = ["yes" if check(case) else "**no**" for check in CHECKS.values()]
        rows.append(f"| {case.kind} | {case.place} | {' | '.join(held)} |")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
