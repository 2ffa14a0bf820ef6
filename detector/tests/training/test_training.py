"""The training commands on a small real corpus: what they write is what serving loads."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from PIL import Image
from pytest_django import Settings
from safetensors.torch import save_file

from detector.inference.images import open_image
from detector.inference.methods import METHODS
from detector.inference.methods.deep_learning import JOINT, DeepLearning
from detector.inference.methods.huggingface import HuggingFace
from detector.inference.methods.statistical import Statistical
from detector.inference.pipeline import Detector
from detector.inference.pixels.conditions import encode_jpeg
from detector.inference.pixels.tiles import scale_to
from detector.inference.runtime import Runtime
from detector.inference.verdict.fusion import load_fusion
from detector.tests.factories.dinov2 import save_tiny_encoder
from detector.tests.factories.processes import run_python
from detector.training.corpus.labelled import (
    Picture,
    balanced_weights,
    hold_out_sources,
    read_corpus,
)
from detector.training.corpus.learnt_sources import digests, learnt_by
from detector.training.figures.intervals import wilson_interval
from detector.training.figures.metrics import expected_calibration_error, summarise
from detector.training.pictures.augment import CONDITIONS, TRACES, VIEWS, Draw
from detector.training.pictures.preparation import calibration_pictures, decode_corpora
from detector.training.pictures.regions import NATIVE, WHOLE, Regions, cut_regions

PER_CLASS = 40
SIDE = 160


def make_picture(path: Path, rng: np.random.Generator, *, ai: bool) -> None:
    """Noise on a gradient; the AI ones carry a coarse grid that survives halving."""
    pixels = np.linspace(60, 190, SIDE)[None, :, None] + rng.normal(0, 10, (SIDE, SIDE, 3))
    if ai:
        pixels = pixels[::4, ::4].repeat(4, 0).repeat(4, 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path, quality=95)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    rng = np.random.default_rng(0)
    for split, count in (("train", PER_CLASS), ("val", 8)):
        for index in range(count):
            make_picture(folder / split / "ai" / f"a{index}.jpg", rng, ai=True)
            make_picture(folder / split / "real" / f"r{index}.jpg", rng, ai=False)
    return folder


@pytest.fixture(scope="module")
def weights(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights folder made by the training commands, one after another."""
    output, cache = tmp_path_factory.mktemp("weights"), tmp_path_factory.mktemp("cache")
    common = {"data_dir": corpus, "output": output, "cache": cache, "workers": 2}
    call_command("train_statistical", crops=4, stdout=io.StringIO(), **common)
    for look in ("tiles", "whole"):
        call_command(
            "train_efficientnet", look=look, steps=4, batch_size=4, stdout=io.StringIO(), **common
        )
    encoder = save_tiny_encoder(tmp_path_factory.mktemp("encoder"))
    call_command("train_dinov2", encoder=encoder, stdout=io.StringIO(), **common)
    call_command("train_fusion", stdout=io.StringIO(), **common)
    return output


@pytest.fixture
def runtime(weights: Path, tmp_path: Path) -> Runtime:
    return Runtime(tmp_path / "none", tmp_path / "ov", weights, tmp_path / "hub", force_cpu=True)


def test_serving_loads_what_training_wrote(runtime: Runtime, corpus: Path):
    verdict = Detector(runtime).detect(open_image(corpus / "val" / "ai" / "a0.jpg"))
    status = {result.key: result.status for result in verdict.methods}
    assert status == {
        "deep_learning": "ok",
        "statistical": "ok",
        "forensics": "abstained",
        "huggingface": "ok",
    }


def test_statistical_model_learns_a_trace_that_is_there(runtime: Runtime, corpus: Path):
    # Log-odds before calibration: twelve pictures are too few to calibrate anything by.
    method = Statistical(runtime)
    logits = {
        name: [
            method.predict(open_image(path)).raw_log_odds["statistical"]
            for path in (corpus / "val" / name).iterdir()
        ]
        for name in ("ai", "real")
    }
    assert min(logits["ai"]) > max(logits["real"])


