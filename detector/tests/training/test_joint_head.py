"""The joint head of method 1: what it learns, what is kept of it, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from detector.inference.methods.joint_head import HEAD, JOINT, JointHead, gelu, read_head
from detector.inference.weights.folder import check_digests
from detector.tests.factories.dinov2 import copy_method_1
from detector.training.corpus.learnt_sources import read_metrics
from detector.training.learning import joint_head
from detector.training.learning.joint_head import (
    Basis,
    ensure_joint_head,
    fit_joint_head,
    write_joint_head,
)

SIZES = (12, 8)
NETWORKS = ("one", "two")


def sample(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features of which a product tells the class, as no linear layer can, labels, and sources."""
    draw = np.random.default_rng(seed)
    features = draw.normal(size=(n, sum(SIZES))).astype(np.float32)
    labels = (features[:, 0] * features[:, 15] > 0).astype(int)
    features[:, 3] = 0.5  # a feature that never changes
    return features * 3 + 7, labels, np.array([f"s{i % 20}" for i in range(n)])


@pytest.fixture(scope="module")
def head() -> JointHead:
    torch.set_num_threads(1)
    return fit_joint_head(*sample(1500, 0), sizes=SIZES)


def test_it_learns_what_only_both_networks_together_tell(head: JointHead) -> None:
    features, labels, _ = sample(400, 1)
    right = (head.log_odds(features) > 0) == labels
    assert right.mean() > 0.7  # a linear layer is right half of the time
    assert len(head.out_bias) == joint_head.NETWORKS


def test_what_is_kept_answers_as_the_network_that_was_trained() -> None:
    features = sample(300, 2)[0]
    basis = Basis(features, SIZES)
    torch.manual_seed(3)
    network = nn.Sequential(
        nn.Dropout(0.2), nn.Linear(len(basis.matrix), 16), nn.GELU("tanh"), nn.LayerNorm(16),
        nn.Dropout(0.4), nn.Linear(16, 1),
    ).eval()  # fmt: skip
    for values in network.parameters():
        nn.init.normal_(values)
    parts = joint_head._parts(network, basis)
    head = JointHead(*(np.stack([each]).astype(np.float32) for each in parts))
    with torch.inference_mode():
        expected = network(torch.from_numpy(basis.project(features)))[:, 0].numpy()
    assert np.allclose(head.log_odds(features), expected, atol=1e-3)


def test_its_neurons_are_those_of_pytorch() -> None:
    values = torch.linspace(-6, 6, 50)
    assert np.allclose(gelu(values.numpy()), nn.GELU("tanh")(values), atol=1e-6)


def test_its_slopes_are_how_its_answer_changes(head: JointHead) -> None:
    features, step = sample(1, 7)[0][0].astype(np.float64), 1e-3
    around = features + step * np.eye(len(features)), features - step * np.eye(len(features))
    wanted = (head.log_odds(around[0]) - head.log_odds(around[1])) / (2 * step)
    assert np.abs(wanted).max() > 0.01
    assert np.allclose(head.slopes(features), wanted, atol=1e-4)
    assert head.feature_count == sum(SIZES)


def test_the_same_pictures_give_the_same_head() -> None:
    data = sample(60, 4)
    one, two = (asdict(fit_joint_head(*data, sizes=SIZES)) for _ in range(2))
    assert all(np.array_equal(one[name], two[name]) for name in one)


@pytest.fixture
def folder(tmp_path: Path, head: JointHead) -> Path:
    """The head beside the networks whose features it reads."""
    for name in NETWORKS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "openvino_model.bin").write_bytes(name.encode())
    training = {
        "n_ai": 2, "n_real": 3, "sources": 4, "generators": 1, "arguments": {}, "split_seed": 0,
        "versions": {}, "learnt_from": ["0123456789ab"],
    }  # fmt: skip
    folder = tmp_path / "efficientnet_joint"
    write_joint_head(head, folder, NETWORKS, training)
    return folder


def test_it_is_read_as_it_was_written(folder: Path, head: JointHead) -> None:
    check_digests(folder)
    read, features = read_head(folder, NETWORKS), sample(5, 5)[0]
    assert np.array_equal(read.log_odds(features), head.log_odds(features))
    assert "Joint head" in (folder / "README.md").read_text()


def test_it_is_refused_beside_other_networks(folder: Path) -> None:
    (folder.parent / "two" / "openvino_model.bin").write_bytes(b"another")
    with pytest.raises(ValueError, match="another two; run manage.py train_dinov2 --cross-fit, or"):
        read_head(folder, NETWORKS)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"networks": {}}))
    with pytest.raises(ValueError, match="one"):
        read_head(folder, NETWORKS)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("weight", lambda v: v[0], "weight has shape"),
        ("bias", lambda v: v[:, :5], "bias has shape"),
        ("out_bias", lambda v: v[:, None], "out_bias has shape"),
        ("shift", lambda v: v * np.nan, "NaN"),
    ],
)
def test_arrays_that_are_none_of_a_head_are_refused(
    folder: Path, head: JointHead, name: str, change: object, said: str
) -> None:
    assert callable(change)
    np.savez(folder / HEAD, **(asdict(head) | {name: change(asdict(head)[name])}))
    with pytest.raises(ValueError, match=said):
        read_head(folder, NETWORKS)


@pytest.mark.parametrize("data", [b"", b"no arrays", b"PK\3\4"])
def test_a_damaged_file_is_refused(folder: Path, data: bytes) -> None:
    (folder / HEAD).write_bytes(data)
    with pytest.raises(ValueError):
        read_head(folder, NETWORKS)


def test_an_array_without_names_is_refused(folder: Path) -> None:
    with (folder / HEAD).open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(ValueError, match=r"head.npz does not hold the arrays weight, bias"):
        read_head(folder, NETWORKS)


def test_networks_that_were_trained_anew_have_a_head_that_says_nothing(tmp_path: Path) -> None:
    copy_method_1(tmp_path)
    folder, networks = tmp_path / JOINT, ("efficientnet_tiles", "efficientnet_whole")
    ensure_joint_head(folder, networks, 4)
    silent = read_head(folder, networks)
    assert not silent.log_odds(sample(3, 6)[0].repeat(128, 1)).any()
    assert read_metrics(folder)["training"]["learnt_from"] == []
    assert "says nothing" in (folder / "README.md").read_text()


def test_a_head_that_fits_its_networks_is_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joint_head, "give_features", lambda network: None)
    before = (folder / HEAD).read_bytes()
    ensure_joint_head(folder, NETWORKS, 4)
    assert (folder / HEAD).read_bytes() == before
