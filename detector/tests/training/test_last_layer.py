"""The last layers of the EfficientNets, fitted anew: what changes, and what stays bit for bit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from detector.inference.methods.deep_learning import LOOKS
from detector.inference.pixels.kind import load_probe
from detector.inference.runtime import Network, Runtime, import_openvino
from detector.inference.weights.folder import check_digests, write_digests
from detector.networks.efficientnet import LogOdds
from detector.tests.factories.dinov2 import copy_method_1
from detector.tests.factories.pictures import scene
from detector.tests.factories.processes import run_python
from detector.training.corpus.learnt_sources import learnt_by
from detector.training.learning.efficientnet import load_evidence_map
from detector.training.learning.last_layer import (
    LastLayer,
    fit_layer,
    load_pooled_features,
    read_layer,
    replace_layer,
)

NAMES = ["efficientnet_tiles", "efficientnet_whole"]
LEARNT = {
    "n_ai": 1, "n_real": 2, "generators": 1, "sources": 1, "arguments": {}, "split_seed": 4,
    "versions": {}, "learnt_from": ["0" * 12],
}  # fmt: skip


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    copy_method_1(tmp_path)
    return tmp_path


def pixels() -> np.ndarray:
    return np.asarray(scene(3, 420, 300))


def log_odds(weights: Path, name: str) -> float:
    """Those that serving reads from the network."""
    runtime = Runtime(weights / "none", weights / "none", weights_dir=weights, force_cpu=True)
    parts, _ = LOOKS[name](pixels())
    network = Network(weights / name / "openvino_model.xml", runtime)
    return float(network(parts.transpose(0, 3, 1, 2).astype(np.float32)).mean())


@pytest.mark.parametrize("name", NAMES)
def test_features_and_layer_give_the_log_odds_of_the_network(weights: Path, name: str) -> None:
    features = load_pooled_features(weights / name)(pixels())
    read = read_layer(weights / name).log_odds(features[None])[0]
    assert read == pytest.approx(log_odds(weights, name), abs=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_a_new_layer_changes_the_log_odds_and_nothing_before_them(weights: Path, name: str) -> None:
    features = load_pooled_features(weights / name)(pixels())
    layer = LastLayer(np.linspace(-0.01, 0.02, len(features)), 0.5)
    known = learnt_by(weights / name)
    replace_layer(weights / name, layer, LEARNT)
    assert log_odds(weights, name) == pytest.approx(layer.log_odds(features), abs=0.01)
    assert (load_pooled_features(weights / name)(pixels()) == features).all()
    check_digests(weights / name)
    assert learnt_by(weights / name) == known | {"0" * 12}
    # The network that training goes on from is the same one.
    network = LogOdds(load_evidence_map(weights / name)).eval()
    bias = network.network.classifier.bias
    assert bias is not None and bias.item() == pytest.approx(0.5)
    assert "last layer was then fitted anew" in (weights / name / "README.md").read_text()


def test_the_probe_for_the_kind_still_reads_the_same_network(weights: Path) -> None:
    before = load_probe(weights)
    replace_layer(weights / before.network, LastLayer(np.zeros(1280), 0.0), LEARNT)
    after = load_probe(weights)
    assert (after.weight == before.weight).all()
    check_digests(weights / "kind")


def test_a_probe_of_another_network_stays_refused(weights: Path) -> None:
    path = weights / "kind" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"network_state": "0" * 64}))
    write_digests(weights / "kind")
    replace_layer(weights / "efficientnet_whole", LastLayer(np.zeros(1280), 0.0), LEARNT)
    with pytest.raises(ValueError, match="features of another network"):
        load_probe(weights)


def test_a_layer_that_was_fitted_anew_is_not_started_from(weights: Path) -> None:
    replace_layer(weights / NAMES[0], LastLayer(np.zeros(1280), 0.0), LEARNT)
    with pytest.raises(ValueError, match="fitted anew before"):
        read_layer(weights / NAMES[0])


def test_the_fit_learns_what_is_new_and_keeps_what_the_layer_knew() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(600) % 2
    sources = np.array([f"s{i // 2 % 20}" for i in range(600)])
    features = rng.normal(0, 1, (600, 40))
    features[:, :20] += 0.25 * labels[:, None]  # known to the layer before, each of them weak
    features[:, 30] += 2 * labels  # new
    before = LastLayer(np.r_[np.ones(20), np.zeros(20)], 0.0)
    after = fit_layer(features[:300], labels[:300], sources[:300], before)

    assert after.weight[:20].min() > 0, "what was known is not unlearnt"
    assert after.weight[20:].argmax() == 10 and after.weight[30] > 2 * after.weight[31:].max()


def test_a_network_without_a_bias_is_refused(weights: Path) -> None:
    openvino = import_openvino()
    from openvino import opset13 as ops

    folder = weights / NAMES[0]
    picture = ops.parameter([-1, 1280, -1, -1], np.float32)
    kernel = ops.constant(np.zeros((1, 1280, 1, 1), np.float32))
    mapped = ops.convolution(picture, kernel, [1, 1], [0, 0], [0, 0], [1, 1])
    model = openvino.Model([ops.relu(mapped)], [picture], "odd")
    openvino.save_model(model, folder / "openvino_model.xml")
    with pytest.raises(ValueError, match="no bias"):
        replace_layer(folder, LastLayer(np.zeros(1280), 0.0), LEARNT)


def test_a_signal_is_handled_after_the_networks_have_gone(weights: Path, tmp_path: Path) -> None:
    """Networks of OpenVINO change on which stack the signals of their thread are handled."""
    code = f"""
import os, signal
from pathlib import Path
from detector.training.learning.last_layer import load_pooled_features

handled = []
signal.signal(signal.SIGINT, lambda *args: handled.append(args))
readers = [load_pooled_features(Path({str(weights)!r}) / name) for name in {NAMES!r}]
while readers:
    del readers[0]
os.kill(os.getpid(), signal.SIGINT)
print(len(handled))
"""
    done = run_python("-c", code, data_dir=tmp_path)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