def test_networks_answer_alike_in_torch_and_in_openvino(
    runtime: Runtime, weights: Path, corpus: Path
):
    from detector.training.learning.efficientnet import load_evidence_map

    image = open_image(corpus / "val" / "real" / "r0.jpg")
    tile = np.pad(image.pixels, ((0, 96), (0, 96), (0, 0)), "symmetric")
    view = scale_to(image.pixels, 224)
    with torch.inference_mode():
        trained = {
            "efficientnet_tiles": load_evidence_map(weights / "efficientnet_tiles")(as_batch(tile)),
            "efficientnet_whole": load_evidence_map(weights / "efficientnet_whole")(as_batch(view)),
        }
    served = dict(DeepLearning(runtime).predict(image).raw_log_odds)
    # The head of both says nothing until `train_dinov2 --cross-fit` fits one.
    assert served.pop(JOINT) == 0
    # Shipped in fp16.
    assert served == pytest.approx({k: float(v.mean()) for k, v in trained.items()}, abs=0.02)


def test_the_average_of_trainings_is_a_weights_folder_of_its_own(
    corpus: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from detector.lab import averaging as soup
    from detector.training.learning.efficientnet import load_evidence_map

    monkeypatch.setattr(soup, "BATCHES", 2)
    other = tmp_path / "other"
    common = {"data_dir": corpus, "look": "whole", "workers": 1, "stdout": io.StringIO()}
    made = {"output": other, "cache": tmp_path / "cache"}
    make_picture(tmp_path / "more" / "train" / "ai" / "m.jpg", np.random.default_rng(0), ai=True)
    how = {"steps": 2, "batch_size": 4, "draw_seed": 5, "more": [tmp_path / "more"]}
    call_command("train_efficientnet", **how, **common, **made)
    first = tmp_path / "first"
    shutil.copytree(weights / "efficientnet_whole", first / "efficientnet_whole")
    both = [first, other]
    for folder in both:
        path = folder / "efficientnet_whole" / "metrics.json"
        metrics = json.loads(path.read_text())
        metrics["training"]["learnt_from"] = [folder.name]
        path.write_text(json.dumps(metrics))
    made["output"] = tmp_path / "mean"
    call_command("average_efficientnets", of=both, **common, **made)
    name = "classifier.weight"
    a, b, mean = (
        load_evidence_map(folder / "efficientnet_whole").state_dict()[name].float()
        for folder in (*both, tmp_path / "mean")
    )
    assert torch.allclose(mean, (a + b) / 2, atol=1e-3) and not torch.equal(a, b)
    statistics = "backbone.bn1.running_mean"
    a, b, measured = (
        load_evidence_map(folder / "efficientnet_whole").state_dict()[statistics].float()
        for folder in (*both, tmp_path / "mean")
    )
    assert not torch.allclose(measured, (a + b) / 2, rtol=0.01)
    folder = tmp_path / "mean" / "efficientnet_whole"
    training = json.loads((folder / "metrics.json").read_text())["training"]
    assert [one["arguments"]["seed"] for one in training["average_of"]] == [4, 5]
    assert [one["n_ai"] for one in training["average_of"]] == [
        training["n_ai"],
        training["n_ai"] + 1,
    ]
    own = learnt_by(weights / "efficientnet_whole")
    assert set(training["learnt_from"]) == {"first", "other"} | own
    assert "The average of the weights of 2 trainings" in (folder / "README.md").read_text()
    assert {path.name for path in folder.iterdir()} == {
        path.name for path in (other / "efficientnet_whole").iterdir()
    }


@pytest.mark.parametrize(
    ("folders", "said"),
    [
        (["weights"], "1 folder given; an average needs two or more"),
        (["weights", "nowhere"], "No such file.*nowhere"),
        (["weights", "weights"], "1 folder given; an average needs two or more"),
        (["weights", "other", "other"], "A folder is given twice"),
        (["weights", "other"], "Not every folder holds an EvidenceMap: no backbone"),
        (["weights", "damaged"], "damaged/efficientnet_whole is no folder of a training: .*header"),
        (["weights", "unknown"], "unknown/.* is no folder of a training: .*say what was learnt"),
        (["weights", "tiles"], "tiles/.* is no folder of a training: it holds efficientnet_tiles"),
        (["weights", "seeded"], "seeded/efficientnet_whole was trained with --seed 5, not 4"),
    ],
)
def test_what_cannot_be_averaged_is_refused(
    corpus: Path, weights: Path, tmp_path: Path, folders: list[str], said: str
) -> None:
    metrics = json.loads((weights / "efficientnet_whole" / "metrics.json").read_text())
    training = metrics["training"]
    places = {"weights": weights, "nowhere": tmp_path / "nowhere"}
    for name, changed in {
        "other": {},
        "damaged": {},
        "unknown": {"training": {k: v for k, v in training.items() if k != "learnt_from"}},
        "tiles": {"model": "efficientnet_tiles"},
        "seeded": {"training": training | {"split_seed": 5}},
    }.items():
        places[name] = tmp_path / name
        folder = places[name] / "efficientnet_whole"
        folder.mkdir(parents=True)
        save_file({"something": torch.zeros(3)}, folder / "model.safetensors")
        (folder / "metrics.json").write_text(json.dumps(metrics | changed))
    (tmp_path / "damaged" / "efficientnet_whole" / "model.safetensors").write_bytes(b"version 1")
    with pytest.raises(CommandError, match=said):
        call_command(
            "average_efficientnets",
            data_dir=corpus, look="whole", of=[places[name] for name in folders], workers=1,
            cache=tmp_path / "cache", output=tmp_path / "mean",
        )  # fmt: skip
    assert not (tmp_path / "mean").exists()


def as_batch(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None].float()


def test_bundled_member_is_a_checkpoint_that_transformers_loads(weights: Path):
    from detector.checkpoints.convert import load_strictly

    model = load_strictly(weights / "dinov2")
    assert model.config.id2label == {0: "real", 1: "ai"}


def test_bundled_vit_is_said_to_be_bundled(runtime: Runtime, corpus: Path):
    answer = HuggingFace(runtime).predict(open_image(corpus / "val" / "ai" / "a0.jpg"))
    assert answer.exhibit("members")["members"][0]["state"] == "bundled"


def test_metrics_say_what_was_trained_on_and_what_is_reached(weights: Path, corpus: Path):
    for name in chain.from_iterable(spec.weights for spec in METHODS.values()):
        if name == JOINT:
            continue  # it has learnt nothing yet
        metrics = json.loads((weights / name / "metrics.json").read_text())
        assert metrics["training"]["n_ai"] + metrics["calibration"]["n_ai"] == PER_CLASS
        assert metrics["training"]["split_seed"] == 4
        read = {p.source for p in read_corpus(corpus) if p.split == "train"}
        held = {p.source for p in calibration_pictures(corpus, 4)}
        assert len(metrics["training"]["learnt_from"]) == len(read - held)
        assert metrics["calibration"]["roc_auc_interval"][0] <= metrics["calibration"]["roc_auc"]


def test_fusion_knows_every_subset_of_methods(weights: Path):
    fusion = load_fusion(weights)
    assert len(fusion.subsets) == 7
    assert fusion.thresholds.real <= fusion.thresholds.ai


def test_training_resumes_where_it_was_stopped(corpus: Path, tmp_path: Path):
    common: dict[str, Any] = {"data_dir": corpus, "output": tmp_path / "w", "workers": 1}
    common |= {"cache": tmp_path / "c"}
    common |= {"look": "tiles", "steps": 2, "batch_size": 2, "stdout": io.StringIO()}
    call_command("train_efficientnet", **common)
    (checkpoint,) = (tmp_path / "c").glob("efficientnet_tiles-*.pt")
    assert torch.load(checkpoint, weights_only=True)["step"] == 2
    weights = tmp_path / "w" / "efficientnet_tiles" / "model.safetensors"
    before = weights.read_bytes()
    call_command("train_efficientnet", **common)
    assert weights.read_bytes() == before


def test_a_folder_without_pictures_is_a_clear_error(tmp_path: Path):
    with pytest.raises(CommandError, match=r"No pictures in .*needed is manifest\.jsonl"):
        call_command("train_statistical", data_dir=tmp_path, cache=tmp_path / "c", output=tmp_path)


@pytest.fixture
def evaluate(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> Callable[..., tuple[str, str]]:
    """`manage.py evaluate` of the weights of these tests; returns both its streams."""
    settings.DATA_DIR = tmp_path / "local"
    monkeypatch.setattr(
        "detector.management.commands.evaluate.get_detector", lambda: Detector(runtime)
    )

    def run(corpus: Path, **options: Any) -> tuple[str, str]:
        out, err = io.StringIO(), io.StringIO()
        options |= {"data_dir": corpus, "split": "val", "conditions": ["JPEG 70"]}
        call_command("evaluate", stdout=out, stderr=err, **options)
        return out.getvalue(), err.getvalue()

    return run


def test_evaluate_reports_each_method_with_n_and_interval(
    evaluate: Callable[..., tuple[str, str]], corpus: Path, tmp_path: Path
):
    output, warned = evaluate(corpus, report=tmp_path / "r")
    assert "Warning" not in warned
    report = json.loads((tmp_path / "r" / "report.json").read_text())
    figures = report["conditions"]["JPEG 70"]
    assert set(figures) == {*METHODS, "fused"}
    assert figures["fused"]["n_ai"] == figures["fused"]["n_real"] == 8
    assert "Statistical Pattern Analysis" in output
    assert "## JPEG 70" in output


def test_evaluate_says_what_was_learnt_from(
    evaluate: Callable[..., tuple[str, str]], corpus: Path, tmp_path: Path
):
    held = {p.source for p in calibration_pictures(corpus, 4)}
    pictures = [p for p in read_corpus(corpus) if p.split == "train" and p.source not in held]
    known = next(p.source for p in pictures if p.label)
    rows = []
    for label, source in (("ai", known), ("real", "another")):
        make_picture(tmp_path / f"{label}.jpg", np.random.default_rng(0), ai=label == "ai")
        rows.append({"split": "val", "label": label, "source": source, "file": f"{label}.jpg"})
    (tmp_path / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)))
    _, warned = evaluate(tmp_path)
    said = (
        f"dinov2 has learnt from 1 of the sources ({known}): its figures on these sources are "
        "too good."
    )
    assert f"Warning: {said}" in warned and "another" not in warned


