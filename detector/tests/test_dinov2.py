"""The DINOv2 detector on a tiny random encoder: degradations, features, head, weights folder."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from transformers import AutoModelForImageClassification, Dinov2Config, Dinov2Model

from detector.inference.methods.huggingface.convert import load_strictly
from detector.inference.methods.huggingface.preprocess import preprocess
from detector.inference.runtime import Network, Runtime
from detector.inference.tiles import whole_and_crops
from detector.networks.dinov2_detector import (
    DEPTH,
    LAYERS,
    SIDE,
    Dinov2Detector,
    Dinov2DetectorConfig,
    PooledTokens,
)
from detector.training.corpus import Picture
from detector.training.degradation import Degradation
from detector.training.dinov2_head import Recipe, fit_head, source_weights
from detector.training.dinov2_views import extract, fixed_views, in_turn, random_views

from .pictures import encode, noise, scene

HIDDEN = 8


def tiny_config() -> Dinov2Config:
    return Dinov2Config(
        hidden_size=HIDDEN,
        num_hidden_layers=DEPTH + 2,
        num_attention_heads=2,
        image_size=28,
        patch_size=14,
        mlp_ratio=1,
    )


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random encoder of two blocks more than are kept, as a transformers folder."""
    folder = tmp_path_factory.mktemp("encoder")
    torch.manual_seed(0)
    model = Dinov2Model(tiny_config())
    for block in model.encoder.layer:  # as in trained ones, blocks matter
        for scale in (block.layer_scale1, block.layer_scale2):
            torch.nn.init.normal_(scale.lambda1)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sources of four pictures in each class, and a file that is no picture."""
    folder, rows = tmp_path_factory.mktemp("corpus"), []
    for index in range(16):
        label, source = ("ai", "real")[index % 2], f"{'ab'[index % 2]}/{index % 4}"
        name = f"{index}.png"
        rows.append({"split": "train", "label": label, "source": source, "file": name})
        picture = noise() if label == "ai" else scene(index, 300, 260)
        (folder / name).write_bytes(encode(picture, "PNG"))
    (folder / "broken.png").write_bytes(b"no picture")
    rows.append({"split": "train", "label": "ai", "source": "a/0", "file": "broken.png"})
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def trained(encoder: Path, corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("weights")
    train(encoder, corpus, output)
    return output / "dinov2"


def train(encoder: Path, corpus: Path, output: Path, **options: object) -> None:
    call_command(
        "train_dinov2", data=corpus, encoder=encoder, output=output, cache=output / "cache",
        workers=1, stdout=io.StringIO(), **options,
    )  # fmt: skip


def picture(source: str, label: int, name: str = "x") -> Picture:
    return Picture(Path(f"{name}.png"), "train", label, source)


@pytest.mark.parametrize("size", [(1, 1), (40, 300), (260, 200)])
def test_degraded_pictures_are_pictures_and_follow_from_the_seed(size: tuple[int, int]):
    pixels = np.asarray(scene(3, *size))
    for seed in range(40):
        first = Degradation()(pixels, np.random.default_rng(seed))
        again = Degradation()(pixels, np.random.default_rng(seed))
        assert first.dtype == np.uint8 and first.ndim == 3 and min(first.shape) > 0
        assert np.array_equal(first, again)


def test_degradation_reduces_what_is_larger_than_the_web_shows():
    pixels = np.zeros((3000, 3100, 3), np.uint8)
    never = Degradation(thumbnail=0, scale=0, screenshot=0, letterbox=0, retouch=0, encode=0)
    sides = [min(never(pixels, np.random.default_rng(seed)).shape[:2]) for seed in range(8)]
    assert min(sides) >= 700 and max(sides) <= never.largest


def test_every_view_is_of_the_size_that_the_network_takes():
    for size in ((30, 20), (700, 300)):
        pixels = np.asarray(scene(1, *size))
        views = random_views(pixels, np.random.default_rng(0)) + fixed_views(pixels)
        assert {view.shape for view in views} == {(SIDE, SIDE, 3)}


def test_pictures_come_in_turn_from_all_sources():
    pictures = [picture(source, 1, f"{source}{i}") for source in "ab" for i in range(3)]
    assert [p.path.stem for p in in_turn(pictures, most=2)] == ["a0", "b0", "a1", "b1"]


def test_every_source_weighs_the_same_and_so_does_each_class():
    weights = source_weights([picture("a", 1), *[picture("b", 1)] * 3, picture("c", 0)])
    assert weights == pytest.approx([1 / 4, 1 / 12, 1 / 12, 1 / 12, 1 / 2])


def test_features_are_parts_of_the_layers_that_are_named(encoder: Path):
    model = Dinov2Model.from_pretrained(encoder).eval()
    x = torch.rand(2, 3, 28, 28)
    with torch.inference_mode():
        got = PooledTokens(model, (2, 5))(x)
        tokens = model(x, output_hidden_states=True).hidden_states[5]
    assert got.shape == (2, 6, HIDDEN)
    assert torch.allclose(got[:, 3], tokens[:, 0])
    assert torch.allclose(got[:, 4], tokens[:, 1:].mean(1))
    assert torch.allclose(got[:, 5], tokens[:, 1:].std(1))


def test_features_are_computed_once_and_an_unreadable_picture_has_none(tmp_path: Path):
    (tmp_path / "good.png").write_bytes(encode(noise(), "PNG"))
    (tmp_path / "bad.png").write_bytes(b"no picture")
    pictures = [Picture(tmp_path / f"{name}.png", "train", 1, "s") for name in ("good", "bad")]
    asked = []

    def features(rgb: np.ndarray) -> np.ndarray:
        asked.append(len(rgb))
        return np.ones((len(rgb), 3, HIDDEN), np.float16)

    for _ in range(2):
        paths = list(extract(pictures, tmp_path / "features", random_views, features))
    assert [np.load(path).ndim for path in paths] == [3, 1]
    assert len(asked) == 1


def test_head_learns_what_is_there_and_gives_log_odds():
    rng = np.random.default_rng(0)
    labels = np.arange(400) % 2
    features = rng.normal(5, 3, (400, 3, HIDDEN)).astype(np.float16)
    features[:, 1, 2] += 6 * labels
    recipe = Recipe(width=16, epochs=40, learning_rate=3e-3)
    head = fit_head(features, labels, np.full(400, 1 / 400), recipe)
    with torch.inference_mode():
        said = head(torch.from_numpy(features).float()).numpy()
    assert ((said > 0) == labels).mean() > 0.85
    assert len(head.members) == 3


def test_written_folder_opens_as_the_class_and_through_auto_classes(trained: Path):
    x = torch.rand(2, 3, SIDE, SIDE)
    opened = [
        Dinov2Detector.from_pretrained(trained),
        AutoModelForImageClassification.from_pretrained(trained),
        load_strictly(trained),
    ]
    with torch.inference_mode():
        first, *others = (model.float().eval()(x).logits for model in opened)
    assert first.shape == (2, 2) and torch.allclose(first.sum(1), torch.zeros(2), atol=1e-5)
    for other in others:
        assert torch.allclose(first, other, atol=1e-5)


def test_written_folder_keeps_only_the_blocks_that_are_read(trained: Path):
    config = Dinov2DetectorConfig.from_pretrained(trained)
    assert config.encoder["num_hidden_layers"] == max(config.layers) == DEPTH
    assert config.layers == list(LAYERS)
    assert config.id2label == {0: "real", 1: "ai"}


def test_openvino_says_what_torch_says(trained: Path, tmp_path: Path):
    runtime = Runtime(tmp_path / "none", tmp_path / "ov", trained.parent, force_cpu=True)
    model = Dinov2Detector.from_pretrained(trained, dtype=torch.float32).eval()
    processor = json.loads((trained / "preprocessor_config.json").read_text())
    batch = preprocess(scene(7, 600, 500), processor)
    with torch.inference_mode():
        wanted = model(torch.from_numpy(batch)).logits.numpy()
    got = Network(trained / "openvino_model.xml", runtime)(batch)
    assert len(batch) == 1 + processor["native_crops"]
    assert np.abs(got - wanted).max() < 0.02


def test_serving_looks_at_what_was_measured(trained: Path):
    processor = json.loads((trained / "preprocessor_config.json").read_text())
    rgb = scene(7, 600, 500)
    views = whole_and_crops(np.asarray(rgb), SIDE, processor["native_crops"])
    mean, std = (np.array(processor[f"image_{name}"], np.float32) for name in ("mean", "std"))
    wanted = ((views / np.float32(255) - mean) / std).transpose(0, 3, 1, 2)
    assert np.abs(preprocess(rgb, processor) - wanted).max() < 1e-5
    assert np.array_equal(views[1], np.asarray(rgb)[138:362, 38:262])


def test_metrics_say_what_was_learnt_from(trained: Path):
    training = json.loads((trained / "metrics.json").read_text())["training"]
    assert (training["n_ai"], training["n_real"], training["sources"]) == (8, 8, 4)
    assert len(training["learnt_from"]) == 4


def test_sources_kept_back_are_not_learnt_from(encoder: Path, corpus: Path, tmp_path: Path):
    (tmp_path / "sources").write_text("a/0\n")
    train(encoder, corpus, tmp_path, keep_back=tmp_path / "sources", epochs=1)
    training = json.loads((tmp_path / "dinov2" / "metrics.json").read_text())["training"]
    assert (training["n_ai"], training["n_real"], training["sources"]) == (4, 8, 3)


def test_one_class_alone_is_refused(encoder: Path, corpus: Path, tmp_path: Path):
    (tmp_path / "sources").write_text("a/0 a/2")
    with pytest.raises(CommandError, match="both classes"):
        train(encoder, corpus, tmp_path, keep_back=tmp_path / "sources")
