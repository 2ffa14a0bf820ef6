"""Pictures in which there is nothing to judge, and those in which there is."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from detector.inference.images import open_image
from detector.inference.pipeline import Detector
from detector.inference.pixels.blind_spots import blind_spots
from detector.inference.pixels.patterns import (
    correlation,
    count_blocks,
    is_pattern,
    sample_blocks,
)
from detector.inference.runtime import Runtime
from detector.tests.factories.pictures import encode, noise, photo, scene
from detector.tests.factories.stubs import make_stub


def rectangles(count: int, size: int = 512) -> Image.Image:
    rng = np.random.default_rng(count)
    image = Image.new("RGB", (size, size), "white")
    for _ in range(count):
        (left, right), (top, bottom) = np.sort(rng.integers(0, size, (2, 2)))
        colour = tuple(rng.integers(0, 256, 3).tolist())
        ImageDraw.Draw(image).rectangle([left, top, right, bottom], fill=colour)
    return image


def gradient(size: int = 320) -> Image.Image:
    return Image.fromarray(np.linspace(0, 255, size).astype(np.uint8)[None].repeat(size, 0))


def decoded(image: Image.Image, format: str, **options: int) -> np.ndarray:
    data = io.BytesIO(encode(image.convert("RGB"), format, **options))
    return np.asarray(Image.open(data).convert("RGB"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("format", "options"),
    [("PNG", {}), ("JPEG", {"quality": 95}), ("JPEG", {"quality": 75}), ("WEBP", {"quality": 80})],
)
@pytest.mark.parametrize("count", [0, 5, 30])
def test_flat_rectangles_are_a_pattern(count: int, format: str, options: dict[str, int]) -> None:
    assert is_pattern(decoded(rectangles(count), format, **options))


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
@pytest.mark.parametrize("image", [gradient(), noise(320, 320)], ids=["gradient", "noise"])
def test_gradients_and_pure_noise_are_patterns(image: Image.Image, format: str) -> None:
    assert is_pattern(decoded(image, format))


def sky(size: int = 320) -> Image.Image:
    """Two thirds of one flat colour, and a textured rest, as of a landscape."""
    pixels = np.full((size, size, 3), 200, np.uint8)
    pixels[2 * size // 3 :] = np.asarray(photo(size, size))[2 * size // 3 :]
    return Image.fromarray(pixels)


def foliage(size: int = 320) -> Image.Image:
    """Strong contrasts everywhere: every block has an edge, and none is soft."""
    return noise(size // 2, size // 2).resize((size, size), Image.Resampling.BICUBIC)


@pytest.mark.slow
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    "image", [photo(320, 320), sky(), foliage()], ids=["clouds", "sky", "foliage"]
)
def test_pictures_with_noise_on_their_surfaces_are_none(image: Image.Image, format: str) -> None:
    assert not is_pattern(decoded(image, format))


def test_soft_blocks_are_what_tells_them_apart() -> None:
    flat = np.full((16, 16, 3), 9, np.uint8)
    edge = flat.copy()
    edge[:, 4:] = 200
    edge[3, 3] = 99
    soft = flat + np.random.default_rng(0).integers(0, 8, flat.shape, dtype=np.uint8)
    assert count_blocks(sample_blocks(flat)) == (1.0, 0.0)
    assert count_blocks(sample_blocks(edge)) == (0.5, 0.0)
    assert count_blocks(sample_blocks(soft)) == (0.0, 1.0)
    assert correlation(sample_blocks(flat)) == 1.0


def test_a_strongly_compressed_photo_is_no_pattern() -> None:
    """Most of its blocks are flat, whatever it shows."""
    image = open_image(encode(photo(320, 320), "JPEG", quality=20))
    assert [note.code for note in blind_spots(image)] == ["blind.jpeg"]


@pytest.mark.parametrize(
    ("format", "options", "code"),
    [
        ("JPEG", {"quality": 5}, "blind.extreme_jpeg"),
        ("JPEG", {"quality": 20}, "blind.jpeg"),
    ],
)
def test_extreme_compression_is_told_from_strong(
    format: str, options: dict[str, int], code: str
) -> None:
    image = open_image(encode(photo(640, 480), format, **options))
    assert [note.code for note in blind_spots(image)] == [code]


@pytest.mark.slow
def test_extreme_compression_of_modern_codecs() -> None:
    image = open_image(encode(scene(1, 1024, 1024), "AVIF", quality=1))
    assert "blind.extreme" in [note.code for note in blind_spots(image)]


CASES = {
    "grey png": encode(Image.new("RGB", (300, 300), "grey"), "PNG"),
    "flat gif": encode(Image.new("P", (300, 300), 3), "GIF"),
    "rectangles": encode(rectangles(20), "PNG"),
    "rectangles as jpeg": encode(rectangles(20), "JPEG", quality=90),
    "tiny": encode(photo(40, 40), "PNG"),
    "transparent": encode(
        Image.merge("RGBA", (*photo(300, 300).split(), Image.new("L", (300, 300)))), "PNG"
    ),
    "extreme": encode(photo(300, 300), "JPEG", quality=3),
}


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_be_judged_has_no_verdict_whatever_the_methods_say(
    name: str, use_methods: Callable[..., None]
) -> None:
    use_methods(deep_learning=make_stub())
    verdict = Detector(Runtime(Path(), Path())).detect(open_image(CASES[name]))
    assert (verdict.outcome, verdict.score) == ("not_assessed", None)
    assert verdict.methods[0].score == 0.9


def test_a_photo_is_judged(use_methods: Callable[..., None]) -> None:
    use_methods(deep_learning=make_stub())
    verdict = Detector(Runtime(Path(), Path())).detect(open_image(encode(photo(300, 300), "JPEG")))
    assert verdict.outcome != "not_assessed" and verdict.score
