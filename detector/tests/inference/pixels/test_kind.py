"""The kind of picture: named where it is sure enough, refused where the network is another one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from detector.inference.images import SourceImage, open_image
from detector.inference.pipeline import Detector
from detector.inference.pixels.kind import KIND_FOLDER, KINDS, PROBE, KindProbe, load_probe
from detector.inference.runtime import WEIGHTS_DIR, Runtime
from detector.inference.weights.folder import write_digests
from detector.tests.factories.pictures import encode, scene
from detector.tests.factories.probes import save_network, save_probe

WEIGHT = np.eye(2, 3) * 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a probe: a red picture is a photograph, a green one art."""
    return save_probe(tmp_path, save_network(tmp_path / "network"), WEIGHT, 0.9)


def test_the_likeliest_kind_is_named_from_the_confidence_on(folder: Path) -> None:
    probe = load_probe(folder.parent)
    for features, name in (([1, 0, 0], "photograph"), ([0, 1, 0], "art"), ([1, 0.5, 0], "unknown")):
        kind = probe.name(np.array(features, float))
        assert kind.name == name
        sure = 1 / (1 + np.exp(-4 * abs(features[0] - features[1])))
        assert kind.confidence == pytest.approx(sure)


def test_features_of_another_size_are_of_no_kind(folder: Path) -> None:
    assert load_probe(folder.parent).name(np.ones(4)).name == "unknown"


def test_large_scores_do_not_overflow() -> None:
    probe = KindProbe(KINDS[:2], np.eye(2) * 1e6, np.zeros(2), (0.5, 0.5), "network")
    assert probe.probabilities(np.array([[1.0, 0.0]])).tolist() == [[1.0, 0.0]]


def test_a_probe_of_another_network_is_refused(folder: Path) -> None:
    save_network(folder.parent / "network", weight=2.0)
    with pytest.raises(ValueError, match="another network"):
        load_probe(folder.parent)


def without_an_array(file: Path) -> None:
    np.savez(file, weight=WEIGHT)


def with_nan(file: Path) -> None:
    np.savez(file, weight=WEIGHT * np.nan, bias=np.zeros(2))


def with_a_kind_too_many(file: Path) -> None:
    np.savez(file, weight=np.ones((3, 3)), bias=np.zeros(3))


def with_objects(file: Path) -> None:
    np.savez(file, weight=np.array([{}], object), bias=np.zeros(2))


def with_complex_numbers(file: Path) -> None:
    np.savez(file, weight=WEIGHT + 1j, bias=np.ones(2))


def without_features(file: Path) -> None:
    np.savez(file, weight=WEIGHT[:, :0], bias=np.ones(2))


def with_damage(file: Path) -> None:
    np.savez_compressed(file, weight=WEIGHT, bias=np.ones(2))
    data = bytearray(file.read_bytes())
    data[60:90] = bytes(30)
    file.write_bytes(data)


def with_text(file: Path) -> None:
    file.write_text("text")


@pytest.mark.parametrize(
    "spoil",
    [
        without_an_array,
        with_nan,
        with_a_kind_too_many,
        with_objects,
        with_complex_numbers,
        without_features,
        with_damage,
        with_text,
    ],
)
def test_arrays_that_are_none_are_refused(folder: Path, spoil: Callable[[Path], None]) -> None:
    spoil(folder / PROBE)
    write_digests(folder)
    with pytest.raises(ValueError):
        load_probe(folder.parent)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kinds", ["cat"]),
        ("kinds", "art"),
        ("kinds", []),
        ("confidence", 2),
        ("confidence", {"art": 2}),
        ("network", 3),
    ],
)
def test_a_setting_out_of_range_is_refused(folder: Path, name: str, value: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {name: value}))
    write_digests(folder)
    with pytest.raises(ValueError, match=name):
        load_probe(folder.parent)


def test_a_probe_that_did_not_ship_so_is_refused(folder: Path) -> None:
    np.savez(folder / PROBE, weight=WEIGHT, bias=np.ones(2))
    with pytest.raises(ValueError, match=PROBE):
        load_probe(folder.parent)


@pytest.fixture
def picture() -> SourceImage:
    return open_image(encode(scene(3, 300, 200), "JPEG"))


def shipped(weights_dir: Path, *without: str) -> Detector:
    """The first method with the weights that ship, but for the folders `without`."""
    weights_dir.mkdir()
    for folder in WEIGHTS_DIR.iterdir():
        if folder.name not in without:
            (weights_dir / folder.name).symlink_to(folder)
    none = weights_dir / "none"
    runtime = Runtime(none, none, weights_dir=weights_dir, hub_cache=none, force_cpu=True)
    return Detector(runtime, only=("deep_learning",))


@pytest.mark.slow
def test_the_kind_moves_no_score(tmp_path: Path, picture: SourceImage) -> None:
    with_kind = shipped(tmp_path / "with", "accuracy").detect(picture)
    without = shipped(tmp_path / "without", KIND_FOLDER, "accuracy").detect(picture)
    assert with_kind.kind in (*KINDS, "unknown") and without.kind is None
    assert with_kind.score == without.score and with_kind.contributions == without.contributions
    assert with_kind.weights == without.weights and with_kind.version != without.version


@pytest.mark.slow
def test_a_damaged_probe_costs_the_kind_alone(
    tmp_path: Path, picture: SourceImage, caplog: pytest.LogCaptureFixture
) -> None:
    detector = shipped(tmp_path / "weights", KIND_FOLDER)
    shutil.copytree(WEIGHTS_DIR / KIND_FOLDER, tmp_path / "weights" / KIND_FOLDER)
    (tmp_path / "weights" / KIND_FOLDER / PROBE).write_bytes(b"damaged")
    verdict = detector.detect(picture)
    assert verdict.kind is None and verdict.score is not None
    assert PROBE in caplog.text


@pytest.mark.slow
def test_the_network_runs_once(
    tmp_path: Path, picture: SourceImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from detector.inference.runtime import Network

    runs: list[int] = []
    outputs = Network.outputs

    def count(self: Network, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        runs.append(len(batch))
        return outputs(self, batch)

    monkeypatch.setattr(Network, "outputs", count)
    assert shipped(tmp_path / "weights").detect(picture).kind
    assert len(runs) == 2  # tiles, and the whole picture
