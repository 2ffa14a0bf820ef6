"""Method 2 explained: attributions that add up, words that follow from them, and the spectrum."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from detector.inference.methods.statistical import MODEL
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
from detector.inference.methods.statistical.trees import BoostedTrees
from detector.inference.runtime import WEIGHTS_DIR
from detector.training.learning.statistical import tree_arrays

COUNT = 885


@pytest.fixture(scope="module")
def shipped() -> BoostedTrees:
    return BoostedTrees(WEIGHTS_DIR / "statistical" / MODEL)


@pytest.fixture(scope="module")
def features() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 2, (40, COUNT)).astype(np.float32)


# Attributions


def test_attributions_add_up_to_the_log_odds(shipped: BoostedTrees, features: np.ndarray) -> None:
    moved = shipped.attributions(features)
    assert moved.shape == features.shape
    np.testing.assert_allclose(
        moved.sum(1) + shipped.baseline, shipped.log_odds(features), atol=1e-12
    )


def test_inner_nodes_are_as_small_as_leaves(shipped: BoostedTrees) -> None:
    """Without the learning rate they would be 17 times as large, and move back in the last step."""
    value, left = shipped.nodes["value"], shipped.nodes["left"]
    is_leaf = left == np.arange(left.shape[1])
    assert (value[:, 0] == 0).all()
    assert np.abs(value[~is_leaf]).max() < np.abs(value[is_leaf]).max()


def test_attributions_of_fitted_trees_go_to_the_features_that_matter(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    inputs = rng.normal(0, 1, (600, 5)).astype(np.float32)
    model = HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=6, random_state=0)
    model.fit(inputs, (inputs[:, 3] > 0).astype(int))
    np.savez(tmp_path / MODEL, allow_pickle=False, **tree_arrays(model))
    boosted = BoostedTrees(tmp_path / MODEL)
    moved = boosted.attributions(inputs)
    np.testing.assert_allclose(
        moved.sum(1) + boosted.baseline, model.decision_function(inputs), atol=1e-9
    )
    clear = np.abs(inputs[:, 3]) > 0.1  # thresholds lie between bins, so not exactly at 0
    assert (np.sign(moved[clear, 3]) == np.sign(inputs[clear, 3])).all()
    assert np.abs(moved[:, 3]).mean() > 10 * np.abs(np.delete(moved, 3, 1)).mean()


# Groups


def test_groups_add_up_to_the_calibrated_log_odds(
    shipped: BoostedTrees, features: np.ndarray
) -> None:
    slope, intercept = 1.3, -0.4
    groups = explain_groups(shipped, features, slope, intercept)
    *named, base = groups
    assert {group["name"] for group in named} == set(feature_groups())
    sizes = [abs(group["log_odds"]) for group in named]
    assert sizes == sorted(sizes, reverse=True) and base["name"] == "baseline"
    expected = slope * shipped.log_odds(features).mean() + intercept
    assert sum(group["log_odds"] for group in groups) == pytest.approx(expected, abs=1e-3)
    assert json.loads(json.dumps(groups)) == groups


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
