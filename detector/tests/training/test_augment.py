"""Re-encoding is done, and as its name says: every figure for "JPEG n" stands on it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps
from scipy.ndimage import gaussian_filter

from detector.accuracy.conditions import USUAL
from detector.inference.methods.forensics.structure.double_compression import (
    FROM_PIXELS,
    find_earlier_jpeg,
)
from detector.inference.pixels import conditions
from detector.inference.pixels.conditions import encode_jpeg, encode_webp
from detector.tests.factories.watermarking import textured
from detector.training.genimage.equalise import Equalise
from detector.training.pictures.augment import (
    ALIKE,
    COMMON_SIDE,
    CONDITIONS,
    GENTLE,
    TRACES,
    VIEWS,
    Augmentation,
    Draw,
    ViewAugmentation,
)

Array = np.ndarray
Change = Callable[[Array], Array]


def through_pillow(format: str, **options: object) -> Change:
    """The same step by another library."""

    def change(pixels: Array) -> Array:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, format, **options)
        return np.asarray(Image.open(file).convert("RGB"))

    return change


def jpeg(quality: int, subsampling: str = "4:2:0") -> Change:
    return through_pillow("JPEG", quality=quality, subsampling=subsampling)


def halved(pixels: Array) -> Array:
    return np.asarray(Image.fromarray(pixels).reduce(2))


def blurred(pixels: Array) -> Array:
    return gaussian_filter(pixels.astype(float), (1, 1, 0)).round().astype(np.uint8)


def squared(pixels: Array) -> Array:
    """The square that `EXPLANATIONS` describes."""
    size = (COMMON_SIDE, COMMON_SIDE)
    return np.asarray(ImageOps.fit(Image.fromarray(pixels), size, Image.Resampling.BILINEAR))


def shown(pixels: Array) -> Array:
    """As wide as a phone of 1080 pixels, with the margins that `conditions` states."""
    height = round(pixels.shape[0] * 1080 / pixels.shape[1])
    size = (1080, height)
    large = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR))
    (rows, columns), grey = conditions.MARGIN, conditions.MARGIN_GREY
    return np.pad(large, [(rows, rows), (columns, columns), (0, 0)], constant_values=grey)


def after(first: Change, then: Change) -> Change:
    return lambda pixels: then(first(pixels))


# Each condition by other libraries, from the words of its name.
MEANT: dict[str, Change] = {
    "clean": lambda pixels: pixels,
    **{f"JPEG {quality}": jpeg(quality) for quality in (95, 90, 85, 70, 50, 30)},
    **{f"WebP {quality}": through_pillow("WEBP", quality=quality) for quality in (80, 50)},
    "half size": after(halved, jpeg(95)),
    "half size + JPEG 70": after(halved, jpeg(70)),
    "blur": after(blurred, jpeg(95)),
    "screenshot chain": after(shown, jpeg(75)),
    "same size": after(squared, jpeg(85)),
}


def distance(first: Array, second: Array) -> float:
    """Mean difference in grey levels; infinite between pictures of different sizes."""
    if first.shape != second.shape:
        return np.inf
    return float(np.abs(first.astype(int) - second).mean())


def test_every_condition_has_a_meaning_here() -> None:
    assert list(MEANT) == list(CONDITIONS)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_does_what_its_name_says(name: str) -> None:
    pixels = textured(1, 96, 128)
    changed = CONDITIONS[name](pixels)
    others = {other: distance(changed, meant(pixels)) for other, meant in MEANT.items()}
    assert min(others, key=others.__getitem__) == name
    # Within the rounding of two libraries, far below what the next quality changes.
    assert others[name] < 0.7 < sorted(others.values())[1]


@pytest.mark.parametrize("name", ALIKE)
def test_calibration_and_measurement_mean_the_same_by_a_name(name: str) -> None:
    pixels = textured(2, 64, 64)
    assert np.array_equal(ALIKE[name](pixels), CONDITIONS[name](pixels))


def test_the_usual_conditions_are_the_file_itself_and_the_mildest_of_all() -> None:
    pixels = textured(3, 96, 96)
    changes = {name: distance(pixels, change(pixels)) for name, change in CONDITIONS.items()}
    assert sorted(changes, key=changes.__getitem__)[:2] == list(USUAL)


def test_colour_is_kept_at_half_size_or_in_full_as_it_is_asked() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    half, full = (encode_jpeg(pixels, 90, sampling) for sampling in conditions.SUBSAMPLINGS)
    assert distance(half, jpeg(90, "4:2:0")(pixels)) < 1 < distance(half, full)
    assert distance(full, jpeg(90, "4:4:4")(pixels)) < 1


def test_webp_keeps_the_order_of_the_channels_and_loses_something() -> None:
    pixels = textured(4, 64, 64)
    assert 0.5 < distance(encode_webp(pixels, 50), pixels) < 15


@pytest.mark.slow
def test_equalised_pictures_went_through_jpeg_of_several_qualities() -> None:
    pixels = textured(5, 400, 400)
    names = [f"{number:016x}".ljust(64, "0") for number in range(8)]
    assert find_earlier_jpeg(Image.fromarray(pixels), None).evidence < FROM_PIXELS
    found = [find_earlier_jpeg(Image.fromarray(Equalise(400)(pixels, n)), None) for n in names]
    qualities = {one.quality for one in found if one.evidence >= FROM_PIXELS}
    assert len(qualities) >= 3 and qualities <= set(range(68, 98))


# Augmentation


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """(suffix, quality) of every encoding; the encodings are done."""
    done: list[tuple[str, int]] = []
    through = conditions._through

    def note(suffix: str, pixels: Array, options: list[int]) -> Array:
        done.append((suffix, options[1]))
        return through(suffix, pixels, options)

    monkeypatch.setattr(conditions, "_through", note)
    return done


def crops(augmentation: Draw, region: Array, n: int, size: int = 24) -> list[Array]:
    rng = np.random.default_rng(0)
    return [augmentation.random_crop(region, size, rng) for _ in range(n)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("augmentation", "share", "lowest"),
    [(TRACES, 0.85, 50), (GENTLE, 0.85, 80), (VIEWS, 0.6, 50)],
)
def test_crops_are_re_encoded_as_often_and_as_strongly_as_is_said(
    encoded: list[tuple[str, int]], augmentation: Draw, share: float, lowest: int
) -> None:
    crops(augmentation, textured(6, 60, 60), 400)
    assert len(encoded) / 400 == pytest.approx(share, abs=0.06)
    qualities = [quality for _, quality in encoded]
    assert lowest <= min(qualities) < lowest + 5 and 94 <= max(qualities) < 99


def test_some_crops_are_webp_where_traces_are_learnt(encoded: list[tuple[str, int]]) -> None:
    crops(TRACES, textured(6, 60, 60), 400)
    webp = sum(suffix == ".webp" for suffix, _ in encoded)
    assert webp / len(encoded) == pytest.approx(0.1, abs=0.05)


def test_whole_pictures_are_re_encoded_rescaled_and_mirrored(
    encoded: list[tuple[str, int]],
) -> None:
    rng = np.random.default_rng(0)
    pixels = textured(7, 40, 40)
    seen = [TRACES.random_whole(pixels, rng) for _ in range(300)]
    assert len(encoded) / 300 == pytest.approx(0.85, abs=0.07)
    assert sum(view.shape != pixels.shape for view in seen) / 300 == pytest.approx(0.4, abs=0.1)
    left = [view[:, : len(view) // 2].mean() > view[:, len(view) // 2 :].mean() for view in seen]
    assert sum(left) / 300 == pytest.approx(0.5, abs=0.1)


def test_crops_are_turned_and_mirrored_in_all_eight_ways() -> None:
    plain = Augmentation(rescale=0, encode=0)
    region: np.ndarray = np.arange(32 * 32 * 3, dtype=np.uint32).reshape(32, 32, 3).astype(np.uint8)
    region = cv2.resize(region[:3, :3], (32, 32), interpolation=cv2.INTER_NEAREST)
    corners = {
        tuple(crop[i, j, 0] for i in (0, -1) for j in (0, -1)) for crop in crops(plain, region, 200)
    }
    assert len(corners) >= 8


@pytest.mark.slow
def test_content_is_seen_in_another_light_as_often_as_is_said() -> None:
    still: dict[str, Any] = {"smallest": 0.9, "largest": 0.9, "blurred": 0, "encode": 0}
    grey = np.full((300, 300, 3), 100, np.uint8)
    lit = crops(ViewAugmentation(**still, light=1), grey, 50)
    levels = {int(crop[0, 0, 0]) for crop in lit}
    assert len(levels) > 20 and 60 <= min(levels) < 85 and 115 < max(levels) <= 140
    assert {int(crop[0, 0, 0]) for crop in crops(ViewAugmentation(**still, light=0), grey, 9)} == {
        100
    }
    changed = [crop[0, 0, 0] != 100 for crop in crops(VIEWS, grey, 300)]
    assert sum(changed) / 300 == pytest.approx(0.3, abs=0.08)


def test_content_is_sometimes_seen_as_if_the_picture_had_been_smaller() -> None:
    still: dict[str, Any] = {"smallest": 0.9, "largest": 0.9, "encode": 0, "light": 0}
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, (300, 300, 3), dtype=np.uint8)
    sharp, soft = (
        np.mean([crop.std() for crop in crops(ViewAugmentation(**still, blurred=b), noise, 20)])
        for b in (0, 1)
    )
    assert soft < 0.9 * sharp
