"""What a checkpoint folder may say: each number and text has a range, and one fault stays one."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from detector.checkpoints.facts import read_facts
from detector.checkpoints.members import MEMBERS
from detector.inference.images import open_image
from detector.inference.pipeline import Detector
from detector.inference.runtime import Runtime
from detector.tests.factories.checkpoints import PROCESSOR, save_tiny_vit

VIT, AI_HUMAN, _ = MEMBERS
TEST = {"accuracy": 0.9, "accuracy_interval": [0.8, 0.95], "n": 50, "roc_auc": 0.9}
CONFIG, PREPROCESSOR = "config.json", "preprocessor_config.json"
METRICS, CALIBRATION = "metrics.json", "calibration.json"
NAN = float("nan")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_vit(tmp_path_factory.mktemp("tiny") / VIT.finetuned, ["real", "ai"])


@pytest.fixture
def folder(tiny: Path, tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(tiny, tmp_path / VIT.finetuned))
    (folder / METRICS).write_text(json.dumps({"test": TEST}))
    (folder / CALIBRATION).write_text(json.dumps({"slope": 1.0, "intercept": 0.0}))
    return folder


def test_a_folder_within_its_ranges_is_read(folder: Path) -> None:
    facts = read_facts(folder)
    assert (facts.outputs, facts.ai, facts.measured.roc_auc) == (2, [1], 0.9)


def metrics_of(**change: Any) -> dict[str, Any]:
    return {"test": TEST | change}


def prepared(**change: Any) -> dict[str, Any]:
    return PROCESSOR | change


OUT_OF_RANGE: list[tuple[str, Any, str]] = [
    (METRICS, [], "metrics.json is a list of 0"),
    (METRICS, "good", "metrics.json is \"?'good"),
    (METRICS, 7, "metrics.json is 7"),
    (METRICS, {"test": []}, "test is a list of 0"),
    (METRICS, {"test": "good"}, "test is 'good'"),
    (METRICS, {"calibration": [1]}, "calibration is a list of 1"),
    (METRICS, metrics_of(roc_auc=5.0), r"test.roc_auc is 5.0; accepted are numbers from 0 to 1"),
    (METRICS, metrics_of(roc_auc=NAN), "roc_auc is NaN"),
    (METRICS, metrics_of(roc_auc=-0.1), "roc_auc is -0.1"),
    (METRICS, metrics_of(roc_auc="0.9"), "roc_auc is '0.9'"),
    (METRICS, metrics_of(roc_auc=True), "roc_auc is true"),
    (METRICS, metrics_of(roc_auc=10**300), "roc_auc is a number of 997 bits"),
    (METRICS, {"calibration": {"roc_auc": 5.0}}, "calibration.roc_auc is 5.0"),
    (METRICS, metrics_of(roc_auc_interval=[5.0, 6.0]), "roc_auc_interval is a list of 2"),
    (METRICS, metrics_of(roc_auc_interval=[0.9, 0.1]), "the lower one first"),
    (METRICS, metrics_of(roc_auc_interval=[]), "roc_auc_interval is a list of 0"),
    (METRICS, metrics_of(roc_auc_interval=0.9), "roc_auc_interval is 0.9"),
    (METRICS, metrics_of(accuracy="x" * 1000), "accuracy is 'x+[.]{3}; accepted"),
    (METRICS, metrics_of(accuracy=2), "accuracy is 2"),
    (METRICS, metrics_of(accuracy_interval=[0, NAN]), "accuracy_interval"),
    (METRICS, metrics_of(n=-1), "n is -1"),
    (METRICS, metrics_of(n=6.5), "n is 6.5"),
    (CALIBRATION, [], "calibration.json is a list"),
    (CALIBRATION, {"slope": 1.0}, "intercept is missing"),
    (CALIBRATION, {"slope": NAN, "intercept": 0}, "slope is NaN"),
    (CALIBRATION, {"slope": -1, "intercept": 0}, "slope is -1"),
    (CALIBRATION, {"slope": 1e9, "intercept": 0}, "slope is 1000000000.0"),
    (CALIBRATION, {"slope": 1, "intercept": -500}, "intercept is -500"),
    (CALIBRATION, {"slope": 1, "intercept": 0, "slope_below": "2"}, "slope_below is '2'"),
    (PREPROCESSOR, prepared(size=1_000_000), "size is 1000000; accepted are .* 1 to 1024"),
    (PREPROCESSOR, prepared(size={"height": 32, "width": 10**6}), "size.width is 1000000"),
    (PREPROCESSOR, prepared(size=0), "size is 0"),
    (PREPROCESSOR, prepared(size=-5), "size is -5"),
    (PREPROCESSOR, prepared(size=[32, 32]), "size is a list"),
    (PREPROCESSOR, prepared(size={"shortest_edge": 10**6}), "shortest_edge is 1000000"),
    (PREPROCESSOR, prepared(size={"shortest_edge": 32}), "do_center_crop"),
    (PREPROCESSOR, prepared(do_center_crop=True), "crop_size is missing"),
    (PREPROCESSOR, prepared(do_center_crop=True, crop_size=10**6), "crop_size is 1000000"),
    (PREPROCESSOR, prepared(do_center_crop=True, crop_size=33), "at most the resized 32 x 32"),
    (PREPROCESSOR, prepared(do_resize=False), "do_center_crop"),
    (PREPROCESSOR, prepared(do_resize="no"), "do_resize is 'no'"),
    (PREPROCESSOR, prepared(resample=9), "resample is 9"),
    (PREPROCESSOR, prepared(rescale_factor=NAN), "rescale_factor is NaN"),
    (PREPROCESSOR, prepared(image_mean=[0.5, 0.5]), "image_mean is a list of 2"),
    (PREPROCESSOR, prepared(image_mean=[NAN] * 3), "image_mean"),
    (PREPROCESSOR, prepared(image_std=[0.5, 0, 0.5]), "image_std .* 3 numbers from 0.001 to 255"),
    (PREPROCESSOR, prepared(image_std=None), "image_std is null"),
    (CONFIG, {"id2label": {"0": "real", "5": "ai"}}, "id2label"),
    (CONFIG, {"id2label": {"zero": "real", "one": "ai"}}, "id2label"),
    (CONFIG, {"id2label": {"0": "real", "1": 1}}, "id2label.1 is 1"),
    (CONFIG, {"id2label": {"0": "real", "1": "a" * 101}}, "texts of 1 to 100"),
    (CONFIG, {"id2label": {str(i): "ai" for i in range(1001)}}, "id2label is an object of 1001"),
    (CONFIG, {"num_labels": 3}, "num_labels is 3"),
    (CONFIG, {"image_size": 1_000_000}, "image_size is 1000000"),
    (CONFIG, {"image_size": [32, 10**6]}, "image_size is a list"),
    (CONFIG, {"patch_size": 0}, "patch_size is 0"),
    (CONFIG, {"image_size": 1024, "patch_size": 1}, "at most 4096"),
    (CONFIG, {"hidden_size": 10**6}, "hidden_size is 1000000"),
    (CONFIG, {"vision_config": {"num_hidden_layers": 10**6}}, "vision_config.num_hidden_layers"),
]


def change(folder: Path, file: str, content: Any) -> None:
    """Put content into a file; of config.json only what is named changes."""
    if file == CONFIG:
        content = json.loads((folder / file).read_text()) | content
    (folder / file).write_text(json.dumps(content))


@pytest.mark.parametrize(("file", "content", "told"), OUT_OF_RANGE)
def test_what_is_out_of_range_is_named_with_what_is_accepted(
    folder: Path, file: str, content: Any, told: str
) -> None:
    change(folder, file, content)
    with pytest.raises(ValueError, match=told) as caught:
        read_facts(folder)
    message = str(caught.value)
    assert message.startswith(file) and "accepted" in message and len(message) < 300


@pytest.mark.parametrize("file", [CONFIG, PREPROCESSOR, METRICS, CALIBRATION])
@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff\xfe{", b"[" * 100_000, b"1" * 5000, b" " * (4 * 2**20 + 1)]
)
def test_a_file_that_is_no_small_json_is_a_value_error(
    folder: Path, file: str, data: bytes
) -> None:
    (folder / file).write_bytes(data)
    with pytest.raises(ValueError, match=file):
        read_facts(folder)


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(folder: Path) -> None:
    (folder / METRICS).unlink()
    os.mkfifo(folder / METRICS)
    with pytest.raises(ValueError, match=r"metrics.json is not a regular file"):
        read_facts(folder)


def test_weights_that_would_fill_the_memory_are_not_loaded(folder: Path) -> None:
    with (folder / "model.safetensors").open("r+b") as file:
        file.truncate(2**31 + 1)  # a hole: it takes no room on the disk
    with pytest.raises(ValueError, match=r"2,147,483,649 bytes; accepted are files of 1 to"):
        read_facts(folder)


@pytest.fixture(scope="module")
def compiled_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Converted once for all tests: the networks are found by the content of their folders."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture
def served(tmp_path: Path, tiny: Path, compiled_dir: Path, conversion_here: None) -> Runtime:
    """Two fine-tuned members and the bundled one."""
    tuned, nowhere = tmp_path / "tuned", tmp_path / "no"
    runtime = Runtime(tuned, compiled_dir, hub_cache=nowhere, force_cpu=True)
    for member in (VIT, AI_HUMAN):
        shutil.copytree(tiny, runtime.finetuned_dir / member.finetuned)
    return runtime


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        (METRICS, [], "metrics.json is a list of 0"),
        (METRICS, metrics_of(roc_auc=5.0), "test.roc_auc is 5.0"),
        (PREPROCESSOR, prepared(size=1_000_000), "size is 1000000"),
    ],
)
def test_one_folder_out_of_range_is_one_member_with_the_reason(
    served: Runtime, jpeg: bytes, file: str, content: Any, told: str
) -> None:
    change(served.finetuned_dir / AI_HUMAN.finetuned, file, content)
    result = Detector(served, only=("huggingface",)).run_methods(open_image(jpeg))[0]
    rows = {row["name"]: row for row in result.exhibit("members")["members"]}
    assert result.status == "ok" and rows["vit"]["state"] == "FINE-TUNED"
    assert rows["ai-human"]["state"] == "unavailable" and rows["ai-human"]["score"] is None
    assert told in rows["ai-human"]["reason"] and "accepted" in rows["ai-human"]["reason"]
    assert result.weight is None or result.weight <= 1


@pytest.mark.django_db
@pytest.mark.parametrize(("file", "content", "told"), OUT_OF_RANGE[:8])
def test_the_page_of_the_methods_shows_the_reason(
    client: Client, settings: Settings, folder: Path, file: str, content: Any, told: str
) -> None:
    settings.FINETUNED_DIR = folder.parent
    change(folder, file, content)
    response = client.get(reverse("detector:methods"))
    html = response.content.decode()
    assert response.status_code == 200 and f"{folder.name} was refused: {file}" in html
    assert str(folder.parent) not in html
