"""Method 3 on files that chance makes: what must hold whatever the bytes are."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from detector.inference.images import SourceImage
from detector.inference.methods.forensics import Forensics, collect
from detector.inference.methods.forensics.containers.walk import read_metadata
from detector.inference.methods.forensics.watermarks.stealth import PLACES
from detector.inference.runtime import Runtime
from detector.inference.verdict.grounds import weigh
from detector.tests.factories.boxes import box
from detector.tests.factories.decoys import camera_exif
from detector.tests.factories.hostile import bomb, png_with
from detector.tests.factories.marked_files import (
    AIGC,
    COMFYUI,
    COMMENTS,
    PARAMETERS,
    SWARMUI,
    TEXTS,
    claims,
    exif,
    picture,
    png,
    source_type,
    xmp,
)
from detector.tests.factories.pictures import noise, png_chunk
from detector.tests.factories.stealth import embed
from detector.tests.factories.work import little_work

pytestmark = pytest.mark.slow

STRENGTHS = ("decisive", "strong", "medium", "weak")
MB = 2**20
FORENSICS = Forensics(Runtime(Path(), Path()))

a_few = settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def check(data: bytes, format: str, shown: Image.Image | None = None) -> dict[str, str]:
    """Ask about any bytes; {kind: strength} of what argues for AI, if all is as it must be."""
    image = SourceImage(data, format, shown or Image.new("RGB", (1, 1)), "")
    with little_work():
        evidence = list(collect(read_metadata(data, format)))
        answer = FORENSICS.predict(image)
    for finding in [item.finding for item in evidence] + list(answer.findings):
        assert finding.text and finding.kind and "\0" not in finding.text + finding.where
        assert finding.claim in (None, "ai", "capture")  # never "real": nothing here is signed
        assert finding.strength in (STRENGTHS if finding.claim == "ai" else ("context",))
        assert len(finding.text) < 1000 and len(finding.where) < 1000
    json.dumps([vars(finding) for finding in answer.findings], allow_nan=False).encode()
    json.dumps([one.to_dict() for one in answer.exhibits], allow_nan=False).encode()
    silent = claims(answer) == {} or weigh(answer.findings).conflict
    assert (answer.score is None) == bool(silent)
    return claims(answer)


# What texts are made of: payloads, pieces of them, and what breaks parsers.
PAYLOADS = [PARAMETERS, COMFYUI, SWARMUI, AIGC, *COMMENTS.values()]
KEYS = [
    "parameters", "prompt", "workflow", "Comment", "Description", "Software", "AIGC", "Dream",
    "invokeai_metadata", "sd-metadata", "XML:com.adobe.xmp", "Raw profile type exif",
    "Raw profile type iptc", "Raw profile type xmp", "fooocus_scheme",
]  # fmt: skip
ENTITIES = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
names = st.one_of(st.sampled_from(KEYS), st.text(st.characters(codec="latin-1"), max_size=90))
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20))
NAMES_IN_JSON = [
    "prompt", "workflow", "nodes", "links", "type", "class_type", "inputs", "text", "positive",
    "AIGC", "Label", "seed", "steps", "sui_image_params", "image", "version", "Comment",
]  # fmt: skip
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(NAMES_IN_JSON), st.text()), inner, max_size=5),
    ),
    max_leaves=12,
)


@st.composite
def graphs(draw: st.DrawFn) -> str:
    """Graphs of ComfyUI whose links lead to other nodes, to themselves, and nowhere."""
    ids = draw(st.lists(st.sampled_from("123456789"), min_size=2, max_size=9, unique=True))
    link = st.tuples(st.one_of(st.sampled_from(ids), scalars), scalars).map(list)
    keys = st.sampled_from(
        ["positive", "negative", "model", "images", "samples", "guider", "noise", "text", "seed",
         "latent_image", "conditioning", "clip", "ckpt_name", "sigmas", "sampler", "steps"]
    )  # fmt: skip
    kinds = st.sampled_from(
        ["KSampler", "SaveImage", "VAEDecode", "CLIPTextEncode", "SamplerCustomAdvanced", "Note"]
    )
    inputs = st.dictionaries(keys, st.one_of(link, scalars, trees), max_size=6)
    return json.dumps({i: {"class_type": draw(kinds), "inputs": draw(inputs)} for i in ids})


def deep(opening: str, closing: str) -> st.SearchStrategy[str]:
    depths = st.sampled_from([10, 900, 1100, 30_000])
    return st.builds(lambda n, whole: opening * n + closing * (n * whole), depths, st.booleans())


@st.composite
def pieces(draw: st.DrawFn) -> str:
    """A payload, or what is left of one."""
    payload = draw(st.sampled_from(PAYLOADS))
    start, end = (draw(st.integers(0, len(payload))) for _ in range(2))
    return draw(st.sampled_from([payload, payload[start:], payload[:end], payload[start:end] * 3]))


packets = st.one_of(
    st.just(source_type("trainedAlgorithmicMedia").decode()),
    st.just(ENTITIES),
    st.builds(lambda text: xmp(elements=f"<d:title>{text}</d:title>").decode(), st.text()),
    st.builds(lambda json_: xmp(elements=f"<t:AIGC>{json_}</t:AIGC>").decode(), pieces()),
    deep("<a>", "</a>"),
)
texts = st.one_of(
    st.text(max_size=300),
    pieces(),
    packets,
    graphs(),
    trees.map(json.dumps),
    deep('{"a":', "}"),
    deep("[", "]"),
)
raw = st.one_of(st.binary(max_size=80), texts.map(lambda text: text.encode("utf-8", "replace")))
# How a length is told: truly, or as this number.
lies = st.one_of(st.none(), st.none(), st.none(), st.integers(0, 2**32 - 1), st.integers(0, 64))


def short(value: int | None, truth: int) -> int:
    """A length of two bytes."""
    return (truth if value is None else value) & 0xFFFF


@st.composite
def directories(draw: st.DrawFn) -> bytes:
    """TIFF: entries of known and unknown tags, of any type, with true and lying places."""
    order = draw(st.sampled_from("<>"))
    tags = st.one_of(
        st.sampled_from([0x10E, 0x10F, 0x110, 0x131, 0x13B, 0x2BC, 0x8769, 0x8825, 0x9286, 0x927C]),
        st.integers(0, 0xFFFF),
    )
    entry = st.tuples(tags, st.integers(0, 14), raw, lies, lies)
    entries = draw(st.lists(entry, max_size=6))
    start = draw(st.sampled_from([8, 8, 8, 0, 9, 2**31]))
    told = draw(st.sampled_from([len(entries), len(entries), 0xFFFF]))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", start, told)
    area, at = b"", len(head) + 12 * len(entries) + 4
    for tag, kind, body, count, place in entries:
        count = len(body) if count is None else count
        field = struct.pack(order + "I", at + len(area) if place is None else place)
        head += struct.pack(order + "HHI", tag, kind, count) + field
        area += body
    return head + bytes(4) + area


def packed(text: bytes) -> st.SearchStrategy[bytes]:
    whole = zlib.compress(text)
    return st.sampled_from([whole, whole, whole[:-3], b"x" + whole, whole + b"more", b""])


@st.composite
def png_chunks(draw: st.DrawFn) -> bytes:
    kind = draw(st.sampled_from([b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"abCd", b"IDAT", b"IEND"]))
    key, text = draw(names).encode("latin-1", "replace"), draw(raw)
    body = {
        b"tEXt": lambda: key + b"\0" + text,
        b"zTXt": lambda: key + b"\0" + draw(st.sampled_from([b"\0", b"\1"])) + draw(packed(text)),
        b"iTXt": lambda: key + b"\0" + draw(st.sampled_from([b"\0\0", b"\1\0", b"\7\7", b""]))
        + draw(st.sampled_from([b"\0\0", b"en\0\0", b"\0"])) + draw(packed(text)),
        b"eXIf": lambda: draw(directories()),
    }.get(kind, lambda: text)()  # fmt: skip
    told = draw(lies)
    size = len(body) if told is None else told
    return struct.pack(">I", size) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@st.composite
def jpeg_segments(draw: st.DrawFn) -> bytes:
    body = draw(
        st.one_of(
            raw,
            raw.map(lambda b: b"http://ns.adobe.com/xap/1.0/\0" + b),
            directories().map(lambda b: b"Exif\0\0" + b),
            raw.map(lambda b: b"Photoshop 3.0\0" + b),
            photoshop_resources().map(lambda b: b"Photoshop 3.0\0" + b),
        )
    )[:65_000]
    marker = draw(st.sampled_from([0xE1, 0xE1, 0xED, 0xFE, 0xE2, 0xD8, 0x00, 0xFF]))
    return struct.pack(">BBH", 0xFF, marker, short(draw(lies), len(body) + 2)) + body


@st.composite
def photoshop_resources(draw: st.DrawFn) -> bytes:
    data = b""
    for number, name, body, told in draw(
        st.lists(st.tuples(st.sampled_from([0x404, 0x3ED]), raw, raw, lies), max_size=3)
    ):
        record = struct.pack(">BBBH", 0x1C, 2, 110, short(told, len(body))) + body
        name = bytes([min(len(name), 255)]) + name[:255]
        size = struct.pack(">I", len(record) if told is None else told)
        data += b"8BIM" + struct.pack(">H", number) + name + b"\0" * (len(name) % 2) + size + record
        data += b"\0" * (len(record) % 2)
    return data


@st.composite
def riff_chunks(draw: st.DrawFn) -> bytes:
    kind = draw(st.sampled_from([b"EXIF", b"XMP ", b"VP8X", b"VP8L", b"ICCP", b"abcd"]))
    body, told = draw(st.one_of(raw, directories())), draw(lies)
    return (
        kind
        + struct.pack("<I", len(body) if told is None else told)
        + body
        + b"\0" * (len(body) % 2)
    )


@st.composite
def gif_blocks(draw: st.DrawFn) -> bytes:
    label = draw(st.sampled_from([0xFE, 0xFF, 0xF9, 0x01]))
    body = draw(raw)
    parts = [body[i : i + 255] for i in range(0, len(body), 255)]
    blocks = b"".join(bytes([len(part)]) + part for part in parts)
    if draw(st.booleans()):
        blocks = b"\x0bXMP DataXMP" + body
    return b"!" + bytes([label]) + blocks + draw(st.sampled_from([b"\0", b"", b"\xff"]))


BOXES = [b"meta", b"iinf", b"infe", b"iloc", b"hdlr", b"pitm", b"iprp", b"ipco", b"ispe", b"uuid",
         b"mdat", b"free", b"Exif", b"mime"]  # fmt: skip
boxes = st.recursive(
    st.builds(box, st.sampled_from(BOXES), raw, lies),
    lambda inner: st.builds(
        lambda kind, full, inside, told: box(kind, bytes(4 * full) + b"".join(inside), told),
        st.sampled_from(BOXES), st.booleans(), st.lists(inner, max_size=4), lies,
    ),
    max_leaves=8,
)  # fmt: skip


def joined(parts: st.SearchStrategy[bytes], most: int = 6) -> st.SearchStrategy[bytes]:
    return st.lists(parts, max_size=most).map(b"".join)


def brand(name: bytes) -> bytes:
    return box(b"ftyp", name + bytes(4) + b"mif1" + name)


PICTURES = {
    "PNG": joined(png_chunks()).map(png_with),
    "JPEG": joined(jpeg_segments()).map(lambda b: b"\xff\xd8" + b + picture("JPEG")[2:]),
    "WEBP": joined(riff_chunks()).map(lambda b: b"RIFF" + struct.pack("<I", len(b)) + b"WEBP" + b),
    "TIFF": directories(),
    "GIF": joined(gif_blocks()).map(lambda b: b"GIF89a" + bytes(7) + b),
    "HEIF": joined(boxes).map(lambda b: brand(b"heic") + b),
    "AVIF": joined(boxes).map(lambda b: brand(b"avif") + b),
    "BMP": st.binary(max_size=200).map(lambda b: b"BM" + b),
}


@pytest.mark.parametrize("format", PICTURES)
def test_no_container_raises_or_takes_long(format: str) -> None:
    @a_few
    @given(PICTURES[format])
    def holds(data: bytes) -> None:
        check(data, format)

    holds()


@pytest.mark.parametrize("format", PICTURES)
def test_no_bytes_at_all_raise(format: str) -> None:
    @a_few
    @given(st.binary(max_size=400))
    def holds(data: bytes) -> None:
        check(data, format)

    holds()


@a_few
@given(names, texts)
def test_no_text_raises_or_takes_long(key: str, text: str) -> None:
    body = key.encode("latin-1", "replace") + b"\0\0\0\0\0" + text.encode("utf-8", "replace")
    check(png_with(png_chunk(b"iTXt", body)), "PNG")


@a_few
@given(
    st.sampled_from(list(PLACES)),
    st.one_of(st.none(), st.integers(0, 2**32 - 1)),
    raw,
    st.sampled_from([bytes, gzip.compress]),
    st.integers(1, 60),
    st.integers(1, 60),
)
def test_no_hidden_payload_raises_or_takes_long(
    magic: bytes, told: int | None, body: bytes, pack: Callable[[bytes], bytes], w: int, h: int
) -> None:
    shown = embed(noise(w, h, "RGBA"), magic.decode(), pack(body[:1500]), told)
    buffer = io.BytesIO()
    shown.save(buffer, "PNG")
    check(buffer.getvalue(), "PNG", shown.convert("RGB"))


HUGE = {
    "text": lambda: png_chunk(b"tEXt", b"parameters\0" + bytes(100 * MB)),
    "zTXt": lambda: png_chunk(b"zTXt", b"parameters\0\0" + bomb(100)),
    "iTXt": lambda: png_chunk(b"iTXt", b"prompt\0\1\0\0\0" + bomb(100)),
    "packet": lambda: png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bomb(100)),
    "many bombs": lambda: png_chunk(b"zTXt", b"workflow\0\0" + bomb(20)) * 300,
}


@pytest.mark.parametrize("name", HUGE)
def test_a_hundred_megabytes_are_refused_in_time(name: str) -> None:
    assert check(png_with(HUGE[name]()), "PNG") == {}


# Where no text stands that belongs to the file: bytes there say nothing.
def jpeg_segment(marker: int, body: bytes) -> bytes:
    plain, body = picture("JPEG"), body[:60_000]
    return plain[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + plain[2:]


def as_pixels(body: bytes) -> bytes:
    """A picture whose bytes, uncompressed, are the text."""
    body = (body + bytes(3 * 64))[: max(3 * 64, len(body) // 192 * 192)]
    buffer = io.BytesIO()
    Image.frombytes("RGB", (64, len(body) // 192), body).save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()


DECOYS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "JPEG colour profile": ("JPEG", lambda b: jpeg_segment(0xE2, b)),
    "JPEG Exif of no kind": ("JPEG", lambda b: jpeg_segment(0xE1, b"Exif\0\0" + b)),
    "JPEG behind the end": ("JPEG", lambda b: picture("JPEG") + b),
    "PNG unknown chunk": ("PNG", lambda b: png_with(png_chunk(b"noTE", b))),
    "PNG behind the end": ("PNG", lambda b: picture("PNG") + b),
    "PNG pixels": ("PNG", as_pixels),
    "WebP unknown chunk": (
        "WEBP",
        lambda b: picture("WEBP") + b"note" + struct.pack("<I", len(b)) + b,
    ),
    "TIFF unknown tag": ("TIFF", lambda b: picture("TIFF", tiffinfo={40_000: b})),
    "BMP behind the end": ("BMP", lambda b: picture("BMP") + b),
    "HEIF behind the end": ("HEIF", lambda b: picture("HEIF") + box(b"free", b)),
}


# Where any text may stand: the words of a declaration are none there, nor is a program's name.
TEXT_PLACES: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "JPEG comment": ("JPEG", lambda b: jpeg_segment(0xFE, b)),
    "PNG unknown key": ("PNG", lambda b: png_with(png_chunk(b"iTXt", b"Note\0\0\0\0\0" + b))),
    "PNG title": ("PNG", lambda b: png_with(png_chunk(b"iTXt", b"Title\0\0\0\0\0" + b))),
    "XMP headline": (
        "JPEG",
        lambda b: jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + headline(b)),
    ),
}


def headline(text: bytes) -> bytes:
    shown = text.decode().translate({ord(c): f"&#{ord(c)};" for c in "<>&'\""})
    return xmp(elements=f"<p:Headline>{shown}</p:Headline>")


evidence_like = st.one_of(
    pieces(),
    st.sampled_from([*PAYLOADS, source_type("trainedAlgorithmicMedia").decode(), "NovelAI"]),
)


@pytest.mark.parametrize("place", DECOYS)
def test_payloads_in_the_wrong_place_never_decide(place: str) -> None:
    format, build = DECOYS[place]

    @settings(a_few, max_examples=25)
    @given(st.text("ab ,", max_size=9), evidence_like, st.text("ab ,", max_size=9))
    def holds(before: str, text: str, after: str) -> None:
        assert check(build((before + text + after).encode()), format) == {}

    holds()


declarations = st.sampled_from(
    [source_type("trainedAlgorithmicMedia").decode(), "NovelAI", "Midjourney", AIGC]
)


@pytest.mark.parametrize("place", TEXT_PLACES)
def test_the_words_of_a_declaration_in_a_free_text_claim_nothing(place: str) -> None:
    format, build = TEXT_PLACES[place]

    @settings(a_few, max_examples=25)
    @given(st.text("ab ,", max_size=9), declarations, st.text("ab ,", max_size=9))
    def holds(before: str, text: str, after: str) -> None:
        assert check(build((before + text + after).encode()), format) == {}

    holds()


@pytest.mark.parametrize("place", TEXT_PLACES)
@pytest.mark.parametrize("kind", COMMENTS)
def test_settings_decide_in_any_text_of_the_file(kind: str, place: str) -> None:
    format, build = TEXT_PLACES[place]
    assert check(build(COMMENTS[kind].encode()), format) == {kind: "decisive"}


@pytest.mark.parametrize("name", TEXTS)
def test_a_camera_never_removes_a_generator(name: str) -> None:
    plain = check(png(TEXTS[name]), "PNG")
    label = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=20)

    @settings(a_few, max_examples=10)
    @given(st.fixed_dictionaries(dict.fromkeys(("Make", "Model", "Software", "Artist"), label)))
    def holds(tags: dict[str, str]) -> None:
        data = camera_exif()
        for tag, value in exif(**tags).items():
            data[tag] = value
        body = data.tobytes().removeprefix(b"Exif\0\0")
        both = png(TEXTS[name])
        with_camera = both[:33] + png_chunk(b"eXIf", body) + both[33:]
        assert plain.items() <= check(with_camera, "PNG").items()

    holds()


@pytest.mark.parametrize("kind", COMMENTS)
def test_a_camera_in_the_same_exif_never_removes_a_generator(kind: str) -> None:
    data = camera_exif()
    data.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + COMMENTS[kind].encode("utf-16-be")
    assert check(picture("JPEG", exif=data.tobytes()), "JPEG")[kind] == "decisive"