def test_manifest_tells_source_and_generator(corpus: Path, tmp_path: Path):
    row = {"split": "train", "label": "ai", "source": "a/b", "generator": "sdxl"}
    rows = [row | {"file": "x.jpg"}, row | {"file": "gone.jpg"}, row | {"crop": "y.jpg"}]
    for name in ("x.jpg", "y.jpg"):
        make_picture(tmp_path / name, np.random.default_rng(0), ai=True)
    (tmp_path / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)))
    pictures = read_corpus(tmp_path)
    assert [p.path.name for p in pictures] == ["x.jpg", "y.jpg"]
    assert {(p.label, p.group) for p in pictures} == {(1, "a/b:sdxl")}


def test_sources_are_held_out_whole_and_from_both_classes():
    pictures = [
        Picture(Path(f"{label}-{source}-{index}"), "train", label, f"{label}-{source}")
        for label in (0, 1) for source in range(20) for index in range(1 + source)
    ]  # fmt: skip
    held = hold_out_sources(pictures, 0.2, seed=0)
    share = balanced_weights(pictures)[[p.source in held for p in pictures]].sum()
    assert 0.1 <= share <= 0.2
    assert {source[0] for source in held} == {"0", "1"}
    assert held == hold_out_sources(pictures, 0.2, seed=0)


