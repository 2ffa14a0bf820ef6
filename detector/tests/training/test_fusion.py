"""Calibration and fusion on scores whose truth is known."""

from __future__ import annotations

import json
import shutil
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from detector.inference.runtime import WEIGHTS_DIR
from detector.training.corpus.labelled import Picture, balanced_weights
from detector.training.figures.metrics import expected_calibration_error, summarise
from detector.training.fusion.calibration_run import FOLDERS, fuse_scores
from detector.training.fusion.fit import (
    FOLDS,
    RawLogits,
    Truth,
    calibrate,
    choose_thresholds,
    fit_calibrations,
    fit_fusion,
    out_of_fold_calibrated,
    out_of_fold_scores,
    useful_methods,
)

N, SOURCES = 4000, 20


def made() -> tuple[RawLogits, Truth]:
    """Two networks of one method see independent halves of the truth; another method nothing."""
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, N))
    labels = (rng.random(N) < expit(2 * first + 1 * second - 0.5)).astype(int)
    known = Truth(labels, np.full(N, 1 / N), np.arange(N) % SOURCES)
    raw = {"one": {"x": first, "y": second * 10}, "two": {"z": rng.normal(size=N)}}
    return raw, known


def test_networks_of_a_method_are_calibrated_together():
    raw, known = made()
    fits = fit_calibrations(raw["one"], known)
    assert fits["x"].slope == pytest.approx(2, abs=0.2)
    assert fits["y"].slope == pytest.approx(0.1, abs=0.02)
    assert fits["x"].intercept + fits["y"].intercept == pytest.approx(-0.5, abs=0.15)
    serving = [fits["x"].log_odds(raw["one"]["x"][0]), fits["y"].log_odds(raw["one"]["y"][0])]
    assert calibrate(raw["one"], fits)[0] == pytest.approx(sum(serving))


def test_each_side_of_zero_gets_the_slope_that_it_is_worth():
    """What looks real is worth half: a calibration with one slope would be wrong on both sides."""
    rng = np.random.default_rng(2)
    raw = rng.normal(0, 2, N)
    labels = (rng.random(N) < expit(np.where(raw > 0, 1.2, 0.6) * raw)).astype(int)
    known = Truth(labels, np.full(N, 1 / N), np.arange(N) % SOURCES)
    fit = fit_calibrations({"x": raw}, known)["x"]
    assert fit.slope == pytest.approx(1.2, abs=0.15)
    assert fit.slope_below == pytest.approx(0.6, abs=0.1)
    assert calibrate({"x": raw[:5]}, {"x": fit}) == pytest.approx(
        [fit.log_odds(x) for x in raw[:5]]
    )


def test_calibrated_log_odds_are_held_off_the_ends():
    raw = {"x": np.array([-500.0, 500.0])}
    fits = fit_calibrations(made()[0]["one"] | {}, made()[1])
    assert np.abs(calibrate(raw, {"x": fits["x"]})).max() < 7


def test_a_method_that_knows_nothing_gets_no_weight():
    raw, known = made()
    _, subsets = fit_fusion(raw, raw, known)
    assert set(subsets) == {"one", "two", "one+two"}
    together = subsets["one+two"]
    assert together["weights"]["one"] == pytest.approx(1, abs=0.15)
    assert abs(together["weights"]["two"]) < 1
    assert together["thresholds"]["real"] < together["thresholds"]["ai"]


def test_only_methods_that_tell_about_other_sources_are_fused():
    """What the second says is right in half of the sources, and wrong in the others."""
    raw, known = made()
    signal = 2.0 * known.labels - 1
    rng = np.random.default_rng(5)
    fickle = np.where(known.sources % 2, signal, -signal) + rng.normal(size=N)
    raw["two"] = {"z": fickle}
    assert useful_methods(raw, known) == ("one",)
    _, subsets = fit_fusion(raw, raw, known)
    alone = subsets["one"]
    assert subsets["one+two"] == alone | {"weights": alone["weights"] | {"two": 0.0}}
    both = {name: {"x": signal + rng.normal(size=N)} for name in ("one", "two")}
    assert useful_methods(both, known) == ("one", "two")
    _, subsets = fit_fusion(both, both, known)
    assert min(subsets["one+two"]["weights"].values()) > 0.5


