"""Method 2 explained: attributions that add up, words that follow from them, and the spectrum."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from detector.inference.methods.neural_head import read_head
from detector.inference.methods.statistical.explanation import (
    SIDE,
    explain_groups,
    full_plane,
    pool,
    spectrum_picture,
    strongest_groups,
)
from detector.inference.methods.statistical.features import (
    CROP,
    LUMA,
    feature_groups,
    high_pass,
    log_spectrum,
    luma_spectrum,
)
from detector.inference.runtime import WEIGHTS_DIR
from detector.tests.factories.pictures import scene
from detector.training.learning.statistical import measure

COUNT = 885


# Groups


def test_groups_add_up_to_the_calibrated_log_odds() -> None:
    attributions = np.random.default_rng(0).normal(0, 0.1, COUNT)
    attributions[feature_groups()["compression"]] = 0.5
    groups = explain_groups(attributions, 3.25)
    *named, base = groups
    assert {group["name"] for group in named} == set(feature_groups())
    sizes = [abs(group["log_odds"]) for group in named]
    assert sizes == sorted(sizes, reverse=True) and base["name"] == "baseline"
    assert named[0]["name"] == "compression"
    assert sum(group["log_odds"] for group in groups) == pytest.approx(3.25, abs=1e-3)
    assert json.loads(json.dumps(groups)) == groups


@pytest.mark.parametrize("seed", range(3))
def test_the_groups_of_the_shipped_network_say_what_the_picture_says(seed: int) -> None:
    """They start from a picture that tells nothing, and add up to the answer but for a little."""
    network = read_head(WEIGHTS_DIR / "statistical", ())
    (start,) = network.log_odds(network.centre[None])
    assert abs(start) < 0.05
    features = measure(np.asarray(scene(seed, 400, 300)))
    (answer,) = network.log_odds(features[None])
    assert start + network.attributions(features).sum() == pytest.approx(answer, abs=0.05)


@pytest.mark.parametrize(
    ("groups", "for_ai", "against_ai"),
    [
        ({"a": 2.0, "b": -1.0, "c": 0.5, "d": 0.4}, ["a", "c"], ["b"]),
        ({"a": 2.0, "b": 1.0, "c": 0.5}, ["a", "b", "c"], []),
        ({"a": -2.0, "b": 0.01}, [], ["a"]),
        ({"a": 0.01, "b": -0.01}, [], []),
        ({"a": 0.5, "baseline": -3.0}, ["a"], []),
    ],
)
def test_what_moved_the_score_most_is_named(
    groups: dict[str, float], for_ai: list[str], against_ai: list[str]
) -> None:
    given = [{"name": name, "log_odds": value} for name, value in groups.items()]
    assert strongest_groups(given) == (for_ai, against_ai)


# The spectrum


def wave(down: int, across: int) -> np.ndarray:
    rows, columns = np.mgrid[:CROP, :CROP]
    grey = 128 + 40 * np.cos(2 * np.pi * (down * rows + across * columns) / CROP)
    return np.repeat(grey[..., None], 3, 2).astype(np.uint8)


def draw(*crops: np.ndarray) -> np.ndarray:
    levels = base64.b64decode(spectrum_picture([luma_spectrum(crop) for crop in crops]))
    return np.frombuffer(levels, np.uint8).reshape(SIDE, SIDE)


def test_the_half_plane_becomes_the_whole_spectrum() -> None:
    residual = np.random.default_rng(2).normal(0, 5, (CROP, CROP)).astype(np.float32)
    window = np.outer(np.hanning(CROP), np.hanning(CROP))
    whole = np.log1p(np.abs(np.fft.fftshift(np.fft.fft2(residual * window))))
    np.testing.assert_allclose(full_plane(log_spectrum(residual)), whole, atol=1e-3)


@pytest.mark.parametrize(("down", "across"), [(64, 32), (-64, 32), (0, 96), (96, 0)])
def test_a_pure_frequency_is_two_dots(down: int, across: int) -> None:
    picture = draw(wave(down, across))
    places = {(SIDE // 2 + sign * down // 4, SIDE // 2 + sign * across // 4) for sign in (1, -1)}
    brightest = np.argsort(picture.ravel())[-2:]
    assert {tuple(map(int, np.unravel_index(i, picture.shape))) for i in brightest} == places


def test_pooling_keeps_a_single_bright_frequency() -> None:
    plane = np.zeros((CROP, CROP), np.float32)
    plane[128, 128] = 1
    pooled = pool(plane)
    assert pooled.shape == (SIDE, SIDE)
    assert pooled[32, 32] == pooled.sum() == 1


def test_the_spectrum_has_a_fixed_scale() -> None:
    flat = np.full((CROP, CROP, 3), 90, np.uint8)
    noise = np.random.default_rng(3).integers(0, 256, (2, CROP, CROP, 3), dtype=np.uint8)
    quiet = (noise[0] // 32 + 100).astype(np.uint8)
    assert draw(flat).max() == 0
    assert 0 < draw(quiet).mean() < draw(*noise).mean() < 255


def test_the_high_pass_takes_away_what_is_smooth() -> None:
    ramp = np.repeat(np.tile(np.arange(CROP, dtype=np.uint8), (CROP, 1))[..., None], 3, 2)
    assert np.abs(high_pass(ramp.astype(np.float32) @ LUMA)[:, 8:-8]).max() < 1e-2
