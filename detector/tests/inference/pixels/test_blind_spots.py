"""What the methods cannot see in a picture, told from its header and a sample of its pixels."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from detector.inference.images import SourceImage, open_image
from detector.inference.pixels.blind_spots import (
    about_compression,
    about_kind,
    about_pattern,
    about_size,
    blind_spots,
    count_colours,
    flat_share,
)
from detector.inference.results import Note
from detector.installation import get_detector
from detector.tests.factories import pictures
from detector.tests.factories.pictures import encode, noise, scene
from detector.tests.factories.stubs import make_stub


def source(image: Image.Image, format: str = "PNG", **options: object) -> SourceImage:
    return open_image(encode(image, format, **options))


def photo(width: int = 640, height: int = 480) -> Image.Image:
    """Coloured clouds with some noise."""
    clouds = np.asarray(scene(1, width, height)).astype(np.float32)
    grain = np.random.default_rng(0).normal(0, 6, clouds.shape)
    return Image.fromarray((clouds + grain).clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("side", [1, 5, 8, 60])
def test_a_tiny_picture_may_be_anything(side: int) -> None:
    assert about_kind(source(noise(side, side))) is None


def drawing(width: int = 640, height: int = 480) -> Image.Image:
    """A few flat rectangles and a gradient strip of many colours."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    pixels[40:200, 60:400] = (20, 90, 200)
    pixels[300:340] = np.linspace(0, 255, width)[:, None]
    return Image.fromarray(pixels)


@pytest.mark.slow
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "AVIF", "HEIF", "TIFF", "BMP"])
def test_a_photo_of_good_quality_has_no_blind_spots(format: str) -> None:
    assert blind_spots(source(photo(), format)) == ()


# Size


@pytest.mark.parametrize(
    ("size", "said"),
    [((255, 900), True), ((900, 64), True), ((256, 256), False), ((63, 900), False)],
)
def test_small_pictures_are_named(size: tuple[int, int], said: bool) -> None:
    note = about_size(source(noise(*size)))
    assert bool(note) == said
    assert not note or f"({size[0]} x {size[1]} pixels)" in note.text


# Compression


@pytest.mark.parametrize(("quality", "said"), [(30, True), (48, True), (55, False), (95, False)])
def test_strong_jpeg_compression_is_named(quality: int, said: bool) -> None:
    note = about_compression(source(photo(), "JPEG", quality=quality))
    assert bool(note) == said
    assert not note or note == Note("blind.jpeg", {"quality": quality})


@pytest.mark.slow
@pytest.mark.parametrize("format", ["WEBP", "AVIF", "HEIF"])
def test_strong_compression_of_modern_codecs_is_named(format: str) -> None:
    note = about_compression(source(photo(1024, 1024), format, quality=1))
    assert note and f"{format} with 0.0" in note.text


@pytest.mark.slow
def test_lossless_files_are_never_strongly_compressed() -> None:
    assert about_compression(source(Image.new("RGB", (2000, 2000), "red"), "PNG")) is None


# Kind


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (1170, 2532)])
def test_a_png_of_the_size_of_a_screen_may_be_a_screenshot(size: tuple[int, int]) -> None:
    note = about_kind(source(photo(*size)))
    assert note and "may be a screenshot" in note.text
    assert about_kind(source(photo(*size), "JPEG")) is None


@pytest.mark.parametrize(
    "image",
    [drawing(), noise(300, 300, "1"), Image.new("RGB", (300, 300))],
    ids=["drawing", "black and white", "blank"],
)
def test_what_was_drawn_is_named(image: Image.Image) -> None:
    assert about_kind(source(image)) == Note("blind.drawn")


def test_a_grey_photo_is_no_drawing() -> None:
    assert about_kind(source(photo().convert("L"))) is None


def test_flat_parts_of_a_jpeg_were_not_drawn_flat() -> None:
    """At low quality whole blocks are flat, in photos too."""
    assert about_kind(source(photo(), "JPEG", quality=5)) is None


def test_flat_share_and_colours_of_known_pictures() -> None:
    stripes = np.repeat(np.arange(8, dtype=np.uint8), 2)[None, :, None].repeat(9, 0).repeat(3, 2)
    assert flat_share(stripes) == pytest.approx(8 / 15)
    assert count_colours(stripes) == 8
    assert flat_share(np.zeros((5, 1, 3), np.uint8)) == 0
    swapped = np.array([[[1, 0, 0], [0, 1, 0], [0, 0, 1]]], np.uint8)
    assert count_colours(swapped) == 3


# All


def test_several_blind_spots_are_several_sentences() -> None:
    small = source(photo(200, 200), "JPEG", quality=10)
    said = blind_spots(small)
    assert len(said) == 2 and all(note.text.endswith(".") for note in said)


def test_the_verdict_carries_the_blind_spots(use_methods: Callable[..., None]) -> None:
    use_methods(a=make_stub())
    notes = get_detector().detect(open_image(pictures.frames("GIF"))).notes
    assert [note.code for note in notes] == ["picture.frames", "blind.small", "blind.drawn"]


@pytest.mark.slow
@pytest.mark.parametrize(("check", "share"), [(about_kind, 20), (about_pattern, 5)])
def test_of_a_large_picture_a_sample_is_looked_at(check: Callable[..., Any], share: int) -> None:
    """Whatever is compared or counted is copied first: so many bytes, so much work."""
    pixels = np.random.default_rng(0).integers(0, 256, (3000, 4000, 3), dtype=np.uint8)
    image = SourceImage(b"", "PNG", Image.fromarray(pixels), "")
    assert image.pixels.shape == (3000, 4000, 3)  # decoded before, for the methods
    tracemalloc.start()
    try:
        check(image)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < image.pixels.nbytes / share