def test_balance_gives_classes_the_same_weight_and_large_sources_less_a_picture():
    sizes = {(0, "large"): 100, (0, "small"): 4, (1, "only"): 9}
    pictures = [
        Picture(Path(str(i)), "train", label, source)
        for (label, source), size in sizes.items() for i in range(size)
    ]  # fmt: skip
    weights = balanced_weights(pictures)
    assert weights[:104].sum() == pytest.approx(0.5) and weights.sum() == pytest.approx(1)
    assert weights[100] / weights[0] == pytest.approx(5)  # sqrt(100 / 4)


@pytest.mark.parametrize("augmentation", [TRACES, VIEWS])
@pytest.mark.parametrize("size", [(40, 40), (96, 300), (384, 384)])
def test_augmented_crops_have_the_size_that_was_asked_for(
    size: tuple[int, int], augmentation: Draw
):
    rng = np.random.default_rng(0)
    region = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    for _ in range(30):
        crop = augmentation.random_crop(region, 96, rng)
        assert crop.shape == (96, 96, 3) and crop.dtype == np.uint8


@pytest.mark.parametrize("name", list(CONDITIONS))
def test_conditions_keep_a_picture_a_picture(name: str):
    rng = np.random.default_rng(0)
    pixels = rng.integers(90, 160, (128, 96, 3), dtype=np.uint8)
    changed = CONDITIONS[name](pixels)
    if name not in ("screenshot chain", "same size"):  # sizes of their own
        assert changed.shape[:2] == ((64, 48) if "half" in name else (128, 96))
        assert abs(changed.mean() - pixels.mean()) < 3
    assert changed.dtype == np.uint8 and changed.shape[2] == 3


