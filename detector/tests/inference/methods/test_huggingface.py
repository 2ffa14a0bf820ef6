"""Method 4 on small real checkpoints: which weights it takes, and what it makes of them."""

from __future__ import annotations

import io
import json
import logging
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModelForImageClassification

from detector.checkpoints.labels import ai_indices, ai_probability
from detector.checkpoints.members import MEMBERS
from detector.checkpoints.preprocess import place_of_view, preprocess
from detector.checkpoints.processor import Processor
from detector.inference.images import SourceImage, open_image
from detector.inference.method import Answer, MethodUnavailable
from detector.inference.methods.huggingface import HuggingFace
from detector.inference.numbers import log_odds
from detector.inference.pixels.heat_map import Box
from detector.inference.runtime import WEIGHTS_DIR, Runtime
from detector.inference.verdict.calibration import Calibration
from detector.inference.weights.ranges import Fields
from detector.networks.dinov2_detector import VIT_SMALL, Dinov2Detector, Dinov2DetectorConfig
from detector.tests.factories.checkpoints import (
    PROCESSOR,
    put_in_cache,
    remove_head,
    rename_labels,
    save_tiny_vit,
)
from detector.tests.factories.pictures import scene

VIT, AI_HUMAN, WILDFAKE = MEMBERS


@pytest.fixture
def image(jpeg: bytes) -> SourceImage:
    return open_image(jpeg)


@pytest.fixture(scope="session")
def compiled_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Converted once for all tests: the networks are found by the content of their folders."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture
def runtime(tmp_path: Path, compiled_dir: Path) -> Runtime:
    """A machine without any weights."""
    return Runtime(
        finetuned_dir=tmp_path / "finetuned",
        compiled_dir=compiled_dir,
        weights_dir=tmp_path / "weights",
        hub_cache=tmp_path / "cache",
        force_cpu=True,
    )


@pytest.fixture(scope="session")
def tiny_vit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_vit(tmp_path_factory.mktemp("tiny") / "vit", ["real", "ai"])


@pytest.fixture
def finetuned(runtime: Runtime, tiny_vit: Path) -> Path:
    return Path(shutil.copytree(tiny_vit, runtime.finetuned_dir / VIT.finetuned))


@pytest.fixture
def expected(tiny_vit: Path) -> Callable[[SourceImage], float]:
    """P(AI) by transformers itself."""

    def probability(image: SourceImage) -> float:
        processor = AutoImageProcessor.from_pretrained(tiny_vit)
        model = AutoModelForImageClassification.from_pretrained(tiny_vit)
        logits = model(**processor(image.rgb, return_tensors="pt")).logits.detach()
        return float(logits.softmax(-1)[0, 1])

    return probability


def processor(**change: Any) -> Processor:
    return Processor.of(Fields(PROCESSOR | change, "preprocessor_config.json"))


def members(answer: Answer) -> dict[str, dict]:
    return {row["name"]: row for row in answer.exhibit("members")["members"]}


@pytest.mark.usefixtures("conversion_here")
def test_fine_tuned_folder_is_used_and_said(
    runtime: Runtime,
    finetuned: Path,
    image: SourceImage,
    expected: Callable[[SourceImage], float],
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.INFO)
    answer = HuggingFace(runtime).predict(image)
    row = members(answer)["vit"]
    assert row["state"] == "FINE-TUNED"
    assert row["score"] == pytest.approx(expected(image), abs=0.01)
    assert f"Loading FINE-TUNED ViT AI detector from: {finetuned}" in caplog.text
    assert "✓ ViT AI-image-detector loaded successfully" in caplog.text


@pytest.mark.usefixtures("conversion_here")
def test_swapped_class_names_swap_the_answer(runtime: Runtime, finetuned: Path, image: SourceImage):
    before = HuggingFace(runtime).predict(image).score
    rename_labels(finetuned, ["AI-generated", "Human"])
    after = HuggingFace(runtime).predict(image).score
    assert before is not None and after == pytest.approx(1 - before, abs=0.01)
    assert abs(before - 0.5) > 0.05, "a score of one half would prove nothing"


