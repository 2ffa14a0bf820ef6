"""Copies of a picture are recognised, with what was cropped, scaled, turned and retouched."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from detector.comparison.difference import find_difference
from detector.comparison.features import Pixels
from detector.comparison.frame import Frame
from detector.comparison.pairing import Pair, compare
from detector.lab.comparison.scenes import make_scene
from detector.lab.comparison.truths import save_jpeg

pytestmark = pytest.mark.slow

SCENE = make_scene()
REFERENCE = np.asarray(SCENE)


def to_pixels(picture: Image.Image, quality: int = 80) -> Pixels:
    return save_jpeg(np.asarray(picture), quality)


def check_edges(pair: Pair, expected: tuple[float, float, float, float], within: float) -> None:
    assert pair.geometry is not None
    found = [getattr(pair.geometry, edge) for edge in ("left", "top", "right", "bottom")]
    np.testing.assert_allclose(found, expected, atol=within)


def test_an_unchanged_copy_is_the_same_picture_in_the_same_place() -> None:
    pair = compare(REFERENCE, to_pixels(SCENE))
    assert pair.relation == "same" and pair.geometry is not None
    check_edges(pair, (0, 0, 0, 0), 0.3)
    assert pair.geometry.covered > 0.99 and not pair.geometry.mirrored
    assert abs(pair.geometry.angle) < 0.1 and pair.regions == ()


@pytest.mark.parametrize("scale", [0.3, 2.2])
def test_a_crop_that_was_scaled_is_found_where_it_was_cut(scale: float) -> None:
    part = SCENE.crop((100, 60, 500, 420))
    size = round(part.width * scale), round(part.height * scale)
    pair = compare(REFERENCE, to_pixels(part.resize(size, Image.Resampling.BICUBIC)))
    assert pair.relation == "same" and pair.geometry is not None
    check_edges(pair, (100, 60, 140, 60), 1.5)
    assert pair.geometry.across == pytest.approx(scale, rel=0.01)
    assert pair.geometry.covered == pytest.approx(400 * 360 / (640 * 480), abs=0.02)


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("mirrored", [False, True])
def test_turns_and_mirror_images_are_told(quarters: int, mirrored: bool) -> None:
    picture = ImageOps.mirror(SCENE) if mirrored else SCENE
    pair = compare(REFERENCE, to_pixels(picture.rotate(-90 * quarters, expand=True)))
    assert pair.relation == "same" and pair.geometry is not None
    assert pair.geometry.mirrored == mirrored
    assert (pair.geometry.angle - 90 * quarters + 180) % 360 - 180 == pytest.approx(0, abs=0.2)
    check_edges(pair, (0, 0, 0, 0), 0.5)


def test_a_copy_that_shows_more_has_negative_edges() -> None:
    pair = compare(np.asarray(SCENE.crop((50, 40, 600, 470))), to_pixels(SCENE))
    check_edges(pair, (-50, -40, -40, -10), 0.5)


def test_other_tones_and_a_low_quality_are_no_retouching() -> None:
    values = (REFERENCE / 255.0) ** 0.75 * (1.05, 1.0, 0.93)
    toned = Image.fromarray((values.clip(0, 1) * 255).astype(np.uint8))
    grey = SCENE.convert("L").convert("RGB")
    for copy in (to_pixels(toned, 60), to_pixels(SCENE, 30), to_pixels(grey)):
        pair = compare(REFERENCE, copy)
        assert pair.relation == "same" and pair.regions == ()


@pytest.mark.parametrize("scale", [1.0, 0.6])
def test_a_retouched_part_is_found_and_nothing_else(scale: float) -> None:
    box = (300, 200, 380, 260)
    retouched = SCENE.copy()
    retouched.paste(SCENE.crop((80, 330, 160, 390)), box)
    copy = retouched.resize((round(640 * scale), round(480 * scale)))
    pair = compare(REFERENCE, to_pixels(copy, 75))
    assert len(pair.regions) == 1
    region = pair.regions[0]
    found = np.array([region.left, region.top, region.right, region.bottom]) * (640, 480, 640, 480)
    np.testing.assert_allclose(found, box, atol=14)
    assert region.times > 3.5


def test_a_change_of_colour_alone_is_found() -> None:
    pixels = REFERENCE.copy()
    pixels[100:180, 400:520] = pixels[100:180, 400:520][..., [2, 0, 1]]
    pair = compare(REFERENCE, save_jpeg(pixels, 85))
    assert pair.relation == "same" and pair.regions


def test_a_bend_of_the_lens_is_measured_and_is_no_retouching() -> None:
    height, width = REFERENCE.shape[:2]
    y, x = np.indices((height, width), dtype=np.float32)
    radius = ((x - width / 2) ** 2 + (y - height / 2) ** 2) / (width / 2) ** 2
    factor = 1 + 0.03 * radius
    bent = cv2.remap(
        REFERENCE,
        ((x - width / 2) * factor + width / 2).astype(np.float32),
        ((y - height / 2) * factor + height / 2).astype(np.float32),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )
    pair = compare(REFERENCE, save_jpeg(np.asarray(bent, np.uint8), 90))
    assert pair.relation == "same" and pair.geometry is not None
    assert 2 < pair.geometry.bent < 20


def test_unrelated_pictures_are_different() -> None:
    pair = compare(REFERENCE, np.asarray(make_scene(seed=1)))
    assert pair.relation == "different" and pair.geometry is None and pair.frame is None


def test_a_picture_without_detail_is_no_copy() -> None:
    blank = np.full((200, 300, 3), 90, np.uint8)
    assert compare(blank, blank).relation == "different"
    assert compare(REFERENCE, blank).relation == "different"


def test_the_same_things_elsewhere_are_one_scene_but_not_the_same_picture() -> None:
    """As after a step to the side: near and far things have moved apart."""
    moved = make_scene(seed=3).resize(SCENE.size)
    for left, top in [(x, y) for x in range(0, 640, 80) for y in range(0, 480, 60)][::2]:
        moved.paste(SCENE.crop((left, top, left + 60, top + 45)), (left, top))
    draw = ImageDraw.Draw(moved)
    draw.rectangle((0, 0, 5, 5), fill="red")
    pair = compare(REFERENCE, to_pixels(moved))
    assert pair.relation == "scene" and pair.inliers >= 12 and pair.regions == ()


def change_square(side: int, shift: int) -> int:
    """How many parts are called changed where a square is lighter by so many grey levels."""
    reference = np.asarray(make_scene(200, 150, 1))
    values = reference.astype(int)
    values[60 : 60 + side, 90 : 90 + side] += shift
    copy = save_jpeg(values.clip(0, 255).astype(np.uint8), 85)
    frame = Frame(reference, copy, np.ones((150, 200), bool), np.eye(3), np.eye(3))
    return len(find_difference(frame).boxes)


def test_what_is_faint_or_smaller_than_what_jpeg_encodes_together_is_no_retouching() -> None:
    assert change_square(40, 60) == 1
    assert change_square(40, 20) == 0
    assert change_square(7, 60) == 0
