"""What is whole is opened, with a note on damage beside it; what is cut off is refused."""

from __future__ import annotations

import io
import struct
import threading
import zlib

import numpy as np
import pytest
from PIL import Image

from detector.inference.decoding.libtiff import complaints
from detector.inference.images import ImageError, SourceImage, open_image
from detector.tests.factories import bombs
from detector.tests.factories.pictures import encode, frames, noise, png_chunk


def refusal(data: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        open_image(data)
    return str(caught.value)


def same_pixels(data: bytes, plain: bytes) -> SourceImage:
    image = open_image(data)
    assert np.array_equal(image.pixels, open_image(plain).pixels)
    return image


# PNG

KINDS = [
    b"tEXt", b"zTXt", b"iTXt", b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"bKGD", b"tIME",
    b"acTL", b"fcTL", b"eXIf", b"cICP", b"sBIT", b"hIST", b"sPLT", b"juNk",
]  # fmt: skip
SHORT = [b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"tIME", b"acTL", b"fcTL", b"tRNS", b"cICP"]


def with_chunk(data: bytes, chunk: bytes, behind: bool = False) -> bytes:
    at = len(data) - 12 if behind else 33
    return data[:at] + chunk + data[at:]


@pytest.mark.slow
@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_side_chunk_with_a_wrong_checksum_spoils_nothing(kind: bytes, behind: bool) -> None:
    plain = encode(noise(), "PNG")
    right = png_chunk(kind, b"some text\0and more")
    chunk = right[:-1] + bytes([right[-1] ^ 1])
    image = same_pixels(with_chunk(plain, chunk, behind), plain)
    assert kind.decode() in image.notes[0].text and "complete" in image.notes[0].text


@pytest.mark.parametrize("kind", SHORT)
@pytest.mark.parametrize("body", [b"", b"\0\0\1"])
def test_a_side_chunk_of_a_wrong_length_spoils_nothing(kind: bytes, body: bytes) -> None:
    plain = encode(noise(), "PNG")
    image = same_pixels(with_chunk(plain, png_chunk(kind, body)), plain)
    assert kind.decode() in image.notes[0].text


def test_what_is_whole_has_no_note() -> None:
    plain = encode(noise(), "PNG", dpi=(72, 72), icc_profile=b"profile")
    assert open_image(plain).notes == ()


def test_transparency_is_kept_where_it_is_right() -> None:
    palette = noise(mode="P")
    data = encode(palette, "PNG", transparency=bytes(range(256)))
    assert (open_image(data).pixels != np.asarray(palette.convert("RGB"))).any()


@pytest.mark.parametrize("kind", [b"IHDR", b"PLTE"])
def test_a_chunk_that_makes_pixels_must_be_right(kind: bytes) -> None:
    data = bytearray(encode(noise(mode="P"), "PNG"))
    at = data.index(kind)
    (length,) = struct.unpack_from(">I", data, at - 4)
    data[at + 4 + length] ^= 1
    assert "damaged" in refusal(bytes(data))


def test_a_png_without_its_end_is_whole_and_one_without_pixels_is_not() -> None:
    plain = encode(noise(), "PNG")
    same_pixels(plain[:-12], plain)
    assert "cut off" in refusal(plain[:-200])


# JPEG


def with_segment(data: bytes, marker: int, body: bytes) -> bytes:
    return data[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + data[2:]


@pytest.mark.parametrize(
    ("marker", "body", "noted"),
    [
        (0xE0, b"JFIF\0", True),
        (0xE0, b"JFIF\0\1\1\0\0", True),
        (0xEE, b"Adobe\0\x64", True),
        (0xE1, b"Exif\0", True),
        (0xE1, b"Exif\0\0II", False),
        (0xE2, b"ICC_PROFILE\0", False),
        (0xE2, b"MPF\0", False),
        (0xE2, b"MPF\0II*\0\xff\xff\xff\xff", False),
        (0xED, b"Photoshop 3.0\0" + b"8BIM\4", False),
        (0xFE, b"", False),
        (0xE5, b"\0", False),
    ],
)
def test_a_short_segment_spoils_nothing(marker: int, body: bytes, noted: bool) -> None:
    plain = encode(noise(), "JPEG")
    image = same_pixels(with_segment(plain, marker, body), plain)
    assert bool(image.notes) == noted and image.format == "JPEG"


def test_a_jpeg_without_an_end_marker_is_opened_with_a_note() -> None:
    plain = encode(noise(), "JPEG")
    assert "no end marker" in same_pixels(plain[:-2], plain).notes[0].text


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 30}])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.9])
def test_a_cut_jpeg_with_an_end_marker_is_refused(share: float, options: dict[str, object]) -> None:
    assert "cut off" in refusal(bombs.cut_jpeg(share, **options))


