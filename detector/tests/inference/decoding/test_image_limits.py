"""What a small file may ask of a decoder: refused from its structure, before it is decoded."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from detector.inference.decoding import limits as limits_module
from detector.inference.decoding.limits import reduction
from detector.inference.images import ImageError, Limits, open_image
from detector.tests.factories import bombs
from detector.tests.factories.pictures import encode, noise, raw_png, scene
from detector.tests.factories.work import little_work

BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "jpeg of 4,000 scans": (lambda: bombs.progressive_of_scans(4000), "scans"),
    "jpeg of 30,000 comments": (lambda: b"\xff\xd8" + b"\xff\xfe\0\2" * 30_000, "segments"),
    "png of 30,000 chunks": (lambda: bombs.chunky_png(30_000), "chunks"),
    "webp of 30,000 chunks": (lambda: bombs.chunky_webp(30_000), "chunks"),
    "gif with a comment of 300,000 blocks": (lambda: bombs.talkative_gif(300_000, True), "blocks"),
    "tiff of 120,000 strips": (lambda: bombs.striped_tiff(120_000), "strips"),
    "tiff of a large tile": (lambda: bombs.tiled_tiff(25_984), "25984 x 25984"),
    "bigtiff of a large tile": (lambda: bombs.tiled_tiff(25_984, big=True), "25984 x 25984"),
    "tiff of two sizes": (lambda: bombs.tiled_tiff(25_984, again=True), "25984 x 25984"),
    "bmp of runs": (lambda: bombs.run_length_bmp(4000, 1001), "compressed by runs"),
}


def refusal(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(ImageError) as caught:
        open_image(data, limits)
    return str(caught.value)


@pytest.fixture
def undecoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails the test as soon as pixels are to be decoded."""
    monkeypatch.setattr("detector.inference.images.complaints", lambda: pytest.fail("decoded"))
    monkeypatch.setattr("simplejpeg.decode_jpeg", lambda *a, **k: pytest.fail("decoded"))


@pytest.mark.slow
@pytest.mark.usefixtures("undecoded")
@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_refused_before_it_is_decoded(kind: str) -> None:
    build, why = BOMBS[kind]
    assert re.search(why, refusal(build()))


@pytest.mark.slow
@pytest.mark.parametrize("format", ["AVIF", "HEIF"])
def test_the_size_in_the_stream_counts_and_not_that_in_the_boxes(format: str) -> None:
    data = bombs.stated_smaller(encode(noise(320, 256), format))
    assert "320 x 256 pixels" in refusal(data, Limits(max_pixels=320 * 256 - 1))


@pytest.mark.slow
@pytest.mark.parametrize("format", ["AVIF", "HEIF"])
def test_what_is_no_bomb_keeps_its_size(format: str) -> None:
    data = encode(noise(320, 256), format)
    assert open_image(data, Limits(max_pixels=320 * 256)).width == 320


def test_a_frame_larger_than_the_canvas_counts() -> None:
    data = bytearray(encode(noise(320, 256), "WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0"))
    data[24:30] = struct.pack("<I", 63)[:3] * 2
    assert "320 x 256 pixels" in refusal(bytes(data), Limits(max_pixels=320 * 256 - 1))


@pytest.mark.parametrize("where", ["head", "data", "end"])
def test_fill_bytes_never_reach_the_decoder(where: str) -> None:
    plain, filled = bombs.filled_jpeg(where, 0), bombs.filled_jpeg(where, 1_000_000)
    image = open_image(filled)
    assert len(image.stream) < len(plain) + 99
    assert np.array_equal(image.pixels, open_image(plain).pixels)


def test_what_follows_the_first_frame_costs_nothing() -> None:
    image = open_image(bombs.talkative_gif(300_000, before=False))
    assert len(image.stream) < 20_000


def test_hundred_scans_are_accepted() -> None:
    scans = bombs.progressive_of_scans(0).count(b"\xff\xda")
    assert open_image(bombs.progressive_of_scans(100 - scans)).width == 64
    assert "scans" in refusal(bombs.progressive_of_scans(101 - scans))


