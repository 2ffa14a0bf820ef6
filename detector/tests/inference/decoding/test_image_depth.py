"""Alpha that is 0 everywhere, and numbers of more than 8 bits."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image

from detector.inference.images import open_image
from detector.inference.pixels.abstention import reason_to_abstain
from detector.inference.results import Finding, Note
from detector.installation import get_detector
from detector.tests.factories import bombs
from detector.tests.factories.pictures import encode, noise


def clear(mode: str = "RGBA") -> Image.Image:
    image = noise(mode=mode)
    image.putalpha(0)
    return image


INVISIBLE = {
    "png": lambda: encode(clear(), "PNG"),
    "grey png": lambda: encode(clear("LA"), "PNG"),
    "tiff": lambda: encode(clear(), "TIFF"),
    "webp": lambda: encode(clear(), "WEBP", lossless=True, exact=True),
    "avif": lambda: encode(clear(), "AVIF"),
    "heif": lambda: encode(clear(), "HEIF"),
    "palette png": lambda: encode(noise(mode="P"), "PNG", transparency=bytes(256)),
    "gif": lambda: encode(Image.new("P", (96, 80), 7), "GIF", transparency=7),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", INVISIBLE)
def test_a_picture_without_a_visible_pixel_is_said_and_not_judged(kind: str) -> None:
    image = open_image(INVISIBLE[kind]())
    assert image.invisible and Note("picture.invisible") in image.notes
    assert reason_to_abstain(image) == Finding("blind.invisible")
    results = get_detector().run_methods(image)
    assert all(result.score is None for result in results)


def test_what_lies_beneath_is_not_a_blank_sheet() -> None:
    image = open_image(INVISIBLE["png"]())
    assert np.array_equal(image.pixels, np.asarray(noise()))


def test_one_visible_pixel_is_enough() -> None:
    picture = clear()
    picture.putpixel((0, 79), (200, 0, 0, 1))
    image = open_image(encode(picture, "PNG"))
    assert not image.invisible and image.notes == ()


def bmp32(alpha: int) -> bytes:
    """32 bits with a mask for alpha, of which Pillow makes RGBA."""
    rgba = np.dstack([np.asarray(noise()), np.full((80, 96), alpha, np.uint8)])
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    head = struct.pack("<IiiHHIIiiII", 108, 96, -80, 1, 32, 3, 96 * 80 * 4, 0, 0, 0, 0)
    head += masks + b"BGRs" + bytes(48)
    pixels = rgba[..., [2, 1, 0, 3]].tobytes()
    return b"BM" + struct.pack("<IHHI", 122 + len(pixels), 0, 0, 122) + head + pixels


@pytest.mark.parametrize("alpha", [0, 255])
def test_a_bmp_whose_fourth_byte_is_left_0_is_opaque(alpha: int) -> None:
    image = open_image(bmp32(alpha))
    assert np.array_equal(image.pixels, np.asarray(noise()))
    assert not image.invisible and image.notes == ()


# More than 8 bits


def grey_tiff(values: np.ndarray, sample_format: int, white_is_zero: bool = False) -> bytes:
    bits = values.dtype.itemsize * 8
    height, width = values.shape
    return bombs.tiff(
        [
            (256, 3, [width]), (257, 3, [height]), (258, 3, [bits]), (259, 3, [1]),
            (262, 3, [0 if white_is_zero else 1]), (273, 4, [0]), (277, 3, [1]),
            (278, 3, [height]), (279, 4, [values.nbytes]), (339, 3, [sample_format]),
        ],
        values.tobytes(),
    )  # fmt: skip


RAMP = np.linspace(0, 255, 96 * 80).reshape(80, 96)


@pytest.mark.parametrize(
    ("type_", "white", "sample_format"),
    [
        ("<i4", 255, 2),
        ("<i4", 65535, 2),
        ("<i4", 16_000_000, 2),
        ("<i4", 2**31 - 1, 2),
        ("<u4", 100_000, 1),
        ("<u4", 2**32 - 1, 1),
        ("<u2", 4095, 1),
        ("<u2", 1023, 1),
        ("<u2", 65535, 1),
        ("<f4", 1, 3),
        ("<f4", 1e9, 3),
    ],
)
def test_greys_fill_the_range(type_: str, white: float, sample_format: int) -> None:
    values = (RAMP / 255 * white).astype(type_)
    image = open_image(grey_tiff(values, sample_format))
    assert np.abs(image.pixels[..., 0] - RAMP).max() <= 1


def test_negative_floats_are_meant_where_there_are_many() -> None:
    values = (RAMP / 127.5 - 1).astype("<f4")
    assert np.abs(open_image(grey_tiff(values, 3)).pixels[..., 0] - RAMP).max() <= 1


def test_white_may_be_zero() -> None:
    values = ((255 - RAMP) * 257).astype("<u2")
    assert np.abs(open_image(grey_tiff(values, 1, True)).pixels[..., 0] - RAMP).max() <= 1