def test_a_progressive_jpeg_without_its_last_scans_is_refused() -> None:
    data = encode(noise(), "JPEG", progressive=True)
    assert "cut off" in refusal(data[: data.rindex(b"\xff\xda")] + b"\xff\xd9")


def test_a_jpeg_without_its_last_blocks_has_a_note() -> None:
    data = encode(noise(320, 240), "JPEG")
    (note,) = open_image(data[:-40] + b"\xff\xd9").notes
    assert note.code == "picture.last_blocks"
    assert "cut off" in refusal(data[:-40])


def test_a_plain_grey_jpeg_is_whole() -> None:
    """The grey that stands for what is missing."""
    assert open_image(encode(Image.new("RGB", (96, 80), (128, 128, 128)), "JPEG")).notes == ()


def test_an_mpo_is_told_by_its_index() -> None:
    assert open_image(frames("MPO")).format == "MPO"


# Around the picture


@pytest.mark.slow
@pytest.mark.parametrize("before", [b"\n", b"\r\n\r\n", b" ", b"\0\0", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP"])
def test_space_before_the_picture_is_passed_over(before: bytes, format: str) -> None:
    plain = encode(noise(), format)
    image = same_pixels(before + plain, plain)
    assert image.data == plain and image.sha256 != open_image(plain).sha256


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_bytes_behind_the_picture_do_not_matter(format: str) -> None:
    plain = encode(noise(), format)
    assert same_pixels(plain + b"trailing \xff\xff\xd9 bytes" * 9, plain).notes == ()


@pytest.mark.parametrize("off", [-500, -1, 1, 500, 2**31])
def test_a_wrong_length_of_riff_spoils_nothing(off: int) -> None:
    plain = encode(noise(), "WEBP")
    (length,) = struct.unpack_from("<I", plain, 4)
    wrong = plain[:4] + struct.pack("<I", length + off) + plain[8:]
    assert "RIFF" in same_pixels(wrong, plain).notes[0].text


def test_a_side_chunk_of_webp_that_is_cut_off_spoils_nothing() -> None:
    plain = encode(noise(), "WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0" + b"x" * 90)
    assert "EXIF" in same_pixels(plain[:-40], plain).notes[0].text
    assert "damaged" in refusal(encode(noise(), "WEBP")[:-40])


# Fax


@pytest.mark.parametrize(("group", "broken"), [(3, 6900), (4, 1500)])
def test_a_broken_fax_is_refused_and_writes_nothing(
    group: int, broken: int, capfd: pytest.CaptureFixture[str]
) -> None:
    assert "cut off" in refusal(bombs.fax_tiff(group, broken))
    assert capfd.readouterr().err == ""


def test_a_fax_with_some_broken_lines_has_a_note() -> None:
    (note,) = open_image(bombs.fax_tiff(3, 3000)).notes
    assert "lines of this fax are broken" in note.text


def test_complaints_are_counted_for_each_thread_alone() -> None:
    with complaints() as ours:
        thread = threading.Thread(target=open_image, args=[bombs.fax_tiff(3, 3000)])
        thread.start()
        thread.join()
        assert ours.lines == 0
        Image.open(io.BytesIO(bombs.fax_tiff(3, 3000))).load()
    assert ours.lines > 0


def test_checksums_are_those_of_zlib() -> None:
    """The stream is a PNG of its own, with right checksums."""
    stream = open_image(encode(noise(), "PNG")).stream
    assert struct.unpack(">I", stream[29:33])[0] == zlib.crc32(stream[12:29])


@pytest.mark.parametrize("at", [2**63 - 8, 2**63, 2**64 - 1])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_bigtiff_that_points_beyond_any_file_is_refused(order: str, at: int) -> None:
    """Found by fuzzing: such a number is too large even to ask for the bytes there."""
    mark = b"II" if order == "<" else b"MM"
    data = mark + struct.pack(order + "HHHQ", 43, 8, 0, at) + bytes(64)
    assert "header cannot be read" in refusal(data)
