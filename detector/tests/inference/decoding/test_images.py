"""The one door for pictures: whatever comes, a whole picture or a sentence."""

from __future__ import annotations

import hashlib
import random
import resource
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.GifImagePlugin import GifImageFile
from PIL.PngImagePlugin import PngInfo

from detector.inference.images import ImageError, Limits, open_image
from detector.inference.results import Note
from detector.tests.factories.pictures import (
    BAD,
    FORMATS,
    GOOD,
    bad_exif,
    deep_rgb_png,
    encode,
    float_tiff,
    frames,
    many_frames_gif,
    noise,
    raw_png,
)

# The operation that turns an upright picture into one stored with an EXIF orientation.
STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def refusal(source: bytes | Path, limits: Limits | None = None) -> str:
    with pytest.raises(ImageError) as caught:
        open_image(source, limits)
    return str(caught.value)


def corner(data: bytes) -> tuple[int, ...]:
    return tuple(open_image(data).pixels[0, 0].tolist())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("kind", GOOD)
def test_odd_but_whole_pictures_are_opened(kind: str) -> None:
    data = GOOD[kind]()
    image = open_image(data)
    assert image.rgb.mode == "RGB" and image.pixels.dtype == np.uint8
    assert image.pixels.shape == (image.height, image.width, 3)
    assert image.data == data and image.sha256 == hashlib.sha256(data).hexdigest()
    with pytest.raises(ValueError, match="read-only"):
        image.pixels[0, 0] = 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", BAD)
def test_anything_else_is_refused_with_a_sentence(kind: str) -> None:
    build, why = BAD[kind]
    said = refusal(build())
    assert why in said
    assert said[0].isupper() and said.endswith(".")


@pytest.mark.slow
@pytest.mark.parametrize("format", FORMATS)
def test_the_kind_is_read_from_the_content(format: str, tmp_path: Path) -> None:
    path = tmp_path / "misleading.txt"
    path.write_bytes(encode(noise(), format))
    assert open_image(path).format == format


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF", "AVIF", "HEIF"])
def test_the_first_of_several_frames_is_analysed_and_said_so(format: str) -> None:
    data = frames(format)
    (note,) = open_image(data).notes
    assert note == Note("picture.frames", {"format": format})
    red, green, blue = corner(data)
    assert red > 240 and green < 15 and blue < 15


def test_the_second_picture_of_an_mpo_is_not_worth_a_note() -> None:
    assert open_image(frames("MPO")).notes == ()