@pytest.mark.usefixtures("conversion_here")
def test_one_logit_is_the_log_odds_of_ai(tmp_path: Path, runtime: Runtime, image: SourceImage):
    folder = save_tiny_vit(runtime.finetuned_dir / VIT.finetuned, ["LABEL_0"])
    model = AutoModelForImageClassification.from_pretrained(folder)
    processor = AutoImageProcessor.from_pretrained(folder)
    logit = model(**processor(image.rgb, return_tensors="pt")).logits.detach()[0, 0]
    row = members(HuggingFace(runtime).predict(image))["vit"]
    assert row["score"] == pytest.approx(float(logit.sigmoid()), abs=0.01)
    assert row["score"] < 0.96, "softmax over one logit would be 1, held at .95"


@pytest.mark.usefixtures("conversion_here")
def test_hub_checkpoint_in_the_cache_comes_after_fine_tuned(
    tmp_path: Path, runtime: Runtime, image: SourceImage, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    folder = save_tiny_vit(tmp_path / "hub", ["artificial", "human"])
    put_in_cache(tmp_path / "cache", "Organika/sdxl-detector", folder)
    row = members(HuggingFace(runtime).predict(image))["ai-human"]
    assert row["state"] == "pre-trained"
    assert row["source"] == "Organika/sdxl-detector @ c0ffee0"
    assert "published AUROC 0.79" in row["accuracy"]
    assert "Loading pre-trained AI vs Human detector: Organika/sdxl-detector" in caplog.text


def test_members_without_weights_say_what_mends_it(
    runtime: Runtime, finetuned: Path, image: SourceImage
):
    row = members(HuggingFace(runtime).predict(image))["wildfake"]
    assert row["state"] == "unavailable" and row["score"] is None
    assert "make models" in row["reason"]


def test_missing_members_do_not_move_the_score(
    runtime: Runtime, finetuned: Path, image: SourceImage
):
    answer = HuggingFace(runtime).predict(image)
    assert answer.score == pytest.approx(members(answer)["vit"]["score"], abs=1e-3)


def test_without_any_weights_the_method_is_unavailable(runtime: Runtime, image: SourceImage):
    with pytest.raises(MethodUnavailable, match="make models"):
        HuggingFace(runtime).predict(image)


def test_checkpoint_with_missing_weights_is_refused(
    runtime: Runtime, finetuned: Path, image: SourceImage
):
    remove_head(finetuned)
    with pytest.raises(MethodUnavailable, match="missing_keys"):
        HuggingFace(runtime).predict(image)


def test_refused_fine_tuned_weights_fall_back_to_the_bundled_ones(
    runtime: Runtime, finetuned: Path, image: SourceImage
):
    rename_labels(finetuned, ["cat", "dog"])
    bundled = replace(runtime, weights_dir=WEIGHTS_DIR)
    row = members(HuggingFace(bundled).predict(image))["vit"]
    assert row["state"] == "bundled"
    assert "'cat', 'dog'" in row["reason"]


def test_pickled_weights_are_not_loaded(tmp_path: Path, runtime: Runtime, image: SourceImage):
    folder = save_tiny_vit(tmp_path / "hub", ["artificial", "human"])
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    put_in_cache(tmp_path / "cache", "umm-maybe/AI-image-detector", folder)
    with pytest.raises(MethodUnavailable, match="without safe weights"):
        HuggingFace(runtime).predict(image)


@pytest.mark.usefixtures("conversion_here")
def test_running_method_takes_up_new_weights(
    runtime: Runtime, finetuned: Path, image: SourceImage, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    method = HuggingFace(runtime)
    before = method.predict(image).score
    caplog.clear()
    assert method.predict(image).score == before
    assert "Loading" not in caplog.text, "unchanged weights are loaded once"
    shutil.rmtree(finetuned)
    save_tiny_vit(finetuned, ["real", "ai"], seed=1)
    assert method.predict(image).score != before
    assert "Loading FINE-TUNED" in caplog.text


def test_memory_constrained_loads_the_first_member_alone(
    tmp_path: Path, runtime: Runtime, finetuned: Path, image: SourceImage
):
    folder = save_tiny_vit(tmp_path / "hub", ["artificial", "human"])
    put_in_cache(tmp_path / "cache", "Organika/sdxl-detector", folder)
    rows = members(HuggingFace(replace(runtime, memory_constrained=True)).predict(image))
    assert rows["vit"]["score"] is not None
    assert rows["ai-human"]["score"] is None and "MEMORY_CONSTRAINED" in rows["ai-human"]["reason"]


def test_test_accuracy_is_never_shown_without_n(
    runtime: Runtime, finetuned: Path, image: SourceImage
):
    test = {"accuracy": 1.0, "accuracy_interval": [0.61, 1.0], "n": 6, "roc_auc": 1.0}
    (finetuned / "metrics.json").write_text(json.dumps({"test": test}))
    row = members(HuggingFace(runtime).predict(image))["vit"]
    assert row["accuracy"] == "test accuracy 100% (n = 6, 95 % interval 61% to 100%)"


@pytest.mark.parametrize(
    ("names", "ai"),
    [
        (["Real", "Fake"], [1]),
        (["artificial", "human"], [0]),
        (["human", "AI-generated"], [1]),
        (["ai", "hum"], [0]),
        (["Artificial", "Deepfake", "Real"], [0, 1]),
        (["fake", "real"], [0]),
        (["Realism", "Deepfake"], [1]),
        (["dalle", "real", "sd"], [0, 2]),
        (["LABEL_0"], [0]),
    ],
)
def test_ai_class_is_found_by_name(names: list[str], ai: list[int]):
    assert ai_indices(dict(enumerate(names))) == ai


@pytest.mark.parametrize("names", [["LABEL_0", "LABEL_1"], ["cat", "ai"], ["fake", "deepfake"]])
def test_unknown_class_names_are_refused_and_listed(names: list[str]):
    with pytest.raises(ValueError, match=names[0]):
        ai_indices(dict(enumerate(names)))


def test_several_ai_classes_add_up():
    logits = np.log(np.array([0.2, 0.5, 0.3]))
    assert ai_probability(logits, [0, 1]) == pytest.approx(0.7)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"resample": 3, "size": {"height": 48, "width": 40}},
        {"size": {"shortest_edge": 40}, "do_center_crop": True, "crop_size": 32, "resample": 3},
        {"do_normalize": False},
        {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]},
    ],
)
def test_preprocessing_is_that_of_transformers(tmp_path: Path, jpeg: bytes, change: dict):
    config = PROCESSOR | change
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(config))
    theirs = AutoImageProcessor.from_pretrained(tmp_path)
    picture = open_image(jpeg).rgb.resize((120, 90))
    ours = preprocess(picture, processor(**change))
    expected = np.asarray(theirs(picture, return_tensors="np")["pixel_values"])
    assert ours.shape == expected.shape
    # Two resizing libraries round to whole grey levels now and then.
    assert np.abs(ours - expected).mean() < 0.01


