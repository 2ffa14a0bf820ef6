"""What the methods make of raw answers: calibrated scores, and explanations that add up to them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from detector.checkpoints.convert import convert
from detector.checkpoints.facts import read_measured
from detector.checkpoints.sources import BUNDLED, FINE_TUNED, PRE_TRAINED, Source
from detector.inference.images import SourceImage
from detector.inference.method import Answer
from detector.inference.methods.deep_learning import MAX_TILES, DeepLearning
from detector.inference.methods.huggingface import Checkpoint, Ensemble, Look
from detector.inference.methods.neural_head import NeuralHead, read_head
from detector.inference.methods.statistical import STATISTICAL, Statistical
from detector.inference.numbers import log_odds, sigmoid
from detector.inference.runtime import WEIGHTS_DIR, Runtime
from detector.inference.verdict.calibration import Calibration
from detector.tests.factories.checkpoints import save_tiny_vit
from detector.tests.factories.watermarking import textured
from detector.training.learning.statistical import measure

RUNTIME = Runtime(Path(), Path())
TILES, WHOLE, JOINT = DeepLearning.folders
CALIBRATIONS = {TILES: Calibration(0.5, 0.3, 0.2), WHOLE: Calibration(0.8, -0.1)}

Maps = Callable[[np.ndarray], np.ndarray]


def maps_of(seed: int, level: float) -> Maps:
    """A network whose maps are drawn at random around a level, 14 x 14 of each part."""
    return lambda batch: np.random.default_rng(seed).normal(level, 1, (len(batch), 14, 14))


def network(maps: Maps) -> Any:
    """A network whose one output is `maps`."""
    return SimpleNamespace(outputs=lambda batch: (maps(batch),))


def judge(tiles: float, whole: float, size: tuple[int, int] = (512, 512)) -> Answer:
    networks = {TILES: network(maps_of(1, tiles)), WHOLE: network(maps_of(2, whole))}
    return DeepLearning(RUNTIME).judge(networks, CALIBRATIONS, textured(1, *size))


# Method 1


@pytest.mark.parametrize(("tiles", "whole"), [(3, 2), (-3, 2), (3, -2), (-3, -2)])
def test_the_calibrated_log_odds_of_both_networks_add_up(tiles: float, whole: float) -> None:
    answer = judge(tiles, whole)
    raw = answer.raw_log_odds
    assert raw == {TILES: pytest.approx(tiles, abs=0.2), WHOLE: pytest.approx(whole, abs=0.2)}
    wanted = sum(CALIBRATIONS[name].log_odds(value) for name, value in raw.items())
    assert answer.score == pytest.approx(sigmoid(wanted))


def with_features(maps: Maps, features: float) -> Any:
    """A network that gives five features of one value, too, at each place of its maps."""

    def answer(batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return maps(batch), np.full((len(batch), 5, 14, 14), features)

    return SimpleNamespace(outputs=answer)


def test_the_head_reads_the_features_of_both_networks_and_is_added_everywhere() -> None:
    ones, weight = np.ones((1, 2), np.float32), np.zeros((1, 2, 10), np.float32)
    weight[0, 0, :5], weight[0, 0, 5:] = (
        0.2,
        -0.2,
    )  # tiles against the whole
    out = np.array([[1.5, 0]], np.float32)
    head = NeuralHead(weight, 0 * ones, ones, 0 * ones, out, np.zeros(1, np.float32), weight[0, 0])
    networks = {
        TILES: with_features(maps_of(1, 1), 3.0), WHOLE: with_features(maps_of(2, 2), 4.0),
        JOINT: head,
    }  # fmt: skip
    calibrations = CALIBRATIONS | {JOINT: Calibration(2.0, 0.25)}
    pixels = textured(1, 512, 512)
    answer = DeepLearning(RUNTIME).judge(networks, calibrations, pixels)
    assert answer.raw_log_odds[JOINT] == pytest.approx(-1.5, abs=0.01)
    features = np.concatenate([answer.features[TILES], answer.features[WHOLE]])
    assert np.allclose(features, [3.0] * 5 + [4.0] * 5)
    assert answer.raw_log_odds[JOINT] == pytest.approx(head.log_odds(features[None])[0])
    assert answer.score is not None
    wanted = sum(calibrations[name].log_odds(raw) for name, raw in answer.raw_log_odds.items())
    assert log_odds(answer.score) == pytest.approx(wanted)
    del networks[JOINT]
    without = DeepLearning(RUNTIME).judge(networks, CALIBRATIONS, pixels)
    both = [np.array(each.exhibit("heat_map")["log_odds"]) for each in (answer, without)]
    assert np.allclose(both[0] - both[1], 0.25 - 2.0 * 1.5, atol=0.03)


@pytest.mark.parametrize(("tiles", "whole"), [(3, 2), (-3, 2)])
def test_the_heat_map_is_calibrated(tiles: float, whole: float) -> None:
    """Its mean is the log-odds of the score, and its contrast is calibrated, too."""
    answer = judge(tiles, whole)
    heat = np.array(answer.exhibit("heat_map")["log_odds"])
    assert heat.shape == (14, 14)
    assert answer.score is not None
    assert heat.mean() == pytest.approx(log_odds(answer.score), abs=0.01)
    # Of the tiles a cell shows every other value; of the whole picture all of them.
    slopes = (CALIBRATIONS[TILES].slope_at(tiles), CALIBRATIONS[WHOLE].slope_at(whole))
    assert heat.std() == pytest.approx(np.hypot(*slopes), abs=0.1)


def test_cells_that_no_tile_saw_have_the_log_odds_of_the_picture() -> None:
    flat = network(lambda batch: np.ones((len(batch), 14, 14)))
    networks = {TILES: network(maps_of(1, 2)), WHOLE: flat}
    answer = DeepLearning(RUNTIME).judge(networks, CALIBRATIONS, textured(1, 1400, 1000))
    heat = np.array(answer.exhibit("heat_map")["log_odds"])
    assert answer.score is not None
    of_picture = log_odds(answer.score)
    unseen = np.isclose(heat, of_picture, atol=0.006)
    assert 0.2 < unseen.mean() < 0.9
    assert heat.mean() == pytest.approx(of_picture, abs=0.01)


@pytest.mark.parametrize(
    ("tiles", "whole", "said"),
    [
        (3, 2, "picture as a whole both look more like a picture made by an AI."),
        (-3, -2, "picture as a whole both look more like a picture made without an AI."),
        (3, -2, "fine structure looks more like a picture made by an AI, but the picture as a"),
        (-3, 2, "fine structure looks more like a picture made without an AI, but the picture"),
    ],
)
def test_the_sentence_tells_the_networks_apart(tiles: float, whole: float, said: str) -> None:
    assert said in judge(tiles, whole).findings[0].text


def silent_head(says: float) -> NeuralHead:
    """A head that says the same of every picture, of five features of each network."""
    ones = np.ones((1, 2), np.float32)
    weight, bias = np.zeros((1, 2, 10), np.float32), np.array([says], np.float32)
    return NeuralHead(weight, 0 * ones, ones, 0 * ones, 0 * ones, bias, weight[0, 0])


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (-9, "each look more like a picture made by an AI, but their traces taken together look "
         "more like a picture made without an AI."),
        (-1, "both look more like a picture made by an AI."),
        (9, "both look more like a picture made by an AI."),
    ],
)  # fmt: skip
def test_the_sentence_does_not_contradict_the_score(head: float, said: str) -> None:
    networks = {
        TILES: with_features(maps_of(1, 1), 3.0), WHOLE: with_features(maps_of(2, 2), 4.0),
        JOINT: silent_head(head),
    }  # fmt: skip
    calibrations = CALIBRATIONS | {JOINT: Calibration(1.0, 0.0)}
    answer = DeepLearning(RUNTIME).judge(networks, calibrations, textured(1, 512, 512))
    assert said in answer.findings[0].text
    assert answer.score is not None and (answer.score > 0.5) == (head > -9)


def test_the_heat_map_shows_where_the_head_found_its_traces() -> None:
    """The left half of the whole picture carries the feature that the head takes for AI."""
    place = np.zeros((1, 5, 14, 14))
    place[:, 0, :, :7] = 1.0
    weight, ones = np.zeros((1, 3, 10), np.float32), np.ones((1, 3), np.float32)
    weight[0, 0, 5] = 1.0
    bias, out = np.array([[[0, 1, 3]], [[2, 0, 0]]], np.float32)
    networks = {
        TILES: with_features(maps_of(1, 1), 0.0),
        WHOLE: SimpleNamespace(outputs=lambda batch: (np.ones((1, 14, 14)), place)),
        JOINT: NeuralHead(weight, bias, ones, 0 * ones, out, np.zeros(1, np.float32), weight[0, 0]),
    }
    calibrations = CALIBRATIONS | {JOINT: Calibration(2.0, 0.0)}
    answer = DeepLearning(RUNTIME).judge(networks, calibrations, textured(1, 512, 512))
    del networks[JOINT]
    without = DeepLearning(RUNTIME).judge(networks, CALIBRATIONS, textured(1, 512, 512))
    both = [np.array(each.exhibit("heat_map")["log_odds"]) for each in (answer, without)]
    added = both[0] - both[1]
    assert added[:, :7].min() > added[:, 7:].max() + 0.5
    assert added.mean() == pytest.approx(2.0 * answer.raw_log_odds[JOINT], abs=0.02)


def test_a_head_of_other_features_than_the_networks_give_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts = {TILES: 5, WHOLE: 5, JOINT: 9}
    monkeypatch.setattr(
        DeepLearning,
        "read_model",
        lambda self, folder: SimpleNamespace(feature_count=counts[folder.name]),
    )
    with pytest.raises(ValueError, match="reads 9 features, but its networks give 10"):
        DeepLearning(RUNTIME).read_models()
    counts[JOINT] = 10
    assert set(DeepLearning(RUNTIME).read_models()) == set(counts)


def test_of_a_large_picture_nine_tiles_and_three_squares_are_looked_at() -> None:
    seen: dict[str, int] = {}

    def counted(name: str) -> Maps:
        def look(batch: np.ndarray) -> np.ndarray:
            seen[name] = len(batch)
            return np.zeros((len(batch), 2, 2))

        return look

    networks = {name: network(counted(name)) for name in (TILES, WHOLE)}
    DeepLearning(RUNTIME).judge(networks, CALIBRATIONS, np.zeros((800, 3000, 3), np.uint8))
    assert seen == {TILES: 9, WHOLE: 3} and MAX_TILES == 9


# Method 2


@pytest.mark.parametrize("intercept", [2.0, -9.0])
def test_the_statistics_add_up_to_the_calibrated_score(intercept: float) -> None:
    network = {STATISTICAL: read_head(WEIGHTS_DIR / STATISTICAL, ())}
    calibration = Calibration(0.5, intercept, 0.25)
    pixels = textured(2, 300, 300)
    answer = Statistical(RUNTIME).judge(network, {STATISTICAL: calibration}, pixels)
    raw = answer.raw_log_odds[STATISTICAL]
    assert raw == pytest.approx(network[STATISTICAL].log_odds(measure(pixels)[None])[0], abs=1e-3)
    assert answer.score == pytest.approx(calibration.score(raw))
    groups = sum(group["log_odds"] for group in answer.exhibit("feature_groups")["groups"])
    assert groups == pytest.approx(calibration.log_odds(raw), abs=0.01)
    assert answer.findings[0].params["side"] == ("ai" if calibration.log_odds(raw) > 0 else "real")


# Method 4


def member(state: str, roc_auc: float | None, score: float) -> Any:
    source = Source(state, "a model", Path(), "", roc_auc)
    weight = Checkpoint.weight.fget(SimpleNamespace(source=source))  # type: ignore[attr-defined]
    return SimpleNamespace(
        source=source,
        weight=weight,
        look=lambda image: Look(log_odds(score)),
        score_of=sigmoid,
        heat=lambda look, image: None,
    )


@pytest.mark.parametrize(
    ("roc_auc", "weight"), [(0.95, 0.9), (0.75, 0.5), (0.5, 0.01), (0.3, 0.01), (None, 0.1)]
)
def test_a_member_counts_by_its_measured_quality(roc_auc: float | None, weight: float) -> None:
    assert member(PRE_TRAINED, roc_auc, 0.5).weight == pytest.approx(weight)


def test_the_ensemble_is_the_weighted_mean_of_log_odds() -> None:
    members = {"vit": member(BUNDLED, 0.95, 0.9), "wildfake": member(PRE_TRAINED, None, 0.2)}
    image = SourceImage(b"", "PNG", Image.new("RGB", (9, 9)), "")
    answer = Ensemble(members, {}).answer(image)
    wanted = (0.9 * log_odds(0.9) + 0.1 * log_odds(0.2)) / (0.9 + 0.1)
    assert answer.score == pytest.approx(sigmoid(wanted))
    assert answer.weight is None


def test_the_best_fine_tuned_member_brings_a_weight_of_its_own() -> None:
    members = {
        "vit": member(FINE_TUNED, 0.8, 0.9),
        "ai-human": member(FINE_TUNED, 0.9, 0.9),
        "wildfake": member(PRE_TRAINED, 0.99, 0.9),
    }
    image = SourceImage(b"", "PNG", Image.new("RGB", (9, 9)), "")
    assert Ensemble(members, {}).answer(image).weight == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("metrics", "roc_auc"),
    [
        ('{"test": {"roc_auc": 0.9, "roc_auc_interval": [0.7, 0.95]}}', 0.7),
        ('{"calibration": {"roc_auc": 0.9, "roc_auc_interval": [0.8, 0.95]}}', 0.8),
        ("{}", None),
    ],
)
def test_a_tested_folder_counts_by_the_lower_end_of_its_interval(
    tmp_path: Path, metrics: str, roc_auc: float | None
) -> None:
    save_tiny_vit(tmp_path, ["real", "ai"])
    (tmp_path / "metrics.json").write_text(metrics)
    assert read_measured(tmp_path).roc_auc == roc_auc


def test_a_checkpoint_is_converted_without_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def run(command: list[str], **options: Any) -> Any:
        asked.append(options)
        return SimpleNamespace(returncode=0, stderr="")

    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setattr(subprocess, "run", run)
    convert(tmp_path, tmp_path / "out" / "a.xml")
    assert asked[0]["env"]["HF_HUB_OFFLINE"] == "1" and asked[0]["timeout"] == 600


def test_nothing_that_a_checkpoint_brings_is_executed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import transformers

    from detector.checkpoints.convert import load

    asked: list[dict[str, Any]] = []

    def give(folder: Path, **options: Any) -> tuple[None, dict[str, Any]]:
        asked.append(options)
        return None, {}

    monkeypatch.setattr(transformers.AutoModelForImageClassification, "from_pretrained", give)
    load(tmp_path)
    assert asked[0]["use_safetensors"] is True and asked[0]["trust_remote_code"] is False
    assert asked[0]["local_files_only"] is True


# Scores in general


def test_nothing_seen_in_pixels_is_surer_than_one_in_a_thousand() -> None:
    assert log_odds(1.0) == pytest.approx(np.log(999))
    assert log_odds(0.0) == pytest.approx(-np.log(999))
