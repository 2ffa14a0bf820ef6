"""The DINOv2 detector on a tiny random encoder: views, features, classifier, weights, fusion."""

from __future__ import annotations

import io
import json
import re
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from PIL import Image
from transformers import AutoModelForImageClassification, Dinov2Model

from detector.checkpoints.convert import load_strictly
from detector.checkpoints.preprocess import preprocess
from detector.checkpoints.processor import Processor
from detector.inference.methods.deep_learning import LOOKS
from detector.inference.methods.statistical import STATISTICAL
from detector.inference.runtime import WEIGHTS_DIR, Network, Runtime
from detector.inference.verdict.calibration import Calibration
from detector.inference.verdict.fusion import load_fusion
from detector.inference.weights.folder import check_digests
from detector.networks.dinov2_detector import (
    DEPTH,
    LAYERS,
    SIDE,
    Dinov2Detector,
    Dinov2DetectorConfig,
    PooledTokens,
    WithEvidence,
    pool,
)
from detector.tests.factories.dinov2 import HIDDEN, copy_method_1, save_tiny_encoder
from detector.tests.factories.pictures import encode, noise, scene
from detector.training.corpus.labelled import Picture
from detector.training.finetuning.model import freeze, load_model
from detector.training.fusion import dinov2_run
from detector.training.fusion.calibration_run import FOLDERS
from detector.training.fusion.dinov2_run import (
    MORE_OF_STATISTICS,
    MOST,
    Plan,
    Reader,
    look_at,
    pictures_of,
)
from detector.training.learning.dinov2 import (
    fit_classifier,
    load_features,
    out_of_fold_log_odds,
    source_weights,
)
from detector.training.learning.views import View, compute_missing, read_computed, views_in_turn

SOURCES = 6


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six sources of two pictures in each class, and a file that is no picture."""
    folder, rows = tmp_path_factory.mktemp("corpus"), []
    for index in range(4 * SOURCES):
        label = ("ai", "real")[index % 2]
        source, name = f"{label}/{index // 2 % SOURCES}", f"{index:02d}.png"
        split = "val" if index // 2 % SOURCES == 0 else "train"
        rows.append({"split": split, "label": label, "source": source, "file": name})
        picture = noise(70, 70) if label == "ai" else scene(index, 80, 70)
        (folder / name).write_bytes(encode(picture, "PNG"))
    (folder / "broken.png").write_bytes(b"no picture")
    rows.append({"split": "train", "label": "ai", "source": "ai/1", "file": "broken.png"})
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def trained(encoder: Path, corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights folder trained with --cross-fit beside the shipped weights of method 1."""
    output = tmp_path_factory.mktemp("weights")
    copy_method_1(output)
    train(encoder, corpus, output, cross_fit=True)
    return output / "dinov2"


def train(encoder: Path, corpus: Path, output: Path, **options: object) -> str:
    stream = io.StringIO()
    call_command(
        "train_dinov2", data_dir=corpus, encoder=encoder, output=output, cache=output / "cache",
        workers=1, stdout=stream, **options,
    )  # fmt: skip
    return stream.getvalue()


def picture(source: str, label: int, name: str = "x") -> Picture:
    return Picture(Path(f"{name}.png"), "train", label, source)


def test_views_come_in_turn_from_all_sources() -> None:
    pictures = [picture(source, 1, f"{source}{i}") for source in "ab" for i in range(3)]
    views = views_in_turn(pictures, {"JPEG 95": 2, "clean": 1})
    assert [(view.picture.path.stem, view.condition) for view in views] == [
        ("a0", "JPEG 95"), ("a0", "clean"), ("b0", "JPEG 95"), ("b0", "clean"),
        ("a1", "JPEG 95"), ("b1", "JPEG 95"),
    ]  # fmt: skip


