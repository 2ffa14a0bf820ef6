"""Method 3 on files made to hurt: no exception, no long wait, no mountain of memory."""

from __future__ import annotations

import json
import random
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from detector.inference.images import SourceImage
from detector.inference.method import Answer
from detector.inference.methods.forensics import MAX_ROWS, Forensics
from detector.inference.runtime import Runtime
from detector.tests.factories.hostile import MB, VALID, bomb, png_with, problems
from detector.tests.factories.marked_files import (
    COMFYUI,
    PARAMETERS,
    claims,
    exif,
    picture,
    png,
    source_type,
    with_exif,
    with_xmp,
    xmp,
)
from detector.tests.factories.work import little_work

MAX_MEMORY = 200 * MB


def ask_raw(data: bytes, format: str) -> Answer:
    """Ask about bytes that the one door would refuse: only the metadata is looked at."""
    image = SourceImage(data, format, Image.new("RGB", (1, 1)), "")
    method = Forensics(Runtime(Path(), Path()))
    with little_work():
        answer = method.predict(image)
    json.dumps([vars(finding) for finding in answer.findings], allow_nan=False).encode()
    json.dumps([one.to_dict() for one in answer.exhibits], allow_nan=False).encode()
    return answer


def chunk(kind: bytes, body: bytes, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return struct.pack(">I", size) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;">]>""" + xmp(elements="<d:title>&c;</d:title>")
OUTSIDE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + xmp("d:title='x'")
DEEP = '{"a":' * 100_000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "build"),
    [
        ("json_damaged", lambda: png({"prompt": COMFYUI[:-9]})),
        ("json_deep", lambda: png({"prompt": DEEP})),
        ("json_deep", lambda: png({"workflow": "[" * 500_000})),
        ("json_deep", lambda: with_exif("PNG", exif(UserComment=DEEP[:60_000]))),
        ("document_type", lambda: png({"XML:com.adobe.xmp": LAUGHS.decode()}, kind="iTXt")),
        ("document_type", lambda: png({"XML:com.adobe.xmp": OUTSIDE.decode()}, kind="iTXt")),
        ("xml_damaged", lambda: with_xmp("PNG", source_type("trainedAlgorithmicMedia")[:-60])),
        ("inflated_long", lambda: png_with(chunk(b"zTXt", b"parameters\0\0" + bomb(100)))),
        (
            "inflated_long",
            lambda: png_with(chunk(b"iTXt", b"prompt\0\1\0\0\0" + bomb(100))),
        ),
        ("compression_damaged", lambda: png_with(chunk(b"zTXt", b"parameters\0\0not zlib"))),
        ("header_damaged", lambda: png_with(chunk(b"iTXt", b"prompt\0\1"))),
        ("no_keyword", lambda: png_with(chunk(b"tEXt", b"a" * 200))),
        ("text_long", lambda: png_with(chunk(b"tEXt", b"parameters\0" + bytes(100 * MB)))),
        ("beyond_end", lambda: png_with(chunk(b"tEXt", b"parameters\0", 2**31 - 1))),
        ("text_much", lambda: png_with(*[chunk(b"tEXt", b"a\0" + b"x " * 393_216)] * 8)),
        ("texts_many", lambda: png_with(*[chunk(b"tEXt", b"a\0b")] * 100)),
        ("too_many", lambda: png_with(*[chunk(b"abCd", b"")] * 60_000)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_reported(said: str, build: Callable[[], bytes]) -> None:
    answer = ask_raw(build(), "PNG")
    assert said in problems(answer)
    assert answer.score is None


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_broken_text_does_not_hide_a_whole_one(where: str) -> None:
    broken, whole = chunk(b"zTXt", b"x\0\0?"), chunk(b"tEXt", b"parameters\0" + PARAMETERS.encode())
    answer = ask_raw(png_with(*((broken, whole) if where == "before" else (whole, broken))), "PNG")
    assert answer.score == 0.99
    assert problems(answer)


def lying_exif(count: int, offset: int) -> bytes:
    """One directory whose UserComment claims `count` bytes at `offset`."""
    entry = struct.pack("<HHII", 0x9286, 7, count, offset)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("format", "data"),
    [
        ("JPEG", b"\xff\xd8\xff\xe1\xff\xffExif\0\0"),
        ("JPEG", b"\xff\xd8" + b"\xff\xfe\0\2" * 60_000 + b"\xff\xd9"),
        ("JPEG", picture("JPEG") + struct.pack("<4sII", b"SEFH", 1, 2**31) + b"\xff" * 4 + b"SEFT"),
        ("JPEG", with_exif("JPEG", exif(Make="x")).replace(b"MM\0*", b"XX\0*")),
        ("WEBP", b"RIFF\xff\xff\xff\xffWEBPEXIF\xff\xff\xff\xff"),
        ("PNG", png_with(chunk(b"eXIf", lying_exif(MB, 2**31)))),
        ("PNG", png_with(chunk(b"eXIf", lying_exif(2**32 - 1, 8)))),
        ("PNG", png_with(chunk(b"eXIf", b"MM\0*\xff\xff\xff\xff"))),
        ("PNG", png_with(chunk(b"eXIf", b"II*\0\x08\0\0\0\xff\xff"))),
        ("TIFF", b"II*\0\xff\xff\xff\xff"),
        ("GIF", b"GIF89a" + bytes(7) + b"!\xfe" + b"\1a" * 20_000),
        ("HEIF", b"\0\0\0\x18ftypheic" + b"\xff" * 64),
        ("AVIF", b"\0\0\0\x18ftypavif" + b"\xff" * 64),
    ],
)
def test_lying_lengths_are_reported(format: str, data: bytes) -> None:
    assert problems(ask_raw(data, format))


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        " " * 900_000,
        "Steps: 1, " + " " * 900_000,
        "Steps: 1," * 100_000,
        'Steps: 1, a: "' + 'b:"c, ' * 100_000,
        "Steps: 1, " + "a" * 900_000,
        "Job ID: " * 100_000,
        '"' * 400_000 + " -s" * 100_000,
        "{4: {inputs: {" + "class_type: " * 50_000,
        json.dumps(
            {str(n): {"class_type": "K", "inputs": {"a": [str(n), 0]}} for n in range(9000)}
        ),
        '{"a":' + "9" * 900_000 + "}",
        "[" + "[]," * 300_000 + "[]]",
        json.dumps(
            {
                "nodes": [{"id": n, "type": "s"} for n in range(20_000)],
                "links": [],
                "definitions": {
                    "subgraphs": [
                        {
                            "id": "s",
                            "nodes": [{"type": f"N{n}"} for n in range(20_000)],
                            "links": [],
                        }
                    ]
                },
            }
        ),
    ],
    ids=range(12),
)
@pytest.mark.parametrize("key", ["parameters", "prompt", "Description", "Dream", "AIGC"])
def test_no_text_is_slow_to_parse(key: str, text: str) -> None:
    assert ask_raw(png({key: text}), "PNG").score in (None, 0.6)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "Steps: 1, Seed: 2, Sampler: x, " * 2000,
        'Steps: 1, Seed: 2, b:"c, ' * 2400,
        '"' + "{" * 60_000,
        json.dumps([{"prompt": "{" * 50}] * 900),
        json.dumps({f"k{n}": '{"seed": 1, "prompt": "Steps: 1, "}' for n in range(60)})
        + " " * 50_000,
        '"a" seed:1 prompt-strength:1 ' * 2000,
    ],
    ids=range(6),
)
def test_many_texts_are_no_slower_than_one(text: str) -> None:
    """As many as are read, each as long as may be without a look for pictures in it."""
    texts = [chunk(b"tEXt", b"key\0" + text[:62_000].encode())] * 64
    assert ask_raw(png_with(*texts), "PNG").score is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "packet",
    [
        "<a>" * 300_000,
        '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        + "<r:Description/>" * 60_000,
        xmp(elements="<d:title>x</d:title>" * 40_000).decode(),
        xmp(" ".join(f'd:a{n}="x"' for n in range(50_000))).decode(),
    ],
    ids=["deep", "many descriptions", "many elements", "many attributes"],
)
def test_no_packet_is_slow_to_parse(packet: str) -> None:
    data = png_with(*[chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet.encode())] * 10)
    assert problems(ask_raw(data, "PNG"))


