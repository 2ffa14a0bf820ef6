"""Method 3: declarations and settings in every encoding, also where the file names a wrong one."""

from __future__ import annotations

import struct
from collections.abc import Callable
from itertools import permutations

import pytest
from PIL import Image

from detector.inference.methods.forensics.containers.text_encodings import (
    decode_comment,
    decode_text,
)
from detector.tests.factories.carriers import cut, extended, record, resource
from detector.tests.factories.claims import iptc_credit
from detector.tests.factories.hostile import problems
from detector.tests.factories.marked_files import (
    IPTC_TERM,
    PARAMETERS,
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

TRAINED = "trainedAlgorithmicMedia"
JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
PACKET = source_type(TRAINED).decode()
BARE = PACKET[PACKET.index("<x:xmpmeta") : PACKET.index("<?xpacket end")]
WIDE = [
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "utf-32-le",
    "utf-32-be",
]


@pytest.mark.slow
@pytest.mark.parametrize("codec", WIDE)
@pytest.mark.parametrize(
    "text",
    [
        PACKET,
        PACKET.replace("\ufeff", ""),
        BARE,
        f'<?xml version="1.0" encoding="UTF-16"?>\n{BARE}',
    ],
    ids=["packet", "without a mark", "bare", "prologue"],
)
@pytest.mark.parametrize("format", ["JPEG", "TIFF", "WEBP"])
def test_a_packet_is_read_in_every_encoding(format: str, text: str, codec: str) -> None:
    assert claims(ask(with_xmp(format, text.encode(codec)))) == {"iptc": "decisive"}


@pytest.mark.slow
@pytest.mark.parametrize("format", ["JPEG", "TIFF", "WEBP", "HEIF", "AVIF"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16-be", "utf-32-le"])
def test_the_header_of_a_jpeg_before_the_packet_does_no_harm(codec: str, format: str) -> None:
    packet = JPEG_XMP + PACKET.encode(codec)
    assert claims(ask(with_xmp(format, packet))) == {"iptc": "decisive"}


def test_the_header_of_a_jpeg_before_the_packet_does_no_harm_in_png() -> None:
    texts = {"XML:com.adobe.xmp": JPEG_XMP.decode().rstrip("\0") + "\0" + PACKET}
    assert claims(ask(png(texts, kind="zTXt"))) == {"iptc": "decisive"}


@pytest.mark.parametrize("name", [b"XMP\0", b"XMP ", b"xmp "])
def test_a_chunk_of_webp_may_be_filled_up_with_a_zero(name: bytes) -> None:
    data = with_xmp("WEBP", source_type(TRAINED)).replace(b"XMP ", name)
    assert claims(ask(data)) == {"iptc": "decisive"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "bad",
    [b"a\x02b", b"caf\xe9", b"a\0b", b"\xff\xfe\xfd", b"&#2;", b"Tom & Jerry", b"&nbsp;", b"&#0;"],
)
@pytest.mark.parametrize("format", ["JPEG", "WEBP", "TIFF"])
def test_bad_bytes_in_another_property_hide_nothing(format: str, bad: bytes) -> None:
    packet = source_type(TRAINED).replace(b"></r:Desc", b"><d:title>%s</d:title></r:Desc" % bad)
    assert claims(ask(with_xmp(format, packet))) == {"iptc": "decisive"}


def test_a_prologue_may_name_an_encoding_that_was_left_since() -> None:
    space = ' xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    outside = BARE.replace(space, "").replace("<x:xmpmeta", f"<x:xmpmeta{space}")
    packet = f'<?xml version="1.0" encoding="UTF-16"?>{outside}'.encode()
    assert claims(ask(with_xmp("JPEG", packet))) == {"iptc": "decisive"}


def test_a_wrapping_that_is_closed_too_early_hides_nothing() -> None:
    packet = source_type(TRAINED).replace(b"meta/'>", b"meta/'/>").replace(b'meta/">', b'meta/"/>')
    assert b'meta/"/>' in packet
    assert claims(ask(with_xmp("JPEG", packet))) == {"iptc": "decisive"}


VALUES = {
    "attribute": xmp(f'i:DigitalSourceType="{IPTC_TERM}{TRAINED}"'),
    "struct": xmp(
        elements="<i:DigitalSourceType r:parseType='Resource'>"
        f"<r:value>{IPTC_TERM}{TRAINED}</r:value></i:DigitalSourceType>"
    ),
    "description": xmp(
        elements="<i:DigitalSourceType><r:Description>"
        f"<r:value>{IPTC_TERM}{TRAINED}</r:value></r:Description></i:DigitalSourceType>"
    ),
    "value as an attribute": xmp(
        elements=f"<i:DigitalSourceType><r:Description r:value='{IPTC_TERM}{TRAINED}'/>"
        "</i:DigitalSourceType>"
    ),
    "value in short": xmp(elements=f"<i:DigitalSourceType r:value='{IPTC_TERM}{TRAINED}'/>"),
    "term of a vocabulary": xmp(
        elements="<i:DigitalSourceType r:parseType='Resource'>"
        f"<i:CvTermId>{IPTC_TERM}{TRAINED}</i:CvTermId></i:DigitalSourceType>"
    ),
    **{
        f"{kind} of {what}": xmp(
            elements=f"<i:DigitalSourceType><r:{kind}>{item}</r:{kind}></i:DigitalSourceType>"
        )
        for kind in ("Bag", "Seq", "Alt")
        for what, item in {
            "texts": f"<r:li>{IPTC_TERM}{TRAINED}</r:li>",
            "resources": f"<r:li r:resource='{IPTC_TERM}{TRAINED}'/>",
            "structs": f"<r:li r:parseType='Resource'><r:value>{TRAINED}</r:value></r:li>",
        }.items()
    },
    **{
        f"the name {name}": xmp(f'i:{name}="{IPTC_TERM}{TRAINED}"')
        for name in ("DigitalSourcetype", "digitalSourceType", "DigitalSourceFileType")
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("form", VALUES)
def test_a_source_type_is_read_in_every_form_of_rdf(form: str) -> None:
    assert claims(ask(with_xmp("JPEG", VALUES[form]))) == {"iptc": "decisive"}


@pytest.mark.parametrize(
    "value",
    [
        IPTC_TERM + TRAINED, IPTC_TERM + TRAINED + "/", f"  {IPTC_TERM}{TRAINED}\n", TRAINED,
        IPTC_TERM.replace("http:", "https:") + TRAINED, IPTC_TERM.upper() + TRAINED,
        f"http://www.cv.iptc.org/newscodes/digitalsourcetype/{TRAINED}",
        f"digsrctype:{TRAINED}", f"DigSrcType:{TRAINED}", f"http://c2pa.org/digitalsourcetype/{TRAINED}",
        f"cv.iptc.org/newscodes/digitalsourcetype/{TRAINED}",
        "TrainedAlgorithmicMedia", "Trained Algorithmic Media", "trained algorithmic media",
        "trained_algorithmic_media", "Created using Generative AI",
    ],
)  # fmt: skip
def test_a_source_type_is_read_in_every_spelling(value: str) -> None:
    assert claims(ask(with_xmp("JPEG", xmp(f'i:DigitalSourceType="{value}"')))) == {
        "iptc": "decisive"
    }


@pytest.mark.parametrize(
    "value",
    ["not trained algorithmic media", f"{TRAINED}?", f"http://example.org/{TRAINED}",
     f"un{TRAINED}", f"{TRAINED} (no)", "Generative AI", f"http://cv.iptc.org.example/{TRAINED}"],
)  # fmt: skip
def test_other_words_are_no_source_type(value: str) -> None:
    assert claims(ask(with_xmp("JPEG", xmp(f'i:DigitalSourceType="{value}"')))) == {}


LONG = source_type(TRAINED)


def test_extended_xmp_is_put_together_in_any_order() -> None:
    name, parts = cut(LONG, len(LONG) // 2)
    assert len(parts) == 3
    for order in permutations(parts):
        assert claims(ask(extended(list(order), name))) == {"iptc": "decisive"}
    assert claims(ask(extended([*parts, *parts], name.lower()))) == {"iptc": "decisive"}


def test_only_the_extension_that_the_packet_names_counts() -> None:
    name, parts = cut(LONG, len(LONG))
    other, others = cut(source_type("digitalArt"), 200)
    assert claims(ask(extended([*others, *parts], name))) == {"iptc": "decisive"}
    assert claims(ask(extended([*others, *parts], other))) == {}
    assert claims(ask(extended(parts))) == claims(ask(extended(parts, "0" * 32))) == {}


def test_an_extension_that_lacks_a_part_is_reported() -> None:
    name, parts = cut(LONG, 200)
    answer = ask(extended(parts[1:], name))
    assert claims(answer) == {} and "part_missing" in problems(answer)
    assert "part_missing" in problems(ask(extended(parts[:-1], name)))
    beyond = (name, struct.pack(">II", len(LONG), len(LONG)) + bytes(200))
    assert "part_missing" in problems(ask(extended([parts[0], *parts[2:], beyond], name)))


@pytest.mark.slow
@pytest.mark.parametrize("order", [b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"])
@pytest.mark.parametrize(
    "prefix",
    [b"UNICODE\0", b"Unicode\0", b"unicode\0", b"ASCII\0\0\0", b"ascii\0\0\0", b"ASCII   ",
     b"UTF-8\0\0\0", b"JIS\0\0\0\0\0", bytes(8), b" " * 8, b"", b"charset=Unicode "],
)  # fmt: skip
@pytest.mark.parametrize("codec", WIDE)
def test_a_comment_is_read_whatever_its_prefix_says(
    codec: str, prefix: bytes, order: bytes
) -> None:
    body = prefix + PARAMETERS.encode(codec)
    mark = "<" if order[:1] == b"I" else ">"
    text = decode_comment(body, mark)
    assert text.lstrip("\ufeff") == PARAMETERS
    pack = (mark + "HHHII", mark + "HHII", mark + "I")
    directory = order + struct.pack(pack[0], 1, 0x8769, 4, 1, 26) + bytes(4)
    inner = struct.pack(mark + "H", 1) + struct.pack(pack[1], 0x9286, 7, len(body), 44) + bytes(4)
    assert len(directory + inner) == 44
    data = picture("JPEG", exif=b"Exif\0\0" + directory + inner + body)
    assert claims(ask(data)) == {"a1111": "decisive"}


@pytest.mark.parametrize("text", ["港口，傍晚", "café", "Ünïcödé text", "short"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_other_letters_are_read_as_the_prefix_says(order: str, text: str) -> None:
    codec = {"<": "utf-16-le", ">": "utf-16-be"}[order]
    for name in (b"UNICODE\0", b"Unicode\0", b"unicode "):
        assert decode_comment(name + text.encode(codec), order) == text
    assert decode_comment(b"ASCII\0\0\0" + text.encode(), order) == text
    assert decode_text(text.encode() + bytes(40)) == text


def test_japanese_in_its_old_encoding_is_read() -> None:
    text = "港の夕暮れ\n" + PARAMETERS
    assert decode_comment(b"JIS\0\0\0\0\0" + text.encode("iso2022_jp"), "<") == text


@pytest.mark.parametrize("raw", [b"abc\0def", b"a\0b", b"Canon\0EOS R5\0\0", b"\0\0\0\0", b""])
def test_a_text_with_a_zero_inside_is_no_wide_text(raw: bytes) -> None:
    assert decode_text(raw) == raw.rstrip(b"\0").decode()


CREDIT = record(110, b"Made with Google AI")
HEAD = b"Photoshop 3.0\0"


def app13(*bodies: bytes) -> bytes:
    """A JPEG with a segment for each of these bodies."""
    plain = picture("JPEG")
    blocks = [struct.pack(">HH", 0xFFED, len(HEAD + b) + 2) + HEAD + b for b in bodies]
    return plain[:2] + b"".join(blocks) + plain[2:]


WHOLE = b"8BIM\x03\xed\0\0\0\0\0\3abc\0" + resource(CREDIT)
EXTENDED = struct.pack(">BBBHI", 0x1C, 2, 110, 0x8004, 19) + b"Made with Google AI"
UNPADDED = b"8BIM\x03\xed\0\0\0\0\0\3abc"


@pytest.mark.parametrize(
    "bodies",
    [
        [WHOLE],
        *([WHOLE[:at], WHOLE[at:]] for at in (9, 17, 22, 30, len(WHOLE) - 4)),
        [resource(b""), resource(CREDIT)],
        [resource(record(120, b"a")), resource(CREDIT)],
        [resource(CREDIT[:9]), resource(CREDIT[9:])],
        [resource(record(5, b"") + CREDIT)],
        [resource(record(5, b"ab") + b"\0" + CREDIT)],
        [resource(b"\x1c\x01\x5a\0\3\x1b%G" + CREDIT)],
        [resource(EXTENDED)],
        [UNPADDED + resource(CREDIT)],
        [b"8BIM\x03\xed\0\0\0\0\xff\xff", resource(CREDIT)],
    ],
)
def test_records_are_found_however_they_are_spread(bodies: list[bytes]) -> None:
    assert claims(ask(app13(*bodies))) == {"google": "medium"}


@pytest.mark.parametrize(
    ("tag", "kind"), [(0x83BB, 7), (0x83BB, 4), (0x83BB, 1), (0x8649, 7), (0x8649, 1)]
)
def test_tiff_has_the_records_in_a_tag(kind: int, tag: int) -> None:
    body = (CREDIT if tag == 0x83BB else iptc_credit(b"Made with Google AI")).ljust(60, b"\0")
    count = len(body) // 4 if kind == 4 else len(body)
    head = b"II*\0" + struct.pack("<IHHHII", 8, 1, tag, kind, count, 26) + bytes(4)
    assert claims(ask(picture("JPEG", exif=b"Exif\0\0" + head + body))) == {"google": "medium"}


def raw(name: str, data: bytes, before: str = "\n", length: int | None = None) -> str:
    lines = "\n".join(data.hex()[at : at + 72] for at in range(0, 2 * len(data), 72))
    return f"{before}{name}\n{len(data) if length is None else length:8}\n{lines}\n"


COMMENT = exif(UserComment=PARAMETERS).tobytes()
PROFILES: dict[str, tuple[str, bytes, str]] = {
    "exif": ("exif", COMMENT, "a1111"),
    "exif without a header": ("exif", COMMENT.removeprefix(b"Exif\0\0"), "a1111"),
    "APP1 with EXIF": ("APP1", COMMENT, "a1111"),
    "app1 with XMP": ("app1", JPEG_XMP + source_type(TRAINED), "iptc"),
    "xmp": ("xmp", source_type(TRAINED), "iptc"),
    "xmp in UTF-16": ("xmp", PACKET.encode("utf-16"), "iptc"),
    "iptc": ("iptc", CREDIT, "google"),
    "iptc in resources": ("iptc", iptc_credit(b"Made with Google AI"), "google"),
    "8bim": ("8bim", iptc_credit(b"Made with Google AI"), "google"),
    "app13": ("app13", HEAD + iptc_credit(b"Made with Google AI"), "google"),
}
VARIANTS: dict[str, Callable[[str, bytes], str]] = {
    "as ImageMagick writes it": lambda name, data: raw(name, data),
    "without the first line end": lambda name, data: raw(name, data, before=""),
    "with bytes after the data": lambda name, data: raw(name, data) + "ab" * 99,
    "with words after the data": lambda name, data: raw(name, data) + "\nand more\n",
    "with a length too long": lambda name, data: raw(name, data, length=10**6),
    "with another name inside": lambda name, data: raw("generic profile", data),
}


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", PROFILES)
def test_raw_profiles_are_read_in_every_form(name: str, variant: str) -> None:
    key, data, kind = PROFILES[name]
    text = VARIANTS[variant](key, data)
    for form in ("tEXt", "zTXt"):
        assert kind in claims(ask(png({f"Raw profile type {key}": text}, kind=form)))


def test_the_second_exif_of_a_file_is_read_for_its_texts_alone() -> None:
    second = exif(ImageDescription=PARAMETERS, Make="Canon", Model="R5")
    second.get_ifd(0x8769).update({0x829A: 0.01, 0x829D: 2.8})
    first = picture("JPEG", exif=exif(Artist="somebody").tobytes())
    end = first.index(b"\xff\xdb")
    body = second.tobytes()
    segment = struct.pack(">HH", 0xFFE1, len(body) + 2) + body
    answer = ask(first[:end] + segment + first[end:])
    assert claims(answer) == {"a1111": "decisive"}
    assert answer.score == 0.99  # a capture would contradict it


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_windows_texts_are_wide(form: str) -> None:
    data = Image.Exif()
    data[0x9C9C] = PARAMETERS.encode("utf-16-le") + b"\0\0"
    assert claims(ask(with_exif(form, data))) == {"a1111": "decisive"}
