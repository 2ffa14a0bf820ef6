"""The small pictures that are kept of an upload."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from detector.previews import (
    PREVIEW_SIDE,
    THUMBNAIL_SIDE,
    hash_likeness,
    make_error_levels,
    make_preview,
    make_thumbnail,
)
from detector.services.likeness import count_bits
from detector.tests.factories.pictures import noise, scene


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((96, 80), (96, 80)),
        ((1600, 1601), (1599, 1600)),
        ((4000, 1000), (1600, 400)),
        ((5000, 1), (1600, 1)),
        ((1, 1), (1, 1)),
    ],
)
def test_a_preview_is_of_the_same_shape_and_small(
    size: tuple[int, int], small: tuple[int, int]
) -> None:
    with Image.open(io.BytesIO(make_preview(Image.new("RGB", size, "teal")))) as preview:
        assert (preview.format, preview.size) == ("WEBP", small)


@pytest.mark.slow
def test_a_preview_looks_like_the_picture() -> None:
    large = scene(3, 3200, 2400)
    with Image.open(io.BytesIO(make_preview(large))) as preview:
        expected = np.asarray(large.resize(preview.size), np.float32)
        assert np.abs(np.asarray(preview, np.float32) - expected).mean() < 3


def test_the_picture_itself_is_left_as_it_is() -> None:
    image = noise()
    image.info["comment"] = b"of the upload"
    make_preview(image)
    make_error_levels(image)
    assert image.info == {"comment": b"of the upload"} and image.size == (96, 80)


def test_error_levels_are_no_larger_than_a_preview() -> None:
    with Image.open(io.BytesIO(make_error_levels(noise(3000, 40)))) as levels:
        assert levels.format == "WEBP" and max(levels.size) <= PREVIEW_SIDE


def test_a_thumbnail_of_noise_is_small_enough_for_a_long_list() -> None:
    data = make_thumbnail(noise(900, 900))
    with Image.open(io.BytesIO(data)) as thumbnail:
        assert thumbnail.size == (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    assert len(data) <= 15_000


def test_copies_of_a_picture_have_nearly_the_same_hash_and_others_do_not() -> None:
    picture = Image.new("RGB", (400, 300), "white")
    picture.paste((20, 60, 120), (40, 60, 200, 260))
    turned = picture.transpose(Image.Transpose.ROTATE_90)
    first, copy, other = map(hash_likeness, (picture, picture.resize((200, 150)), turned))
    assert len(first) == 16 and count_bits(first, copy) <= 4 < 16 < count_bits(first, other)