def test_encoding_keeps_the_order_of_the_channels():
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 200
    assert encode_jpeg(red, 95)[..., 0].mean() > 150


def test_regions_resume_and_leave_out_what_cannot_be_read(corpus: Path, tmp_path: Path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"not a picture")
    pictures = [
        Picture(path, "train", 0, "s") for path in (corpus / "val" / "real" / "r0.jpg", broken)
    ]
    regions = Regions(tmp_path / "cache", pictures, NATIVE)
    assert list(regions.build(workers=1)) == [0, 1]
    again = Regions(tmp_path / "cache", pictures, NATIVE)
    assert list(again.build(workers=1)) == []
    assert list(again.readable()) == [0] and again.count(0) == 1
    assert np.array_equal(again.get(0, 0), cut_regions(pictures[0].path)[0])


def test_a_whole_view_holds_all_of_the_picture_but_the_ends_of_a_long_one(tmp_path: Path):
    path = tmp_path / "wide.png"
    pixels = np.zeros((600, 3000, 3), np.uint8)
    pixels[:, :1500, 0] = 200
    Image.fromarray(pixels).save(path)
    (view,) = WHOLE.of(path)
    assert view.shape == (256, 384, 3)
    assert view[:, :190, 0].min() == 200 and view[:, 194:].max() == 0


def test_small_pictures_are_not_enlarged_for_their_view(corpus: Path):
    path = corpus / "val" / "real" / "r0.jpg"
    (view,) = WHOLE.of(path)
    assert np.array_equal(view, open_image(path).pixels)


def test_everything_of_a_further_corpus_is_learnt_from_and_nothing_else_changes(
    corpus: Path, tmp_path: Path
):
    more = tmp_path / "more"
    for index in range(3):
        make_picture(more / "train" / "ai" / f"m{index}.jpg", np.random.default_rng(index), ai=True)
    make_picture(more / "val" / "ai" / "v.jpg", np.random.default_rng(9), ai=True)

    def learnt(**options: Any) -> set[Path]:
        prepared = decode_corpora(
            corpus, tmp_path / "c", seed=4, workers=1, progress=lambda items, **_: items, **options
        )
        kept = {prepared.regions.pictures[i].path for i in prepared.learn}
        assert all(prepared.regions.get(int(i), 0).size for i in prepared.learn)
        return kept

    assert learnt(further_folders=[more]) - learnt() == set((more / "train" / "ai").iterdir())


def test_all_of_a_further_corpus_calibrates(corpus: Path, tmp_path: Path):
    make_picture(tmp_path / "train" / "ai" / "new.jpg", np.random.default_rng(0), ai=True)
    make_picture(tmp_path / "val" / "ai" / "v.jpg", np.random.default_rng(1), ai=True)
    plain = calibration_pictures(corpus, 4)
    further = set(calibration_pictures(corpus, 4, [tmp_path])) - set(plain)
    assert [picture.source for picture in further] == [f"{tmp_path.name}/train/ai/new.jpg"]


@pytest.mark.parametrize("how", ["more", "seed", "last"])
def test_what_was_learnt_from_cannot_calibrate(
    corpus: Path, weights: Path, tmp_path: Path, how: str
) -> None:
    common: dict[str, Any] = {"data_dir": corpus, "output": tmp_path / "w", "workers": 1}
    shutil.copytree(weights, common["output"])
    before = {path: path.read_bytes() for path in common["output"].rglob("*.json")}
    learnt = {p.source for p in read_corpus(corpus) if p.split == "train"}
    learnt -= {picture.source for picture in calibration_pictures(corpus, 4)}
    more = tmp_path / "more"
    make_picture(more / "a.jpg", np.random.default_rng(2), ai=False)
    row = {"split": "train", "label": "real", "source": min(learnt), "file": "a.jpg"}
    (more / "manifest.jsonl").write_text(json.dumps(row))
    ways: dict[str, dict[str, Any]] = {"more": {"more": [more]}, "seed": {"seed": 5}, "last": {}}
    name = "dinov2" if how == "last" else "efficientnet_tiles"
    if how == "last":  # one alone, and not the first that is asked
        path = common["output"] / name / "metrics.json"
        metrics = json.loads(path.read_text())
        metrics["training"]["learnt_from"] += digests(calibration_pictures(corpus, 4)[:1])
        path.write_text(json.dumps(metrics))
        before[path] = path.read_bytes()
    with pytest.raises(CommandError, match=f"{name} learnt from it, so it cannot calibrate"):
        call_command("train_fusion", **common, **ways[how])
    assert {path: path.read_bytes() for path in common["output"].rglob("*.json")} == before