def test_native_resolution_processor_gives_several_crops(jpeg: bytes):
    native = processor(do_resize=False, do_center_crop=True, crop_size=128)
    assert preprocess(open_image(jpeg).rgb, native).shape == (9, 3, 128, 128)
    assert preprocess(Image.new("RGB", (64, 64)), native).shape == (1, 3, 128, 128)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("preprocessor_config.json", PROCESSOR | {"size": {"longest_edge": 32}}),
        ("preprocessor_config.json", PROCESSOR | {"size": {"shortest_edge": 32}}),
        ("preprocessor_config.json", []),
        ("config.json", {"id2label": ["real", "ai"]}),
        ("config.json", {}),
    ],
)
def test_an_odd_fine_tuned_folder_does_not_take_the_bundled_weights_with_it(
    runtime: Runtime, finetuned: Path, image: SourceImage, file: str, content: object
):
    (finetuned / file).write_text(json.dumps(content))
    bundled = replace(runtime, weights_dir=WEIGHTS_DIR)
    row = members(HuggingFace(bundled).predict(image))["vit"]
    assert row["state"] == "bundled" and row["score"] is not None
    assert "was refused" in row["reason"] and str(finetuned) not in row["reason"]


def test_a_very_long_picture_is_not_resized_as_a_whole():
    short = processor(size={"shortest_edge": 440}, do_center_crop=True, crop_size=384)
    assert preprocess(Image.new("RGB", (64, 400_000)), short).shape == (1, 3, 384, 384)


