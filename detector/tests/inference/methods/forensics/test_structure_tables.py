"""Method 3: compression, platforms and error levels, on JPEGs that the tests make."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from detector.inference.methods.forensics.containers.metadata import Unreadable
from detector.inference.methods.forensics.structure.double_compression import (
    FROM_JPEG,
    FROM_PIXELS,
    UNTURN,
    cut_on_grid,
    find_earlier_jpeg,
)
from detector.inference.methods.forensics.structure.error_level import error_level_picture
from detector.inference.methods.forensics.structure.quantisation import describe, read_compression
from detector.inference.pixels.jpeg_quality import scaled_tables
from detector.tests.factories.claims import segment
from detector.tests.factories.marked_files import ask, exif, with_exif
from detector.tests.factories.pictures import encode, noise, scene


def photograph(seed: int = 1, size: int = 512) -> Image.Image:
    """Clouds with grain that grows to the right: coefficients of every size, never compressed."""
    grain = np.random.default_rng(seed).laplace(0, 1, (size, size, 1))
    grain *= np.linspace(1, 25, size)[:, None]
    pixels = np.asarray(scene(seed, size, size), np.float64) + grain
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def saved(image: Image.Image, quality: int) -> Image.Image:
    return reopened(encode(image, "JPEG", quality=quality))


def reopened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def said(data: bytes, kind: str) -> str:
    """The texts of this kind, all of which must be context."""
    found = [finding for finding in ask(data).findings if finding.kind == kind]
    assert all(f.claim is None and f.strength == "context" for f in found)
    return " ".join(finding.text for finding in found)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"quality": 85, "subsampling": 2, "progressive": True},
            "half the width and height (4:2:0), progressive",
        ),
        ({"quality": 85, "subsampling": 1}, "half the width (4:2:2), baseline"),
        ({"quality": 85, "subsampling": 0}, "full resolution (4:4:4), baseline"),
    ],
)
def test_the_compression_is_told_in_words(options: dict[str, int], words: str) -> None:
    text = said(encode(noise(), "JPEG", **options), "compression")
    assert text == (
        "The picture is a JPEG that was saved at quality 85 of 100. Technical data: the standard "
        f"compression tables, colours at {words} coding."
    )


def test_grey_and_four_colours_are_told() -> None:
    assert "grey" in said(encode(noise(mode="L"), "JPEG"), "compression")
    assert "4 colour channels" in said(encode(noise(mode="CMYK"), "JPEG"), "compression")


def test_whose_tables_they_are_is_told() -> None:
    even = [[3 + step // 12 for step in range(64)]] * 2
    text = said(encode(noise(), "JPEG", qtables=even), "compression")
    assert "quality of about 9" in text and "compression tables of its own" in text
    robidoux = [scaled_tables("robidoux")[79].tolist()] * 2
    text = said(encode(noise(), "JPEG", qtables=robidoux), "compression")
    assert "saved at quality 80 of 100" in text and "the compression tables of mozjpeg" in text


DUCKY = b"Ducky\0\1\0\4" + struct.pack(">I", 60) + b"\0\0"
RESOURCE = b"Photoshop 3.0\0" + b"8BIM\x04\x06\0\0" + struct.pack(">IhhhB", 7, 6, 0, 1, 1) + b"\0"


def test_photoshops_own_qualities_are_told() -> None:
    assert '("Save for Web") at quality 60 of 100' in said(segment(0xEC, DUCKY), "compression")
    assert "Before that, it was saved by Photoshop at quality 10 of 12" in said(
        segment(0xED, RESOURCE), "compression"
    )


def dqt(body: bytes) -> bytes:
    return b"\xff\xdb" + struct.pack(">H", len(body) + 2) + body


ONES = bytes([1]) * 64
FRAME = b"\xff\xc0\0\x0b\x08\0\x10\0\x10\1\1\x11\0"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (dqt(b"\0" + ONES[:-1]), "table_damaged"),
        (dqt(b"\x20" + ONES), "table_damaged"),
        (dqt(b"\x07" + ONES), "table_damaged"),
        (dqt(b"\0" + ONES) * 65, "tables_many"),
        (dqt(b"\0" + bytes(64)) + FRAME, "table_zero"),
        (dqt(b"\1" + ONES) + FRAME, "table_missing"),
        (b"\xff\xc0\xff\xff" + FRAME[4:], "beyond_end"),
        (b"\xff\xc0\0\x0a\x08\0\x10\0\x10\x09\1\x11", "frame_cut_off"),
        (b"", "table_missing"),
    ],
)
def test_damaged_tables_are_reported(data: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        describe(read_compression(b"\xff\xd8" + data + b"\xff\xd9\0\0"))


@pytest.mark.slow
@pytest.mark.parametrize(("first", "second"), [(60, 75), (60, 95), (75, 90), (85, 95), (75, 60)])
def test_a_second_save_is_found_with_the_quality_of_the_first(first: int, second: int) -> None:
    data = encode(saved(photograph(), first), "JPEG", quality=second)
    text = said(data, "re-saved")
    quality = int(text.partition("quality of about ")[2].partition(")")[0])
    assert abs(quality - first) <= 2


@pytest.mark.slow
@pytest.mark.parametrize("quality", [60, 75, 85, 95])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_save_is_not_taken_for_two(seed: int, quality: int) -> None:
    assert said(encode(photograph(seed), "JPEG", quality=quality), "re-saved") == ""


@pytest.mark.slow
@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF"])
def test_a_png_that_was_a_jpeg_is_known(format: str) -> None:
    text = said(encode(saved(photograph(), 80), format), "re-saved")
    assert "traces of JPEG compression (quality of about" in text
    assert format in text
    assert said(encode(photograph(), format), "re-saved") == ""


def test_a_jpeg_that_was_cut_off_the_grid_gives_nothing() -> None:
    cut = saved(photograph(), 75).crop((3, 5, 500, 500))
    assert find_earlier_jpeg(cut, None).evidence < FROM_PIXELS


@pytest.mark.slow
@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_pictures_are_read_as_they_were_compressed(orientation: int) -> None:
    odd = saved(photograph(), 70).crop((0, 0, 501, 395))
    tags = Image.Exif()
    tags[0x0112] = orientation
    data = encode(odd, "JPEG", quality=92, exif=tags)
    assert "quality of about" in said(data, "re-saved")


@pytest.mark.parametrize("orientation", UNTURN)
def test_the_middle_is_cut_at_the_corner_of_a_block(orientation: int) -> None:
    """Each block of 8 x 8 of the stored picture has one grey."""
    greys = np.random.default_rng(4).integers(0, 256, (20, 15), dtype=np.uint8)
    stored = np.kron(greys, np.ones((8, 8), np.uint8))[:157, :115]
    undo = UNTURN[orientation][0]
    again = {Image.Transpose.ROTATE_90: Image.Transpose.ROTATE_270,
             Image.Transpose.ROTATE_270: Image.Transpose.ROTATE_90}.get(undo, undo)  # fmt: skip
    upright = Image.fromarray(stored).transpose(again).convert("RGB")
    assert (cut_on_grid(upright, orientation) == stored).all()


def test_a_small_flat_or_odd_picture_has_no_history() -> None:
    for image in (Image.new("RGB", (600, 600), "teal"), noise(129, 131), noise(1, 1)):
        for table in (None, np.ones(64, np.int64), np.full(64, 65535)):
            assert find_earlier_jpeg(image, table).evidence < FROM_JPEG


@pytest.mark.parametrize(
    ("width", "height", "names"),
    [(2048, 1365, "Facebook or X"), (720, 1280, "WhatsApp"), (1080, 1080, "Instagram")],
)
def test_a_size_can_be_that_of_a_platform(width: int, height: int, names: str) -> None:
    text = said(encode(Image.new("RGB", (width, height)), "JPEG"), "platform")
    assert names in text
    assert "may be" in text


@pytest.mark.slow
def test_a_size_says_nothing_where_the_file_says_more() -> None:
    square = Image.new("RGB", (1080, 1080))
    assert said(encode(square, "PNG"), "platform") == ""
    assert said(encode(square, "JPEG", exif=exif(Make="Canon").tobytes()), "platform") == ""
    assert said(encode(square, "JPEG", comment=b"mine"), "platform") == ""
    assert said(encode(Image.new("RGB", (1081, 1080)), "JPEG"), "platform") == ""


def instructions(text: bytes) -> bytes:
    record = struct.pack(">BBBH", 0x1C, 2, 40, len(text)) + text
    body = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(record)) + record + b"\0" * (len(record) % 2)
    return segment(0xED, b"Photoshop 3.0\0" + body)


def test_facebooks_mark_is_known() -> None:
    assert "Facebook or Instagram" in said(instructions(b"FBMD01000abc"), "platform")
    assert said(instructions(b"not FBMD"), "platform") == ""
    assert said(with_exif("JPEG", exif(ImageDescription="FBMD01")), "platform") == ""


@pytest.mark.parametrize("size", [(1, 1), (96, 80), (1500, 700), (5000, 2100), (66000, 3)])
def test_error_levels_keep_the_shape_and_are_small(size: tuple[int, int]) -> None:
    levels = error_level_picture(Image.new("RGB", size, "teal"))
    assert levels.mode == "RGB"
    assert max(levels.size) <= 512


def test_error_levels_show_a_part_pasted_from_another_compression() -> None:
    picture = saved(photograph(), 90)
    picture.paste(photograph(2, 128), (192, 192))
    levels = np.asarray(error_level_picture(picture), np.float64)
    assert levels[200:312, 200:312].mean() > 1.5 * levels[:160].mean()