def test_a_training_of_other_pictures_or_draws_starts_anew(corpus: Path, tmp_path: Path):
    common: dict[str, Any] = {"output": tmp_path / "w", "cache": tmp_path / "c", "workers": 1}
    common |= {"batch_size": 2, "data_dir": corpus, "steps": 1, "stdout": io.StringIO()}
    common |= {"look": "tiles"}
    path = tmp_path / "more" / "train" / "ai" / "m.jpg"
    others: list[dict[str, Any]] = [{}, {"more": [path.parents[2]]}, {"draw_seed": 5}]
    for count, other in enumerate(others, 1):
        make_picture(path, np.random.default_rng(0), ai=True)
        call_command("train_efficientnet", **common, **other)
        assert len(set((tmp_path / "c").glob("efficientnet_tiles-*.pt"))) == count
    make_picture(path, np.random.default_rng(1), ai=True)  # another picture of that name
    call_command("train_efficientnet", **common, more=[path.parents[2]])
    assert len(set((tmp_path / "c").glob("efficientnet_tiles-*.pt"))) == 4


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("train_efficientnet", {"look": "tiles"}),
        ("train_dinov2", {"encoder": Path("none")}),
        ("train_fusion", {}),
    ],
)
def test_what_tests_is_not_learnt_from(
    corpus: Path, weights: Path, tmp_path: Path, command: str, options: dict[str, Any]
) -> None:
    tested = next(p.source for p in read_corpus(corpus) if p.split == "val")
    make_picture(tmp_path / "a.jpg", np.random.default_rng(2), ai=False)
    row = {"split": "train", "label": "real", "source": tested, "file": "a.jpg"}
    (tmp_path / "manifest.jsonl").write_text(json.dumps(row))
    with pytest.raises(CommandError, match=f"{tested}: of the val split, so kept from training"):
        call_command(
            command, data_dir=corpus, more=[tmp_path], cache=tmp_path, output=weights, **options
        )


def test_workers_start_after_opencv_has_worked_with_threads(corpus: Path, tmp_path: Path):
    code = f"""
import cv2, numpy as np
cv2.setNumThreads(4)
cv2.GaussianBlur(np.zeros((2000, 2000, 3), np.uint8), (0, 0), 5)
from pathlib import Path
from detector.training.corpus.labelled import read_corpus
from detector.training.pictures.preparation import calibration_pictures, decode_corpora
data, cache = Path({str(corpus)!r}), Path({str(tmp_path)!r})
decode_corpora(data, cache, seed=4, workers=2, progress=lambda items, **_: items)
"""
    done = run_python("-c", code, data_dir=tmp_path)  # which gives up after two minutes
    assert done.returncode == 0, done.stderr


def test_wilson_interval_is_honest_about_few_pictures():
    assert wilson_interval(6, 6) == pytest.approx((0.61, 1.0), abs=0.005)
    assert wilson_interval(0, 0) == (0.0, 1.0)


def test_calibration_error_is_the_gap_between_shown_and_true_share():
    labels = np.array([1, 1, 1, 0, 0, 0])
    assert expected_calibration_error(labels, labels.astype(float)) == 0
    assert expected_calibration_error(labels, np.full(6, 0.9)) == pytest.approx(0.4)


def test_summary_of_a_perfect_and_of_a_useless_score():
    labels = np.repeat([0, 1], 50)
    assert summarise(labels, labels.astype(float))["roc_auc"] == 1
    useless = summarise(labels, np.tile([0.2, 0.8], 50))
    assert useless["roc_auc"] == pytest.approx(0.5)
    assert useless["roc_auc_interval"][0] < 0.5 < useless["roc_auc_interval"][1]
