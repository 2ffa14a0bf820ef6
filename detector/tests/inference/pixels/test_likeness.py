"""Which of the measured pictures a picture is like."""

from __future__ import annotations

import pytest
from PIL import Image

from detector.inference.images import open_image
from detector.inference.pixels.likeness import LOOKED_UP, condition_of, size_of
from detector.tests.factories.pictures import encode, noise
from detector.training.pictures.augment import CONDITIONS


@pytest.mark.parametrize(
    ("quality", "condition"),
    [(99, "JPEG 95"), (94, "JPEG 95"), (88, "JPEG 90"), (80, "JPEG 85"), (72, "JPEG 70"),
     (55, "JPEG 50"), (12, "JPEG 30")],
)  # fmt: skip
def test_a_jpeg_is_like_the_nearest_quality(quality: int, condition: str) -> None:
    image = open_image(encode(noise(64, 64), "JPEG", quality=quality))
    assert condition_of(image) == condition


def test_what_is_kept_without_loss_is_like_the_mildest() -> None:
    assert condition_of(open_image(encode(noise(64, 64), "PNG"))) == "JPEG 95"


def test_a_codec_at_a_low_rate_is_like_strong_compression() -> None:
    grey = Image.radial_gradient("L").resize((512, 512)).convert("RGB")
    assert condition_of(open_image(encode(grey, "WEBP", quality=1))) == "WebP 50"
    assert condition_of(open_image(encode(noise(64, 64), "WEBP", quality=90))) == "JPEG 95"


def test_each_of_these_is_measured() -> None:
    assert set(LOOKED_UP) <= set(CONDITIONS)


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [(511, 4000, "small"), (4000, 512, "medium"), (1023, 1023, "medium"), (1024, 1025, "large")],
)
def test_the_short_side_gives_the_size(width: int, height: int, size: str) -> None:
    assert size_of(width, height) == size
