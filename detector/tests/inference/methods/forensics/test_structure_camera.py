"""Method 3: what the EXIF says of a capture, its preview, and never the place."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from detector.inference.images import SourceImage
from detector.inference.methods.forensics.containers.metadata import Metadata, Unreadable
from detector.inference.methods.forensics.containers.walk import read_metadata
from detector.inference.methods.forensics.structure.findings import read_structure
from detector.inference.methods.forensics.structure.thumbnail import (
    MAX_PIXELS,
    compare,
    crop_bars,
    open_thumbnail,
    read_thumbnail,
)
from detector.tests.factories.marked_files import ask, picture, png, with_xmp, xmp
from detector.tests.factories.pictures import encode, scene

Entry = tuple[int, int, bytes]
ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 2, 3, 4, 5, 7
SIZES = {ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, UNDEFINED: 1}


def rational(numerator: int, denominator: int) -> bytes:
    return struct.pack("<II", numerator, denominator)


def directory(entries: list[Entry], at: int, after: int = 0) -> bytes:
    """A directory that stands at `at`, with its values behind it."""
    start, rows, values = at + 2 + 12 * len(entries) + 4, b"", b""
    for tag, kind, value in entries:
        field = value.ljust(4, b"\0")
        if len(value) > 4:
            field = struct.pack("<I", start + len(values))
            values += value
        rows += struct.pack("<HHI", tag, kind, len(value) // SIZES[kind]) + field
    return struct.pack("<H", len(entries)) + rows + struct.pack("<I", after) + values


def exif_block(
    first: list[Entry], inner: list[Entry], thumbnail: bytes = b"", claimed: int | None = None
) -> bytes:
    """TIFF bytes: first directory, EXIF directory, preview."""
    inner_at = 8 + len(directory([*first, (0x8769, LONG, bytes(4))], 8))
    second_at = inner_at + len(directory(inner, inner_at))
    length = len(thumbnail) if claimed is None else claimed
    links = [
        (0x0201, LONG, struct.pack("<I", second_at + 30)),
        (0x0202, LONG, struct.pack("<I", length)),
    ]
    outer = [*first, (0x8769, LONG, struct.pack("<I", inner_at))]
    head = b"II*\0\x08\0\0\0" + directory(outer, 8, second_at if thumbnail else 0)
    return head + directory(inner, inner_at) + directory(links, second_at) + thumbnail


CAPTURE: list[Entry] = [
    (0x829A, RATIONAL, rational(1, 250)),
    (0x829D, RATIONAL, rational(28, 10)),
    (0x8827, SHORT, struct.pack("<H", 400)),
    (0x9003, ASCII, b"2024:05:17 10:11:12\0"),
    (0x920A, RATIONAL, rational(50, 1)),
    (0x927C, UNDEFINED, b"secret notes" * 100),
    (0xA434, ASCII, b"RF50mm F1.8 STM\0"),
]
CANON: list[Entry] = [(0x010F, ASCII, b"Canon\0"), (0x0110, ASCII, b"Canon EOS R5\0")]


def jpeg(image: Image.Image, block: bytes, **options: Any) -> bytes:
    return encode(image, "JPEG", exif=b"Exif\0\0" + block, **options)


def said(data: bytes, kind: str) -> str:
    found = [finding for finding in ask(data).findings if finding.kind == kind]
    assert all(f.claim in (None, "capture") and f.strength == "context" for f in found)
    return " ".join(finding.text for finding in found)


@pytest.mark.parametrize("junk", [b"junkjunk", b"II", b"MM\0*\0\0\0\xff"])
def test_a_preview_with_damaged_exif_of_its_own_is_compared_all_the_same(junk: bytes) -> None:
    plain = encode(scene(1, 64, 48), "JPEG")
    body = b"Exif\0\0" + junk
    inner = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + plain[2:]
    metadata = Metadata(thumbnail=inner)
    (found,) = read_thumbnail(metadata, scene(1, 640, 480))
    assert "shows the same picture" in found.finding.text


def test_a_capture_is_told_as_photographers_write_it() -> None:
    text = said(jpeg(scene(1), exif_block(CANON, CAPTURE)), "camera")
    assert "exposure: 1/250 s, f/2.8, ISO 400, 50 mm." in text
    assert 'the lens "RF50mm F1.8 STM". It gives the date 2024-05-17. It holds 1,200 bytes' in text
    assert "secret" not in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (rational(1, 0), None),
        (rational(0, 0), None),
        (rational(0, 9), None),
        (rational(2**32 - 1, 1), None),
        (rational(1, 2**32 - 1), None),
        (rational(10, 2500), "1/250 s"),
        (rational(30, 1), "30 s"),
        (rational(13, 10), "1.3 s"),
    ],
)
def test_exposure_times_that_no_camera_has_are_left_out(value: bytes, shown: str | None) -> None:
    entries = [(0x829A, RATIONAL, value), *CAPTURE[1:2]]
    text = said(jpeg(scene(1), exif_block(CANON, entries)), "camera")
    assert f": {shown}, f/2.8." in text if shown else ": f/2.8." in text


def test_a_lying_rational_and_a_text_for_a_number_are_left_out() -> None:
    lying = [
        (0x829A, ASCII, b"1/250\0"),
        (0x829D, RATIONAL, rational(28, 10)),
        (0x8827, LONG, b"\4" * 8),
    ]
    text = said(jpeg(scene(1), exif_block(CANON, lying)), "camera")
    assert "exposure: f/2.8." in text


PLACE = rational(4812345, 98765)
NUMBERS = ("4812345", "98765", "48.7252", "48,43")


def all_that_is_kept(data: bytes, format: str) -> str:
    metadata = read_metadata(data, format)
    return repr(metadata) + repr(metadata.thumbnail) + repr(ask(data))


def test_the_coordinates_are_in_nothing_that_is_read() -> None:
    block = exif_block([*CANON, (0x8825, LONG, struct.pack("<I", 20_000))], CAPTURE)
    gps = directory([(1, ASCII, b"N\0"), (2, RATIONAL, PLACE * 3)], 20_000)
    data = jpeg(scene(1), block.ljust(20_000, b"\0") + gps)
    assert "where the picture was taken" in said(data, "gps")
    kept = all_that_is_kept(data, "JPEG")
    assert not any(number in kept for number in NUMBERS)
    assert repr(PLACE)[2:-1] not in kept


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (with_xmp("JPEG", xmp('e:GPSLatitude="48,43.512N" e:GPSLongitude="2,4812345E"')), "JPEG"),
        (with_xmp("PNG", xmp(elements="<d:latitude>48.7252</d:latitude>")), "PNG"),
        (png({"exif:GPSLatitude": "4812345/98765"}), "PNG"),
    ],
    ids=["attributes", "element", "text of a PNG"],
)
def test_coordinates_elsewhere_are_dropped_too(data: bytes, format: str) -> None:
    kept = all_that_is_kept(data, format)
    assert not any(number in kept for number in NUMBERS)
    assert "where the picture was taken" in said(data, "gps")


def preview_of(image: Image.Image, size: tuple[int, int] = (160, 120), **options: Any) -> bytes:
    return encode(image.resize(size), "JPEG", **options)


def with_preview(image: Image.Image, preview: bytes, orientation: int = 1, **lies: int) -> bytes:
    first = [(0x0112, SHORT, struct.pack("<H", orientation))]
    return jpeg(image, exif_block(first, CAPTURE, preview, **lies))


def test_the_preview_of_the_same_picture_is_the_same() -> None:
    image = scene(1, 640, 480)
    assert "the same picture" in said(with_preview(image, preview_of(image)), "thumbnail")


def test_the_preview_of_another_picture_is_told() -> None:
    data = with_preview(scene(1, 640, 480), preview_of(scene(2)))
    assert "another picture" in said(data, "thumbnail")


def test_a_cropped_picture_no_longer_is_its_preview() -> None:
    image = scene(3, 640, 480)
    data = with_preview(image.crop((0, 0, 320, 480)), preview_of(image))
    assert "the same" not in said(data, "thumbnail")
    assert "the preview was made" in said(data, "thumbnail")


@pytest.mark.slow
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_preview_is_turned_as_the_picture_is(orientation: int) -> None:
    image = scene(1, 640, 480)
    assert "the same" in said(with_preview(image, preview_of(image), orientation), "thumbnail")


@pytest.mark.parametrize("size", [(640, 360), (360, 640)], ids=["wide", "high"])
def test_black_bars_of_a_cameras_preview_are_left_out(size: tuple[int, int]) -> None:
    image = scene(4, *size)
    small = image.resize((160, 90) if size[0] > size[1] else (68, 120))
    preview = Image.new("RGB", (160, 120))
    preview.paste(small, ((160 - small.width) // 2, (120 - small.height) // 2))
    data = with_preview(image, encode(preview, "JPEG"))
    assert "the same" in said(data, "thumbnail")
    assert crop_bars(preview.convert("L"), image.width / image.height).size == pytest.approx(
        small.size, abs=2
    )


def test_bright_edges_are_no_bars() -> None:
    preview = Image.new("L", (160, 120), 200)
    assert crop_bars(preview, 16 / 9).size == (160, 120)


def test_plain_pictures_are_compared_by_their_grey() -> None:
    grey = Image.new("L", (160, 120), 90)
    assert compare(grey, Image.new("RGB", (640, 480), (90, 90, 90))) == "same"


@pytest.mark.parametrize(
    ("preview", "why"),
    [
        (b"\xff\xd8\xff\xd9" + bytes(50), "preview_kind"),
        (preview_of(scene(1), progressive=True), "preview_kind"),
        (preview_of(scene(1))[:-400], "damaged"),
        (encode(Image.new("L", (1024, MAX_PIXELS // 1024 + 1)), "JPEG"), "preview_large"),
        (picture("PNG"), "beyond_end"),
    ],
    ids=["empty", "many passes", "cut", "bomb", "no JPEG"],
)
def test_previews_made_to_hurt_are_refused(preview: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        open_thumbnail(preview)
    assert "cannot be read" in said(with_preview(scene(1), preview), "unreadable")


@pytest.mark.parametrize("claimed", [0, 2**31, 2**32 - 1, 70_000])
def test_a_preview_of_a_lying_length_is_none(claimed: int) -> None:
    data = with_preview(scene(1), preview_of(scene(1)), claimed=claimed)
    assert read_metadata(data, "JPEG").thumbnail == b""
    assert said(data, "thumbnail") == ""


def test_the_next_page_of_a_tiff_is_no_preview() -> None:
    block = exif_block([], CAPTURE, preview_of(scene(1)))
    assert read_metadata(block, "TIFF").thumbnail == b""


WHOLE = with_preview(scene(1, 160, 160), preview_of(scene(1)))


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.binary(max_size=300), st.integers(0, len(WHOLE)), st.integers(0, 400))
def test_no_bytes_raise(junk: bytes, at: int, skipped: int) -> None:
    image = scene(1, 160, 160)
    for data in (b"\xff\xd8" + junk, WHOLE[:at] + junk + WHOLE[at + skipped :]):
        source = SourceImage(data, "JPEG", image, "")
        for evidence in read_structure(source, read_metadata(data, "JPEG")):
            assert evidence.finding.claim is None


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.binary(max_size=400), st.integers(-3, 70_000))
def test_no_preview_raises(junk: bytes, orientation: int) -> None:
    image = scene(1, 64, 64)
    for thumbnail in (junk, preview_of(image)[: len(junk)] + junk):
        source = SourceImage(b"", "JPEG", image, "")
        metadata = Metadata(thumbnail=thumbnail, orientation=orientation)
        assert all(e.finding.claim is None for e in read_structure(source, metadata))