def test_every_member_has_a_row_when_the_picture_says_too_little(runtime: Runtime, finetuned: Path):
    buffer = io.BytesIO()
    Image.new("RGB", (20, 20)).save(buffer, "PNG")
    answer = HuggingFace(runtime).predict(open_image(buffer.getvalue()))
    assert answer.score is None
    assert [row["state"] for row in members(answer).values()] == [
        "FINE-TUNED",
        "unavailable",
        "unavailable",
    ]


@pytest.mark.parametrize(
    ("measured", "weight"),
    [({"roc_auc": 0.9, "roc_auc_interval": [0.8, 1.0]}, 0.6), ({"roc_auc": None}, None)],
)
def test_a_fine_tuned_model_counts_by_its_own_test(
    runtime: Runtime,
    finetuned: Path,
    image: SourceImage,
    measured: dict[str, Any],
    weight: float | None,
):
    (finetuned / "metrics.json").write_text(json.dumps({"test": measured}))
    answer = HuggingFace(runtime).predict(image)
    assert answer.weight == (None if weight is None else pytest.approx(weight))


@pytest.fixture(scope="session")
def tiny_dinov2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As the bundled detector, with an encoder and a classifier that know nothing."""
    folder = tmp_path_factory.mktemp("dinov2")
    torch.manual_seed(0)
    encoder = VIT_SMALL | {"hidden_size": 64, "num_attention_heads": 2, "mlp_ratio": 1}
    model = Dinov2Detector(Dinov2DetectorConfig(encoder))
    with torch.no_grad():
        model.classifier.weight.mul_(3)
    model.save_pretrained(folder)
    shutil.copy(WEIGHTS_DIR / "dinov2" / "preprocessor_config.json", folder)
    return folder


@pytest.mark.usefixtures("conversion_here")
def test_the_heat_map_shows_where_the_middle_square_argues(
    runtime: Runtime, tiny_dinov2: Path, tmp_path: Path
):
    """On the square its mean is the calibrated log-odds; nothing is said beside it."""
    folder = Path(shutil.copytree(tiny_dinov2, runtime.finetuned_dir / VIT.finetuned))
    Calibration(2.0, -0.5).write(folder)
    buffer = io.BytesIO()
    scene(3, 600, 300).save(buffer, "PNG")
    answer = HuggingFace(runtime).predict(open_image(buffer.getvalue()))
    assert answer.score is not None
    heat = np.array(answer.exhibit("heat_map")["log_odds"])
    assert heat.shape == (14, 28)
    assert (heat[:, :7] == 0).all() and (heat[:, 21:] == 0).all() and heat[:, 7:21].std() > 0
    assert heat[:, 7:21].mean() == pytest.approx(log_odds(answer.score), abs=0.3 * heat.std())


@pytest.mark.usefixtures("conversion_here")
def test_there_is_no_heat_map_of_a_score_that_rests_on_other_members_too(
    runtime: Runtime, tiny_dinov2: Path, tiny_vit: Path, image: SourceImage
):
    shutil.copytree(tiny_dinov2, runtime.finetuned_dir / VIT.finetuned)
    method = HuggingFace(runtime)
    assert method.predict(image).exhibit("heat_map")
    shutil.copytree(tiny_vit, runtime.finetuned_dir / AI_HUMAN.finetuned)
    assert method.predict(image).exhibit("heat_map") is None


@pytest.mark.parametrize(
    ("change", "box"),
    [
        ({}, Box(0, 0, 1, 1)),
        ({"do_center_crop": True, "crop_size": 16}, Box(0.25, 0.25, 0.5, 0.5)),
        (
            {"size": {"shortest_edge": 32}, "do_center_crop": True, "crop_size": 32},
            Box(0, 0.25, 1, 0.5),
        ),
        (
            {"size": {"shortest_edge": 64}, "do_center_crop": True, "crop_size": 32},
            Box(0.25, 0.375, 0.5, 0.25),
        ),
        ({"do_resize": False, "do_center_crop": True, "crop_size": 32}, None),
    ],
)
def test_the_place_of_a_view_is_what_is_cut_out(change: dict[str, Any], box: Box | None):
    assert place_of_view(200, 100, processor(**change)) == box


def test_the_bundled_model_leaves_its_weight_to_the_fusion(runtime: Runtime, image: SourceImage):
    answer = HuggingFace(replace(runtime, weights_dir=WEIGHTS_DIR)).predict(image)
    assert answer.exhibit("members")["members"][0]["state"] == "bundled" and answer.weight is None