def test_what_is_asked_about_a_source_was_not_fitted_on_it():
    """Each source has a secret of its own: whoever has seen it would rank it without a fault."""
    rng = np.random.default_rng(1)
    labels = np.tile([0, 1], N // 2)
    sources = np.arange(N) // 2 % SOURCES
    secret = labels * np.where(sources % 2, 3.0, -3.0)
    known = Truth(labels, np.full(N, 1 / N), sources)
    fold_scores = out_of_fold_scores({"one": {"x": secret + rng.normal(size=N)}}, known)
    right = (fold_scores >= 0.5) == labels
    assert 0.3 < right.mean() < 0.7


def test_the_figures_of_a_method_are_those_of_sources_it_was_not_calibrated_on():
    """In a few sources the truth is turned round: who has not seen them cannot allow for it."""
    rng = np.random.default_rng(1)
    labels = np.tile([0, 1], N // 2)
    sources = np.arange(N) // 2 % SOURCES
    truth = (2 * labels - 1) * np.where(sources < SOURCES // FOLDS, -1.0, 1.0)
    raw = {"x": 3 * truth + rng.normal(size=N) + np.where(sources < SOURCES // FOLDS, 9, 0)}
    known = Truth(labels, np.full(N, 1 / N), sources)
    in_sample = expit(calibrate(raw, fit_calibrations(raw, known)))
    held_out = out_of_fold_calibrated(raw, known)
    assert expected_calibration_error(labels, held_out) > 0.02
    assert expected_calibration_error(labels, held_out) > 2 * expected_calibration_error(
        labels, in_sample
    )


def test_the_figures_of_the_verdict_are_those_of_the_methods_that_move_it(tmp_path: Path):
    """Method 1 tells the truth, the others tell it in half of the sources, and have no weight."""
    rng = np.random.default_rng(5)
    labels, sources = np.tile([0, 1], N // 2), np.arange(N) // 2 % SOURCES
    signal = 2.0 * labels - 1
    fickle = np.where(sources % 2, signal, -signal)
    raw = {
        key: {
            folder: (signal if key == "deep_learning" else fickle) + rng.normal(size=N)
            for folder in folders
        }
        for key, folders in FOLDERS.items()
    }
    for folder in chain.from_iterable(FOLDERS.values()):
        shutil.copytree(WEIGHTS_DIR / folder, tmp_path / folder)
    pictures = [
        Picture(Path(f"{i}.jpg"), "train", int(label), f"source {source}")
        for i, (label, source) in enumerate(zip(labels, sources, strict=True))
    ]
    report = fuse_scores(pictures, raw, raw, tmp_path)
    known = Truth(labels, balanced_weights(pictures), np.array([p.source for p in pictures]))
    alone = out_of_fold_scores({"deep_learning": raw["deep_learning"]}, known)
    assert report == summarise(labels, alone) | {"sources": SOURCES}
    assert report["roc_auc"] > summarise(labels, out_of_fold_scores(raw, known))["roc_auc"]
    metrics = json.loads((tmp_path / "statistical" / "metrics.json").read_text())["calibration"]
    own = summarise(labels, out_of_fold_calibrated(raw["statistical"], known))
    assert metrics.items() >= own.items()


def test_too_few_sources_are_an_error_that_says_so():
    raw, known = made()
    few = Truth(known.labels, known.weights, known.sources % 3)
    with pytest.raises(ValueError, match="Only 3 sources of real pictures; needed are 5"):
        out_of_fold_scores(raw, few)


def test_thresholds_hold_on_untouched_files_too():
    raw, known = made()
    shifted = {"one": {"x": raw["one"]["x"] + 1.0, "y": raw["one"]["y"]}, "two": raw["two"]}
    _, alone = fit_fusion(raw, raw, known)
    _, both = fit_fusion(raw, shifted, known)
    assert both["one+two"]["thresholds"]["ai"] > alone["one+two"]["thresholds"]["ai"]
    assert both["one+two"]["thresholds"]["real"] == alone["one+two"]["thresholds"]["real"]
    darker = {"one": {"x": raw["one"]["x"] - 1.0, "y": raw["one"]["y"]}, "two": raw["two"]}
    _, below = fit_fusion(raw, darker, known)
    assert below["one+two"]["thresholds"]["real"] < alone["one+two"]["thresholds"]["real"]


def rates(scores: np.ndarray, labels: np.ndarray, bounds: dict[str, float]) -> tuple[float, float]:
    """Shares of real pictures called AI, and of AI pictures called real."""
    real, ai = scores[labels == 0], scores[labels == 1]
    return float((real >= bounds["ai"]).mean()), float((ai <= bounds["real"]).mean())


def test_thresholds_hold_for_other_sources_too():
    """One source in ten holds all false positives: another draw of sources may hold more of it."""
    rng = np.random.default_rng(0)
    labels = np.repeat([1, 0], N // 2)
    scores = rng.random(N) * 0.6 + 0.4 * labels
    known = Truth(labels, np.full(N, 1 / N), np.arange(N) % SOURCES)
    even = choose_thresholds(scores, known)
    scores[(labels == 0) & (known.sources == 0) & (rng.random(N) < 0.2)] = 0.9
    # Now 1 % of the real pictures have .9: without resampling, 2 % would still be kept to.
    uneven = choose_thresholds(scores, known)
    assert even["ai"] < 0.61 and uneven["ai"] == pytest.approx(0.901)
    assert rates(scores, labels, uneven)[0] == 0


@pytest.mark.parametrize("tied", [0.97, 1.0])
def test_scores_that_are_all_alike_keep_the_promise(tied: float):
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], N // 2)
    scores = np.where(labels == 1, 0.3 + 0.6 * rng.random(N), 0.5 * rng.random(N))
    scores[(labels == 0) & (rng.random(N) < 0.05)] = tied
    bounds = choose_thresholds(scores, Truth(labels, np.full(N, 1 / N), np.arange(N) % SOURCES))
    false_ai, false_real = rates(scores, labels, bounds)
    assert false_ai <= 0.02 and false_real <= 0.1


def test_thresholds_do_not_cross_where_the_classes_are_apart():
    labels = np.repeat([0, 1], N // 2)
    scores = np.concatenate([np.linspace(0, 0.2, N // 2), np.linspace(0.8, 1, N // 2)])
    bounds = choose_thresholds(scores, Truth(labels, np.full(N, 1 / N), np.arange(N) % SOURCES))
    assert bounds["real"] < bounds["ai"]
    assert rates(scores, labels, bounds) == (0, 0)