def test_a_text_that_is_repeated_fills_no_endless_table() -> None:
    """Each has another seed and hash: as many rows as texts, were there no end."""
    said = "a cat\nSteps: {0}, Sampler: Euler, CFG scale: {0}, Seed: {0}, Model hash: {0:08x}"
    texts = [b"parameters\0" + said.format(number).encode() for number in range(1, 50)]
    answer = ask_raw(png_with(*[chunk(b"tEXt", text) for text in texts]), "PNG")
    assert claims(answer) == {"a1111": "decisive"}
    assert len(answer.exhibit("parameters")["rows"]) == MAX_ROWS


@pytest.mark.slow
@pytest.mark.parametrize("text", ["no ", "人工", "- ", "0", "a i ", "n/", "\u00e9"])
@pytest.mark.parametrize("field", ["AISystemUsed", "AIPromptInformation"])
def test_no_declaration_is_slow_to_parse(field: str, text: str) -> None:
    for times, items in ((60_000, 1), (1000, 480)):
        bag = f"<r:li>{text * times}</r:li>" * items
        packet = xmp(elements=f"<i:{field}><r:Bag>{bag}</r:Bag></i:{field}>")
        body = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(packet)
        assert ask_raw(png_with(chunk(b"iTXt", body)), "PNG").score in (None, 0.6)


def overlapping_exif() -> bytes:
    """Thousands of tags that all claim the same megabytes."""
    entries = b"".join(struct.pack("<HHII", tag, 7, 16 * MB, 8) for tag in range(0x8000, 0xF000))
    return b"II*\0" + struct.pack("<IH", 8, 0x7000) + entries + bytes(16 * MB)


@pytest.mark.slow
@pytest.mark.parametrize(
    "build",
    [
        lambda: png_with(chunk(b"tEXt", b"parameters\0" + b"a" * 100 * MB)),
        lambda: png_with(*[chunk(b"zTXt", b"parameters\0\0" + bomb(50))] * 300),
        lambda: png_with(chunk(b"eXIf", overlapping_exif())),
        lambda: with_xmp("PNG", xmp(elements="<d:title>x</d:title>" * 40_000)),
        lambda: png({"workflow": "[" + "[]," * 300_000 + "[]]"}),
    ],
    ids=["long text", "bombs", "overlapping tags", "packet", "lists"],
)
def test_memory_stays_small(build: Callable[[], bytes]) -> None:
    image = SourceImage(build(), "PNG", Image.new("RGB", (1, 1)), "")
    method = Forensics(Runtime(Path(), Path()))
    tracemalloc.start()
    try:
        method.predict(image)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MAX_MEMORY


@pytest.mark.slow
@pytest.mark.parametrize("format", VALID)
def test_random_damage_never_raises(format: str) -> None:
    rng = random.Random(format)
    for _ in range(200):
        data = bytearray(VALID[format])
        for _ in range(rng.randint(1, 12)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        ask_raw(bytes(data[: rng.randint(1, len(data))] if rng.random() < 0.2 else data), format)
