"""When pixels cannot tell anything."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from detector.inference.images import SourceImage
from detector.inference.pixels.abstention import MIN_CONTRAST, MIN_PICTURE_SIDE, reason_to_abstain
from detector.tests.factories.pictures import noise


def source(rgb: Image.Image) -> SourceImage:
    return SourceImage(b"", "PNG", rgb, "")


@pytest.mark.parametrize("size", [(1, 1), (MIN_PICTURE_SIDE - 1, 900), (900, MIN_PICTURE_SIDE - 1)])
def test_small_pictures_are_not_judged(size: tuple[int, int]) -> None:
    reason = reason_to_abstain(source(noise(*size)))
    assert reason and f"{size[0]} x {size[1]} pixels" in reason.text


def test_the_smallest_side_is_judged() -> None:
    assert reason_to_abstain(source(noise(MIN_PICTURE_SIDE, MIN_PICTURE_SIDE))) is None


@pytest.mark.parametrize("colour", ["black", "white", "grey"])
def test_blank_pictures_are_not_judged(colour: str) -> None:
    reason = reason_to_abstain(source(Image.new("RGB", (200, 200), colour)))
    assert reason and reason.code == "blind.blank"


@pytest.mark.parametrize(("contrast", "abstains"), [(0.5, True), (2.0, False)])
def test_faint_pictures_are_judged_from_a_contrast_up(contrast: float, abstains: bool) -> None:
    stripes = np.full((128, 128, 3), 128.0)
    stripes[:64] += contrast * MIN_CONTRAST
    stripes[64:] -= contrast * MIN_CONTRAST
    image = source(Image.fromarray(stripes.astype("u1")))
    assert bool(reason_to_abstain(image)) == abstains


def test_contrast_is_the_deviation_of_all_values_of_a_sample() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (131, 90, 3), dtype=np.uint8)
    pixels[..., 1] //= 3  # channels of other means and deviations
    image = source(Image.fromarray(pixels))
    assert image.contrast == pytest.approx(pixels[::4, ::4].std(), abs=1e-6)


@pytest.mark.parametrize(("side", "abstains"), [(63, True), (64, False)])
def test_sixty_four_pixels_are_enough(side: int, abstains: bool) -> None:
    """The networks were trained and measured from this size up."""
    pixels = np.random.default_rng(0).integers(0, 256, (side, 200, 3), dtype=np.uint8)
    image = SourceImage(b"", "PNG", Image.fromarray(pixels), "")
    assert bool(reason_to_abstain(image)) is abstains