def test_a_view_is_computed_once_and_an_unreadable_picture_has_none(tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(encode(noise(40, 30), "PNG"))
    (tmp_path / "bad.png").write_bytes(b"no picture")
    pictures = [Picture(tmp_path / f"{name}.png", "train", 1, "s") for name in ("good", "bad")]
    views = [View(picture, name) for picture in pictures for name in ("clean", "half size")]
    asked = []

    def compute(pixels: np.ndarray) -> dict[str, np.ndarray]:
        asked.append(pixels.shape)
        return {"shape": np.array(pixels.shape)}

    for _ in range(2):
        assert len(list(compute_missing(views, tmp_path / "cache", compute))) == 4
    kept, arrays = read_computed(views, tmp_path / "cache")
    assert kept == views[:2] and asked == [(30, 40, 3), (15, 20, 3)]
    assert arrays["shape"].tolist() == [[30, 40, 3], [15, 20, 3]]


def test_what_is_kept_is_named_after_all_that_it_comes_from(trained: Path) -> None:
    digest = "-[0-9a-f]{8}"
    networks = "".join(f"-{name}{digest}" for name in ("dinov2", *LOOKS))
    kept = sorted(folder.name for folder in (trained.parent / "cache").glob("views*"))
    assert len(kept) == 2
    assert re.fullmatch(f"views{digest}{networks}", kept[0])
    assert re.fullmatch(f"views{digest}-statistical{digest}", kept[1])


def test_what_another_network_computed_is_computed_anew(corpus: Path, tmp_path: Path) -> None:
    plan, pictures = Plan(tmp_path, tmp_path, 0), pictures_of(corpus, [], ["train"])

    def ask(answer: float, state: str) -> set[float]:
        reader = Reader(lambda pixels: np.full(1, answer), state)
        sample = look_at(pictures, plan, {"network": reader}, lambda items, **options: items)
        return {*sample.arrays["network"].ravel().tolist()}

    assert ask(1, "before") == ask(2, "before") == {1} and ask(2, "trained anew") == {2}


def test_every_source_weighs_the_same_and_so_does_each_class() -> None:
    weights = source_weights(np.array([1, 1, 1, 1, 0]), np.array(list("abbbc")))
    assert weights / 5 == pytest.approx([1 / 4, 1 / 12, 1 / 12, 1 / 12, 1 / 2])


def test_features_are_parts_of_the_blocks_that_are_named(encoder: Path) -> None:
    model = Dinov2Model.from_pretrained(encoder).eval()
    x = torch.rand(2, 3, 28, 28)
    with torch.inference_mode():
        features = PooledTokens(model, (2, 5))(x)
        tokens = model(x, output_hidden_states=True).hidden_states[5]
    assert features.shape == (2, 6, HIDDEN)
    assert torch.allclose(features[:, 3], tokens[:, 0])
    assert torch.allclose(features[:, 4], tokens[:, 1:].mean(1))
    assert torch.allclose(features[:, 5], tokens[:, 1:].std(1))


def test_classifier_learns_what_is_there_and_not_the_source() -> None:
    rng = np.random.default_rng(0)
    labels, sources = np.arange(400) % 2, np.arange(400) // 2 % 10
    features = rng.normal(5, 3, (400, 6))
    features[:, 2] += 40 * labels
    names = np.array([f"s{source}" for source in sources])
    log_odds = fit_classifier(features, labels, names).log_odds(features)
    assert ((log_odds > 0) == labels).mean() > 0.9
    # Of a source that is not in the fold nothing is known.
    folds = [(np.flatnonzero(sources != s), np.flatnonzero(sources == s)) for s in range(10)]
    alone = np.eye(10)[sources] * 30 * (2 * labels[:, None] - 1)
    unseen = out_of_fold_log_odds(fit_classifier, alone, labels, names, folds)
    assert np.ptp(unseen[sources == 0]) < 0.1


def test_written_folder_opens_as_the_class_and_through_auto_classes(trained: Path) -> None:
    x = torch.rand(2, 3, SIDE, SIDE)
    opened = [
        Dinov2Detector.from_pretrained(trained),
        AutoModelForImageClassification.from_pretrained(trained),
        load_strictly(trained),
    ]
    with torch.inference_mode():
        first, *others = (model.float().eval()(x).logits for model in opened)
    assert first.shape == (2, 2) and torch.allclose(first.sum(1), torch.zeros(2), atol=1e-3)
    for other in others:
        assert torch.allclose(first, other, atol=1e-5)


def test_written_folder_keeps_only_the_blocks_that_are_read(trained: Path) -> None:
    config = Dinov2DetectorConfig.from_pretrained(trained)
    assert config.encoder["num_hidden_layers"] == max(config.layers) == DEPTH
    assert config.layers == list(LAYERS)
    assert config.id2label == {0: "real", 1: "ai"}


def test_openvino_answers_as_torch_does(trained: Path, tmp_path: Path) -> None:
    runtime = Runtime(tmp_path / "none", tmp_path / "ov", trained.parent, force_cpu=True)
    model = Dinov2Detector.from_pretrained(trained, dtype=torch.float32).eval()
    batch = preprocess(scene(7, 600, 500), Processor.read(trained))
    with torch.inference_mode():
        expected = model(torch.from_numpy(batch)).logits.numpy()
    answer = Network(trained / "openvino_model.xml", runtime)(batch)
    assert batch.shape == (1, 3, SIDE, SIDE)
    assert np.abs(answer - expected).max() < 0.02


def test_the_map_of_the_served_network_has_the_log_odds_as_its_mean(
    trained: Path, tmp_path: Path
) -> None:
    runtime = Runtime(tmp_path / "none", tmp_path / "ov", trained.parent, force_cpu=True)
    batch = preprocess(scene(7, 600, 500), Processor.read(trained))
    logits, evidence = Network(trained / "openvino_model.xml", runtime).outputs(batch)
    assert evidence.shape == (1, 16, 16) and evidence.std() > 0
    assert evidence.mean() == pytest.approx(logits[0, 1] - logits[0, 0], abs=1e-3)
    model = Dinov2Detector.from_pretrained(trained, dtype=torch.float32).eval()
    with torch.inference_mode():
        expected = WithEvidence(model)(torch.from_numpy(batch))[1].numpy()
    assert np.abs(evidence - expected).max() < 0.05 * np.abs(expected).max()


def test_a_cell_of_the_map_is_what_the_log_odds_lose_without_its_patch(trained: Path) -> None:
    model = Dinov2Detector.from_pretrained(trained, dtype=torch.float64).eval()
    views = torch.rand(2, 3, SIDE, SIDE, dtype=torch.float64)
    with torch.inference_mode():
        logits, evidence = WithEvidence(model)(views)
        layers = model.features.tokens(views)
        for patch in (0, 17, 255):
            kept = [torch.cat([t[:, : 1 + patch], t[:, 2 + patch :]], 1) for t in layers]
            without = model.judge(pool(kept))
            lost = (logits - without) @ torch.tensor([-1.0, 1.0], dtype=torch.float64)
            of_patch = evidence[:, patch // 16, patch % 16]
            # Up to what has no place, which is the same for all cells of a picture.
            even = of_patch - 256 * lost
            if patch == 0:
                first = even
            assert torch.allclose(even, first, atol=1e-6)
    assert torch.allclose(logits, model(pixel_values=views).logits)


def test_fine_tuning_can_start_from_it_and_freeze_all_but_the_classifier(trained: Path) -> None:
    model, knows = load_model(trained)
    assert knows
    freeze(model, "head")
    learnt = {name for name, value in model.named_parameters() if value.requires_grad}
    assert learnt == {"classifier.weight", "classifier.bias"}
    loss = model(torch.rand(2, 3, SIDE, SIDE), labels=torch.tensor([0, 1])).loss
    loss.backward()
    assert model.classifier.weight.grad.abs().sum() > 0


def test_metrics_tell_what_was_learnt_from_and_reached(trained: Path) -> None:
    metrics = json.loads((trained / "metrics.json").read_text())
    training = metrics["training"]
    assert (training["n_ai"], training["n_real"]) == (2 * SOURCES, 2 * SOURCES)
    assert len(training["learnt_from"]) == training["sources"] == 2 * SOURCES
    figures = metrics["calibration"]
    views = SOURCES * sum(min(count, 2) for name, count in MOST.items() if name != "clean")
    assert figures["n_ai"] == figures["n_real"] == views
    assert figures["roc_auc_interval"][0] <= figures["roc_auc"]


def test_cross_fitting_calibrates_and_fuses_all_methods_that_judge_pixels(trained: Path) -> None:
    output = trained.parent
    for name in (*chain.from_iterable(FOLDERS.values()), "fusion"):
        check_digests(output / name)
    before, after = load_fusion(WEIGHTS_DIR), load_fusion(output)
    assert set(after.subsets) == set(before.subsets)
    for name in chain.from_iterable(FOLDERS.values()):
        assert Calibration.read(output / name) != Calibration()
    config = json.loads((output / "fusion" / "config.json").read_text())
    everything = config["subsets"]["deep_learning+huggingface+statistical"]
    assert set(everything["weights"]) == set(FOLDERS)
    assert config["thresholds"] == everything["thresholds"]


def test_cross_fitting_teaches_method_2_the_same_sources(trained: Path) -> None:
    learnt = [
        json.loads((trained.parent / name / "metrics.json").read_text())["training"]
        for name in ("dinov2", "statistical")
    ]
    assert learnt[0]["learnt_from"] == learnt[1]["learnt_from"] != []
    met = [json.loads(each["arguments"]["pictures"]) for each in learnt]
    assert met == [MOST, MOST | MORE_OF_STATISTICS]


def test_statistics_learn_from_more_views_and_never_from_the_source_that_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pictures = [picture(f"s{i}", i % 2, f"p{i}") for i in range(6)]
    few, more = ({"JPEG 95": 1}, {"JPEG 95": 1, "JPEG 50": 1})
    samples = []
    for most in (few, more):
        views = views_in_turn(pictures, most)
        numbers = [[int(view.picture.source[1:]) + 10 * (view.condition == "JPEG 50")]
                   for view in views]  # fmt: skip
        labels = np.array([view.picture.label for view in views])
        sources = np.array([view.picture.source for view in views])
        arrays = {STATISTICAL: np.array(numbers, np.float32)}
        samples.append(dinov2_run.Sample(views, labels, sources, arrays, most))
    taught: list[list[str]] = []

    def fit(features: np.ndarray, labels: np.ndarray, sources: np.ndarray) -> SimpleNamespace:
        taught.append(sorted(sources))
        assert sorted(features[:, 0] % 10) == sorted(int(source[1:]) for source in sources)
        return SimpleNamespace(log_odds=lambda asked: asked[:, 0])

    monkeypatch.setattr(dinov2_run, "fit_statistics", fit)
    folds = [(np.arange(2, 6), np.arange(2)), (np.arange(2), np.arange(2, 6))]
    shorter = samples[1].take(np.array([view.picture.source != "s0" for view in samples[1].views]))
    assert [view.picture.source for view in dinov2_run._both_have(samples[0], shorter).views] == [
        "s1", "s2", "s3", "s4", "s5",
    ]  # fmt: skip
    answers = dinov2_run._unseen_by_more(samples[1], samples[0], [folds])
    assert answers.tolist() == [0, 1, 2, 3, 4, 5]
    assert taught == [sorted(["s2", "s3", "s4", "s5"] * 2), sorted(["s0", "s1"] * 2)]


def test_sources_that_method_1_has_learnt_are_left_out(
    encoder: Path, corpus: Path, trained: Path, tmp_path: Path
) -> None:
    copy_method_1(tmp_path)
    learnt = json.loads((trained / "metrics.json").read_text())["training"]["learnt_from"]
    path = tmp_path / "efficientnet_tiles" / "metrics.json"
    metrics = json.loads(path.read_text())
    metrics["training"]["learnt_from"].append(learnt[0])
    path.write_text(json.dumps(metrics))
    said = train(encoder, corpus, tmp_path, cross_fit=True)
    assert f"on {2 * SOURCES - 1} sources, out of fold" in said


def test_the_blocks_of_a_detector_serve_as_encoder(trained: Path, encoder: Path) -> None:
    pixels = np.asarray(scene(5, 300, 240))
    own, bundled = load_features(encoder)(pixels), load_features(trained)(pixels)
    assert own.shape == bundled.shape
    assert np.corrcoef(own.astype(float), bundled.astype(float))[0, 1] > 0.999


def test_one_class_alone_is_refused(encoder: Path, tmp_path: Path) -> None:
    for index in range(3):
        row = {"split": "train", "label": "ai", "source": "s", "file": f"{index}.png"}
        Image.new("RGB", (80, 70)).save(tmp_path / row["file"])
        with (tmp_path / "manifest.jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")
    with pytest.raises(CommandError, match="both classes"):
        train(encoder, tmp_path, tmp_path / "weights")