@pytest.mark.slow
@pytest.mark.usefixtures("undecoded")
@pytest.mark.parametrize(
    ("format", "mode"),
    [("PNG", "RGB"), ("PNG", "RGBA"), ("WEBP", "RGB"), ("AVIF", "RGB"), ("HEIF", "RGB")]
    + [("TIFF", "RGB"), ("GIF", "P"), ("BMP", "RGB")],
)
def test_memory_is_counted_before_it_is_taken(format: str, mode: str) -> None:
    data = encode(noise(400, 300, mode), format)
    assert "GB of memory" in refusal(data, Limits(max_memory=400 * 300))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("format", "alpha", "depth"),
    [("HEIF", b"hevc:2015:auxid:1", b"hevc:2015:auxid:2"), ("AVIF", b"ary:alpha", b"ary:depth")],
)
def test_of_what_lies_beside_the_picture_the_alpha_plane_alone_counts(
    format: str, alpha: bytes, depth: bytes
) -> None:
    """Phones put a gain map, a depth map and mattes beside it, which nobody decodes."""
    picture = noise(320, 256)
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    data = encode(picture, format)
    assert alpha in data
    # Between what one picture takes and two, with and without an alpha plane.
    limits = Limits(max_memory=320 * 256 * 30 + 2 * len(data))
    assert "GB of memory" in refusal(data, limits)
    assert open_image(data.replace(alpha, depth), limits).width == 320


@pytest.mark.usefixtures("undecoded")
def test_a_tile_is_held_as_a_whole() -> None:
    assert "memory" in refusal(bombs.tiled_tiff(2000), Limits(max_memory=2000 * 2000 * 3))


@pytest.mark.usefixtures("undecoded")
def test_a_progressive_jpeg_needs_its_coefficients_as_well() -> None:
    pixels = 800 * 600
    enough = Limits(max_memory=pixels * 13)
    assert "memory" in refusal(
        encode(noise(800, 600), "JPEG", progressive=True, subsampling=0, quality=5),
        Limits(max_memory=pixels * 9),
    )
    with pytest.raises(pytest.fail.Exception, match="decoded"):
        open_image(encode(noise(800, 600), "JPEG", quality=5), enough)


# Large pictures


def test_the_sides_are_halved_until_a_picture_is_small_enough() -> None:
    assert [reduction(n * 10**6) for n in (24, 64, 65, 120, 256, 257)] == [1, 1, 2, 2, 2, 4]


@pytest.mark.slow
@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP"])
def test_a_large_picture_is_analysed_at_half_its_size(
    format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = scene(3, 401, 300)
    whole = open_image(encode(picture, format))
    monkeypatch.setattr(limits_module, "MAX_FULL_SIZE", 401 * 300 // 2)
    image = open_image(encode(picture, format))
    assert (image.width, image.height) == (201, 150)
    assert "height divided by 2" in image.notes[0].text and "401 x 300" in image.notes[0].text
    shrunk = whole.rgb.resize((201, 150), Image.Resampling.BOX)
    assert np.abs(image.pixels.astype(int) - np.asarray(shrunk)).mean() < 5


def test_strips_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    datas = [encode(noise(90, 70, m), "PNG") for m in ("RGBA", "P", "L", "1", "LA", "I;16", "RGB")]
    whole = [open_image(data).pixels.copy() for data in datas]
    for module in ("decoding.pixels", "images"):
        monkeypatch.setattr(f"detector.inference.{module}.STRIP", 90 * 7)
    assert all(np.array_equal(open_image(d).pixels, w) for d, w in zip(datas, whole, strict=True))


# Memory that is not there


def test_running_out_of_memory_is_not_called_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    def run_out(image: Image.Image) -> None:
        raise MemoryError

    monkeypatch.setattr(Image.Image, "load", run_out)
    said = refusal(raw_png(96, 80, bytes(80 * 289)))
    assert "not enough memory" in said and "damaged" not in said


def test_a_decoder_that_reports_refused_memory_as_bad_data(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(image: Image.Image) -> None:
        raise OSError("broken data stream when reading image file")

    data = encode(noise(), "PNG")
    monkeypatch.setattr(Image.Image, "load", broken)
    assert "damaged" in refusal(data)
    monkeypatch.setattr("detector.inference.images._can_allocate", lambda size: False)
    assert "not enough memory" in refusal(data)


@pytest.mark.slow
@pytest.mark.parametrize("bomb", [bombs.greedy_heif, bombs.boastful_heif])
def test_what_boxes_claim_costs_no_more_than_they_hold(bomb: Callable[[int], bytes]) -> None:
    """The first was found by fuzzing: a file of 1.4 kB took a second, one of 100 kB minutes."""
    with little_work(1_000_000):
        refusal(bomb(15_000))