def test_frames_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting would decode all of them."""
    monkeypatch.setattr(GifImageFile, "n_frames", property(lambda _: pytest.fail("counted")))
    assert open_image(many_frames_gif()).notes


def test_a_damaged_second_frame_does_not_matter() -> None:
    data = frames("GIF")
    image = open_image(data[: data.rindex(b",") + 4])
    assert image.width == 96 and corner(data) == (255, 0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_rotated_photos_are_turned_upright(orientation: int, format: str) -> None:
    upright = Image.new("RGB", (64, 32), "white")
    upright.paste("red", (0, 0, 32, 16))
    stored = upright.transpose(STORED[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = open_image(encode(stored, format, exif=exif))
    assert (image.width, image.height) == (64, 32)
    assert np.abs(image.pixels.astype(int) - np.asarray(upright)).mean() < 8


def test_more_than_8_bits_are_scaled_and_not_clipped() -> None:
    grey = encode(Image.fromarray(np.full((9, 9), 0x8000, "u2")), "PNG")
    assert corner(grey) == (128, 128, 128)
    assert corner(deep_rgb_png()) == (128, 255, 0)


def test_floats_are_scaled_to_their_maximum() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pixels = open_image(float_tiff()).pixels
    assert pixels[-1, -1].tolist() == [255] * 3 and 120 < pixels[40, 0, 0] < 136
    assert pixels[0, :4].max() == 0  # not a number, infinite, negative


def test_transparent_parts_are_laid_on_white() -> None:
    clear = Image.new("RGBA", (4, 4), (200, 0, 0, 0))
    clear.putpixel((1, 0), (200, 0, 0, 255))
    clear.putpixel((2, 0), (0, 0, 0, 128))
    for format in ("PNG", "WEBP", "TIFF"):
        options = {"lossless": True} if format == "WEBP" else {}
        pixels = open_image(encode(clear, format, **options)).pixels
        assert pixels[0, :3].tolist() == [[255] * 3, [200, 0, 0], [127] * 3]
    palette = Image.new("P", (4, 4), 7)
    palette.putpixel((3, 3), 9)
    assert corner(encode(palette, "GIF", transparency=7)) == (255, 255, 255)


def test_inverted_cmyk_of_photo_editors_is_not_taken_for_a_negative() -> None:
    assert min(corner(encode(Image.new("CMYK", (9, 9), (0, 0, 0, 0)), "JPEG"))) > 250


def test_a_huge_picture_is_refused_from_its_header_alone() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refusal(raw_png(100_000, 100_000, b""))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


def test_limits_are_inclusive() -> None:
    data = encode(noise(20, 10), "PNG")
    assert open_image(data, Limits(len(data), 200)).width == 20
    assert "at most" in refusal(data, Limits(len(data) - 1, 200))
    assert "20 x 10 pixels" in refusal(data, Limits(len(data), 199))


def test_limits_above_those_of_pillow_hold() -> None:
    """Pillow's own would warn from 89 and refuse from 179 million pixels."""
    generous = Limits(max_pixels=400_000_000, max_memory=2 * 10**9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "decoded completely" in refusal(raw_png(20_000, 15_000, b""), generous)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("missing.jpg", "No such file"),
        (".", "Is a directory"),
        ("x" * 300, "File name too long"),
        ("nul\0.jpg", "null byte"),
    ],
)
def test_a_path_that_cannot_be_read_is_refused(path: str, why: str, tmp_path: Path) -> None:
    said = refusal(tmp_path / path)
    assert said.startswith("The file cannot be read") and why in said


def test_a_large_file_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.bmp"
    path.write_bytes(b"BM" + bytes(2000))
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("read"))
    assert "at most" in refusal(path, Limits(max_bytes=1000))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_spoil_a_whole_picture() -> None:
    assert open_image(bad_exif()).width == 96


def test_a_damaged_raw_profile_does_not_spoil_a_whole_picture() -> None:
    """ImageMagick's form of EXIF in a PNG; Pillow raises SyntaxError for this one."""
    text = PngInfo()
    text.add_text("Raw profile type exif", "\nexif\n      8\n" + b"Exif\0\0no".hex())
    assert open_image(encode(noise(40, 30), "PNG", pnginfo=text)).width == 40


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("format", FORMATS)
def test_mutated_files_give_a_picture_or_an_image_error(format: str) -> None:
    """A smaller limit of pixels, so that a mutated header does not take gigabytes."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera"
    plain = encode(noise(40, 30), format)
    kinds = [plain if format in ("GIF", "BMP") else encode(noise(40, 30), format, exif=exif)]
    if format in ("GIF", "PNG", "WEBP", "TIFF"):
        kinds.append(frames(format))
    rng = random.Random(f"images {format}")
    for number in range(200):
        data = mutate(kinds[number % len(kinds)], rng)
        try:
            open_image(data, Limits(max_pixels=1_000_000))
        except ImageError as error:
            assert str(error).endswith(".")


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Bytes changed, cut out, repeated, or the end cut off; the header more often than the rest."""
    mutated = bytearray(data)
    for _ in range(rng.choice((1, 2, 4, 16))):
        at = rng.randrange(min(len(mutated), rng.choice((64, 400, len(mutated)))) or 1)
        match rng.randrange(5):
            case 0 | 1:
                mutated[at : at + 1] = bytes([rng.choice((0, 255, 127, rng.randrange(256)))])
            case 2:
                del mutated[at : at + rng.randrange(1, 20)]
            case 3:
                mutated[at:at] = mutated[at : at + rng.randrange(20)]
            case 4:
                del mutated[max(at, 20) :]
    return bytes(mutated)
