"""A head of methods 1 and 2: what it learns, what is kept of it, and what it refuses."""

from __future__ import annotations

import contextlib
import json
import random
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from detector.inference.methods.deep_learning import JOINT
from detector.inference.methods.neural_head import HEAD, NeuralHead, gelu, read_head
from detector.inference.weights.folder import check_digests
from detector.tests.factories.dinov2 import copy_method_1
from detector.training.corpus.learnt_sources import read_metrics
from detector.training.learning import neural_head
from detector.training.learning.neural_head import (
    Basis,
    ensure_head,
    fit_head,
    write_head,
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
def head() -> NeuralHead:
    torch.set_num_threads(1)
    return fit_head(*sample(1500, 0), sizes=SIZES)


def test_it_learns_what_only_both_networks_together_tell(head: NeuralHead) -> None:
    features, labels, _ = sample(400, 1)
    right = (head.log_odds(features) > 0) == labels
    assert right.mean() > 0.7  # a linear layer is right half of the time
    assert len(head.out_bias) == neural_head.NETWORKS


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
    parts = neural_head._parts(network, basis)
    arrays = [*(np.stack([each]) for each in parts), features.mean(0)]
    head = NeuralHead(*(array.astype(np.float32) for array in arrays))
    with torch.inference_mode():
        expected = network(torch.from_numpy(basis.project(features)))[:, 0].numpy()
    assert np.allclose(head.log_odds(features), expected, atol=1e-3)


def test_its_neurons_are_those_of_pytorch() -> None:
    values = torch.linspace(-6, 6, 50)
    assert np.allclose(gelu(values.numpy()), nn.GELU("tanh")(values), atol=1e-6)


def test_its_slopes_are_how_its_answer_changes(head: NeuralHead) -> None:
    features, step = sample(1, 7)[0][0].astype(np.float64), 1e-3
    around = features + step * np.eye(len(features)), features - step * np.eye(len(features))
    wanted = (head.log_odds(around[0]) - head.log_odds(around[1])) / (2 * step)
    assert np.abs(wanted).max() > 0.01
    assert np.allclose(head.slopes(features[None])[0], wanted, atol=1e-4)
    assert head.feature_count == sum(SIZES)


def test_its_attributions_add_up_and_go_to_the_features_that_matter(head: NeuralHead) -> None:
    features = sample(200, 8)[0].astype(np.float64)
    moved = np.stack([head.attributions(each) for each in features])
    centre = float(head.log_odds(head.centre[None])[0])
    assert np.allclose(moved.sum(1) + centre, head.log_odds(features), atol=0.05)
    share = np.abs(moved).mean(0)
    assert share[[0, 15]].min() > np.delete(share, [0, 15]).max()


def test_pictures_are_compared_with_an_ordinary_one_that_tells_nothing(head: NeuralHead) -> None:
    features = sample(1500, 0)[0]
    answers = np.abs(head.log_odds(features))
    (place,) = np.flatnonzero((features == head.centre).all(1))
    assert answers[place] <= np.quantile(answers, 0.05)
    away = np.linalg.norm((features - features.mean(0)) / (features.std(0) + 1e-9), axis=1)
    assert away[place] < np.median(away)


def test_features_that_are_not_finite_get_no_answer(head: NeuralHead) -> None:
    features = sample(1, 9)[0]
    features[0, 2] = np.nan
    with pytest.raises(ValueError, match="NaN or infinite"):
        head.log_odds(features)


def test_the_same_pictures_give_the_same_head() -> None:
    data = sample(60, 4)
    one, two = (asdict(fit_head(*data, sizes=SIZES)) for _ in range(2))
    assert all(np.array_equal(one[name], two[name]) for name in one)


@pytest.fixture
def folder(tmp_path: Path, head: NeuralHead) -> Path:
    """The head beside the networks whose features it reads."""
    for name in NETWORKS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "openvino_model.bin").write_bytes(name.encode())
    training = {
        "n_ai": 2, "n_real": 3, "sources": 4, "generators": 1, "arguments": {}, "split_seed": 0,
        "versions": {}, "learnt_from": ["0123456789ab"],
    }  # fmt: skip
    folder = tmp_path / "efficientnet_joint"
    write_head(head, folder, NETWORKS, training)
    return folder


def test_it_is_read_as_it_was_written(folder: Path, head: NeuralHead) -> None:
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
        ("centre", lambda v: v[:-1], "centre has shape"),
        ("shift", lambda v: v * np.nan, "NaN"),
        ("weight", lambda v: v[:, :, :0], "none of them 0"),
        ("weight", lambda v: v[:0], "none of them 0"),
        ("bias", lambda v: v + 1j, "does not hold the arrays"),
        ("bias", lambda v: v.astype("S"), "does not hold the arrays"),
    ],
)
def test_arrays_that_are_none_of_a_head_are_refused(
    folder: Path, head: NeuralHead, name: str, change: object, said: str
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


def test_damaged_archives_are_no_other_error(folder: Path) -> None:
    whole, rng = (folder / HEAD).read_bytes(), random.Random("head")
    for _ in range(100):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 5))):
            data[rng.randrange(min(len(data), 3000))] = rng.randrange(256)
        (folder / HEAD).write_bytes(data[: rng.choice((len(data), rng.randrange(len(data))))])
        with contextlib.suppress(OSError, ValueError):
            read_head(folder, NETWORKS)


def test_pickled_arrays_are_refused_and_not_loaded(folder: Path, head: NeuralHead) -> None:
    class Trap:
        def __reduce__(self):
            return (Path.touch, (folder / "sprung",))

    np.savez(folder / HEAD, **(asdict(head) | {"bias": np.array([Trap()], object)}))
    with pytest.raises(ValueError):
        read_head(folder, NETWORKS)
    assert not (folder / "sprung").exists()


def test_networks_that_were_trained_anew_have_a_head_that_says_nothing(tmp_path: Path) -> None:
    copy_method_1(tmp_path)
    folder, networks = tmp_path / JOINT, ("efficientnet_tiles", "efficientnet_whole")
    ensure_head(folder, networks, 4)
    silent = read_head(folder, networks)
    assert not silent.log_odds(sample(3, 6)[0].repeat(128, 1)).any()
    assert read_metrics(folder)["training"]["learnt_from"] == []
    assert "says nothing" in (folder / "README.md").read_text()


def test_a_head_that_fits_its_networks_is_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neural_head, "give_features", lambda network: None)
    before = (folder / HEAD).read_bytes()
    ensure_head(folder, NETWORKS, 4)
    assert (folder / HEAD).read_bytes() == before
    (folder / HEAD).write_bytes(before[:-200])
    with pytest.raises(ValueError, match=r"head\.npz"):
        ensure_head(folder, NETWORKS, 4)
