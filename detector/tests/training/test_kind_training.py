"""The probe of kinds: learnt on some sources, chosen out of fold, measured on others."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from PIL import Image

from detector.inference.images import open_image
from detector.inference.methods.deep_learning import LOOKS, look
from detector.inference.pixels.kind import KINDS, load_probe
from detector.inference.runtime import WEIGHTS_DIR, Network, Runtime
from detector.inference.weights.folder import check_digests
from detector.tests.factories.probes import save_network
from detector.training.corpus.labelled import Picture
from detector.training.learning.export import add_features
from detector.training.learning.kind import (
    NETWORK,
    NEVER,
    WANTED,
    Sample,
    chances_of,
    choose_pictures,
    find_basis,
    fit,
    out_of_fold,
    read_sample,
    weigh,
)
from detector.training.learning.kind_run import choose_confidence, measure

RUNTIME = Runtime(Path("none"), Path("none"), force_cpu=True)
PER_SOURCE = 5
COLOURS = {"photo": (255, 0, 0), "art": (0, 255, 0), "screenshot": (0, 0, 255)}


def pictures_of(source: str, kind: str, count: int, split: str = "train") -> list[Picture]:
    return [
        Picture(Path(f"{source}-{kind}-{i}"), split, 0, source, kind=kind) for i in range(count)
    ]


def sample_of(kinds: list[int], sources: list[str], features: np.ndarray) -> Sample:
    pictures = [Picture(Path(str(i)), "train", 0, s) for i, s in enumerate(sources)]
    return Sample(pictures, np.array(kinds), features)


# Pictures


def test_kinds_are_those_of_the_corpus_and_others_are_left_out() -> None:
    pictures = [
        *pictures_of("a", "phone", 1),
        *pictures_of("b", "face", 1),
        *pictures_of("c", "other", 1),
        *pictures_of("d", "", 1),
        *pictures_of("e", "render", 1),
        *pictures_of("f", "art", 1, "val"),
    ]
    chosen = choose_pictures(pictures, "train", {}, 10, 0)
    assert [(p.source, kind) for p, kind in chosen] == [
        ("a", "photograph"),
        ("b", "photograph"),
        ("e", "render"),
    ]


def test_a_source_may_be_told_its_kind() -> None:
    pictures = pictures_of("receipts", "graphic", 2)
    chosen = choose_pictures(pictures, "train", {"receipts": "document"}, 10, 0)
    assert [kind for _, kind in chosen] == ["document"] * 2


def test_large_sources_are_cut_first() -> None:
    pictures = [
        *pictures_of("large", "art", 50),
        *pictures_of("middle", "art", 6),
        *pictures_of("small", "art", 2),
    ]
    chosen = Counter(p.source for p, _ in choose_pictures(pictures, "train", {}, 12, 0))
    assert chosen == {"large": 5, "middle": 5, "small": 2}


def test_every_source_gives_at_least_one() -> None:
    pictures = [p for i in range(9) for p in pictures_of(str(i), "art", 3)]
    assert len(choose_pictures(pictures, "train", {}, 5, 0)) == 9


def test_sources_weigh_alike_however_many_pictures_they_have() -> None:
    sample = sample_of([0, 0, 0, 0, 0, 1], ["a"] * 4 + ["b", "b"], np.zeros((6, 1, 1)))
    weights = weigh(sample)
    assert weights.mean() == pytest.approx(1)
    assert weights[:4].sum() == pytest.approx(weights[4]) == pytest.approx(weights[5])


# Probe


@pytest.fixture
def clouds() -> Sample:
    """Three kinds of five sources each, apart in two of five features of very unlike sizes."""
    rng = np.random.default_rng(0)
    kinds = np.repeat([0, 1, 4], 40)
    features = rng.normal(0, 1, (120, 2, 5))
    features[kinds == 1, :, 0] += 8
    features[kinds == 4, :, 1] += 8
    sources = [f"{kind}-{i % 5}" for i, kind in enumerate(kinds)]
    return sample_of(list(kinds), sources, features * [1e-3, 1, 1, 1, 1e3] + 5)


def test_the_probe_tells_kinds_apart_without_the_scaling(clouds: Sample) -> None:
    probe = fit(clouds, 1e-2, find_basis(clouds))
    assert probe.kinds == ("photograph", "art", "screenshot")
    chances = chances_of(probe, clouds.features)
    assert chances.shape == (120, 2, len(KINDS))
    assert (chances.argmax(2) == clouds.kinds[:, None]).mean() > 0.97
    assert chances.sum(2) == pytest.approx(1) and (chances[..., 2] == 0).all()


def test_out_of_fold_no_source_is_known(clouds: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """With labels drawn for each source, a probe that has seen it would know them."""
    rng = np.random.default_rng(1)
    of_source = {source: rng.integers(0, 2) for source in sorted(set(clouds.sources))}
    codes = np.array([list(of_source).index(source) for source in clouds.sources])
    features = np.eye(len(of_source))[codes][:, None, :] + rng.normal(0, 0.1, (120, 1, 15))
    kinds = [int(of_source[source]) for source in clouds.sources]
    sample = sample_of(kinds, list(clouds.sources), features)
    known = (
        chances_of(fit(sample, 1.0, find_basis(sample)), sample.features).argmax(2)[:, 0]
        == sample.kinds
    )
    apart = out_of_fold(sample, 0)[1e-2].argmax(2)[:, 0] == sample.kinds
    assert known.mean() > 0.95 and apart.mean() < 0.8


def test_the_confidence_of_a_kind_is_the_least_that_is_right_often_enough() -> None:
    """What is called a photograph is one from a confidence of 0.6 on; art is called so wrongly."""
    certain = np.tile(np.arange(40, 100) / 100 + 0.005, 2)
    called = np.repeat([0, 1], 60)
    chances = np.zeros((120, 1, len(KINDS)))
    chances[np.arange(120), 0, called] = certain
    truth = np.where((called == 0) & (certain >= 0.6), 0, 4)
    sample = sample_of(list(truth), [str(i) for i in range(120)], np.zeros((120, 1, 1)))
    chosen = choose_confidence(sample, chances)

    def right(limit: float) -> float:
        return float((truth == 0)[(called == 0) & (certain >= limit)].mean())

    assert right(chosen["photograph"]) >= WANTED > right(chosen["photograph"] - 0.02)
    assert {kind for kind, limit in chosen.items() if limit == NEVER} == {*KINDS} - {"photograph"}


def test_a_few_pictures_choose_no_confidence() -> None:
    chances = np.zeros((24, 1, len(KINDS)))
    chances[:, 0, 0] = 0.9
    sample = sample_of([0] * 24, [str(i) for i in range(24)], np.zeros((24, 1, 1)))
    assert choose_confidence(sample, chances)["photograph"] == NEVER


def test_what_is_measured_adds_up(clouds: Sample) -> None:
    chances = np.zeros((120, 2, len(KINDS)))
    chances[:40, :, 0] = 0.9  # the photographs: right
    chances[40:60, :, 0] = 0.8  # half of the art: wrong
    chances[60:, :, 1] = 0.4  # unsure
    told = measure(clouds, chances, dict.fromkeys(KINDS, 0.5))["clean"]
    assert [(row["kind"], row["n"], row["sources"]) for row in told["kinds"]] == [
        ("photograph", 40, 5),
        ("art", 40, 5),
        ("screenshot", 40, 5),
    ]
    art = told["kinds"][1]
    assert [art[name]["share"] for name in ("right", "wrong", "unknown")] == [0, 0.5, 0.5]
    assert told["kinds"][0]["called_so_right"]["share"] == pytest.approx(40 / 60, abs=1e-4)
    assert told["all"]["right_if_named"]["n"] == 60
    assert told["called"]["art"] == dict.fromkeys(KINDS, 0) | {"photograph": 20, "unknown": 20}


# Network


def test_features_are_added_and_nothing_else_changes(tmp_path: Path) -> None:
    folder = save_network(tmp_path / "network")
    xml, numbers = folder / "openvino_model.xml", (folder / "openvino_model.bin").read_bytes()
    batch = np.random.default_rng(0).uniform(0, 255, (2, 3, 64, 96)).astype(np.float32)
    before = Network(xml, RUNTIME).outputs(batch)
    assert len(before) == 1
    assert add_features(xml) and not add_features(xml)
    evidence, features = Network(xml, RUNTIME).outputs(batch)
    assert np.array_equal(evidence, before[0])
    assert (folder / "openvino_model.bin").read_bytes() == numbers
    assert features.sum(1) == pytest.approx(evidence, rel=1e-5) and features.shape == (2, 3, 2, 3)


def test_the_features_of_a_picture_are_the_mean_of_its_parts(tmp_path: Path) -> None:
    folder = save_network(tmp_path / "network")
    assert look(Network(folder / "openvino_model.xml", RUNTIME), LOOKS[NETWORK],
                np.zeros((64, 64, 3), np.uint8)).features.size == 0  # fmt: skip
    add_features(folder / "openvino_model.xml")
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[:, 100:] = (255, 0, 51)
    seen = look(Network(folder / "openvino_model.xml", RUNTIME), LOOKS[NETWORK], pixels)
    assert seen.features == pytest.approx([127.5, 0, 25.5], abs=2)


# Command


def test_features_of_another_network_are_read_anew(tmp_path: Path) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (80, 80, 3), np.uint8)).save(
        tmp_path / "a.png"
    )
    choices = [(Picture(tmp_path / "a.png", "train", 0, "s"), "art")]

    def ask(answer: float, state: str) -> set[float]:
        maps, features = np.zeros((1, 7, 7)), np.full((1, 5, 7, 7), answer)
        network: Any = SimpleNamespace(outputs=lambda batch: (maps, features))
        sample = read_sample(
            network, state, choices, tmp_path, workers=1, progress=lambda items, **options: items
        )
        return {*sample.features.ravel().tolist()}

    assert ask(1, "before") == ask(2, "before") == {1} and ask(2, "trained anew") == {2}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two splits of six and two sources a kind, each kind of its own colour."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    rows = []
    for split, sources in (("train", 6), ("val", 2)):
        for kind, colour in COLOURS.items():
            for i in range(sources * PER_SOURCE):
                rows.append(save(folder, split, kind, colour, i, i // PER_SOURCE))
    (folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


def save(
    folder: Path, split: str, kind: str, colour: tuple[int, ...], seed: int, source: int
) -> dict[str, str]:
    rng = np.random.default_rng(seed)
    pixels = np.clip(np.array(colour) * 0.8 + rng.normal(20, 15, (80, 96, 3)), 0, 255)
    name = f"{split}-{kind}-{seed}.png"
    Image.fromarray(pixels.astype(np.uint8)).save(folder / name)
    return {"file": name, "split": split, "kind": kind, "label": "ai" if seed % 2 else "real",
            "source": f"{split}-{kind}-{source}"}  # fmt: skip


def train(corpus: Path, weights: Path) -> str:
    if not (weights / NETWORK).exists():
        save_network(weights / NETWORK)
        (weights / NETWORK / "config.json").write_text("{}")
    options = {"cache": weights.parent / "cache", "output": weights, "workers": 1}
    return str(call_command("train_kind", data_dir=corpus, **options))


def test_the_command_learns_measures_and_writes(corpus: Path, tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    assert "Of 30 pictures of 6 other sources, 100.0% got the right kind" in train(corpus, weights)
    check_digests(weights / "kind")
    check_digests(weights / NETWORK)
    probe = load_probe(weights)
    network = Network(weights / NETWORK / "openvino_model.xml", RUNTIME)
    for name, kind in (("photo", "photograph"), ("art", "art"), ("screenshot", "screenshot")):
        image = open_image(corpus / f"val-{name}-0.png")
        features = look(network, LOOKS[NETWORK], image.pixels).features
        assert features is not None and probe.name(features).name == kind
    metrics = json.loads((weights / "kind" / "metrics.json").read_text())
    assert metrics["training"]["sources"] == 18 and metrics["val"]["clean"]["all"]["sources"] == 6
    card = (weights / "kind" / "README.md").read_text()
    assert "| clean | art | 10 | 2 | 100%" in card and "it never moves a score" in card
    assert sum(file.stat().st_size for file in (weights / "kind").iterdir()) < 10**6


def test_a_source_in_both_splits_is_refused(corpus: Path, tmp_path: Path) -> None:
    manifest = corpus / "manifest.jsonl"
    manifest.write_text(manifest.read_text().replace("train-art-0", "val-art-0"))
    with pytest.raises(CommandError, match="val-art-0"):
        train(corpus, tmp_path / "weights")


def test_a_corpus_without_kinds_is_refused(corpus: Path, tmp_path: Path) -> None:
    manifest = corpus / "manifest.jsonl"
    manifest.write_text(manifest.read_text().replace('"kind"', '"sort"'))
    with pytest.raises(CommandError, match="train split has a kind"):
        train(corpus, tmp_path / "weights")


@pytest.mark.parametrize("relabel", ["source", "source=cat", "=art"])
def test_a_kind_that_there_is_not_is_refused(corpus: Path, relabel: str) -> None:
    with pytest.raises(CommandError, match="SOURCE=KIND"):
        call_command("train_kind", "--data", str(corpus), "--relabel", relabel)


def test_the_probe_that_ships_was_trained_with_the_network_that_ships() -> None:
    probe = load_probe(WEIGHTS_DIR)
    network = Network(WEIGHTS_DIR / NETWORK / "openvino_model.xml", RUNTIME)
    _, features = network.outputs(np.zeros((1, 3, 64, 64), np.float32))
    assert probe.weight.shape == (len(probe.kinds), features.shape[1])
