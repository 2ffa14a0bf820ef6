"""Fine-tuning on forty tiny pictures, from the command to the model that the server loads."""

from __future__ import annotations

import io
import json
import logging
import pickle
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings
from safetensors.torch import load_file, save_file
from scipy.special import expit
from sklearn.metrics import roc_auc_score
from transformers import (
    AutoImageProcessor,
    AutoModelForImageClassification,
    EvalPrediction,
    PreTrainedModel,
    SiglipConfig,
    SiglipForImageClassification,
    SwinConfig,
    SwinForImageClassification,
    TrainingArguments,
)

from detector.accuracy.finetuned import read_finetuned
from detector.checkpoints import convert
from detector.checkpoints.convert import main as convert_in_this_process
from detector.checkpoints.members import MEMBERS
from detector.checkpoints.processor import Processor
from detector.checkpoints.sources import FINE_TUNED, Source, find_sources
from detector.inference.images import open_image
from detector.inference.methods.huggingface import Checkpoint
from detector.inference.runtime import Runtime
from detector.inference.verdict.calibration import Calibration
from detector.inference.weights.folder import folder_state
from detector.installation import get_detector, get_runtime
from detector.tests.factories.checkpoints import PROCESSOR, put_in_cache, remove_head, save_tiny_vit
from detector.tests.factories.finetuning import draw
from detector.tests.factories.hub import serve_hub
from detector.tests.factories.processes import ROOT
from detector.training.finetuning import calibrate, head, writing
from detector.training.finetuning.base import BaseUnavailable, find_base
from detector.training.finetuning.dataset import read_pixels
from detector.training.finetuning.epoch_metrics import EpochMetrics
from detector.training.finetuning.head import Change, Sample, apply_change, fit_change
from detector.training.finetuning.interrupted import Interrupted
from detector.training.finetuning.low_rank import add_low_rank
from detector.training.finetuning.model import freeze, load_model
from detector.training.finetuning.rates import parameter_groups
from detector.training.finetuning.training_run import ExactTrainer
from detector.training.finetuning.views import Views
from detector.training.pictures.augment import Augmentation

pytestmark = pytest.mark.usefixtures("one_thread")

FILES = {
    "config.json",
    "model.safetensors",
    "preprocessor_config.json",
    "metrics.json",
    "training_args.bin",
    "training_args.json",
    "README.md",
    "training_curves.png",
    "roc.png",
    "confusion_matrix.png",
    "reliability.png",
    "openvino",
}
NATIVE = PROCESSOR | {
    "do_resize": False,
    "do_center_crop": True,
    "crop_size": {"height": 32, "width": 32},
}


def write_pictures(folder: Path, per_class: int = 20, generator: str = "") -> None:
    rng = np.random.default_rng(1)
    for index in range(per_class):
        draw(folder / "ai_images" / generator / f"a{index}.jpg", rng, ai=True)
        draw(folder / "real_images" / f"r{generator}{index}.jpg", rng, ai=False)


@pytest.fixture(scope="module", autouse=True)
def conversion_here() -> Iterator[None]:
    """Convert in this process: starting one takes longer than all the rest of a test."""

    def convert_here(folder: Path, xml: Path) -> None:
        xml.parent.mkdir(parents=True, exist_ok=True)
        convert_in_this_process(folder, xml)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convert, "convert", convert_here)
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Splits of 28, 6 and 6 pictures."""
    folder = tmp_path_factory.mktemp("genimage")
    write_pictures(folder)
    call_command("prepare_genimage", data_dir=folder, equalise=False, stdout=io.StringIO())
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny ViT whose classes stand the other way round."""
    return save_tiny_vit(tmp_path_factory.mktemp("base") / "tiny", ["artificial", "human"])


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Converted networks, shared by the tests: a conversion starts a process."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture(autouse=True)
def own_folders(settings: Settings, tmp_path: Path, compiled: Path) -> None:
    settings.FINETUNED_DIR = tmp_path / "finetuned"
    settings.COMPILED_DIR = compiled
    settings.HUB_CACHE = str(tmp_path / "hub")
    settings.HUB_ENDPOINT = "http://127.0.0.1:9"  # nobody answers
    settings.FORCE_CPU = True


def run(data: Path, base: Path | None, **options: Any) -> str:
    output = io.StringIO()
    given = {"data_dir": data, "base_model": base and str(base), "learning_rate": 3e-3} | options
    call_command("finetune_hf_models", stdout=output, no_color=True, **given)
    return output.getvalue()


@pytest.fixture(scope="module")
def tuned(
    data: Path, base: Path, compiled: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """A folder that three epochs wrote, and what the command said. Read only."""
    from django.test import override_settings

    output = tmp_path_factory.mktemp("output")
    with override_settings(COMPILED_DIR=compiled, FORCE_CPU=True):
        said = run(data, base, keep=0.0, output_dir=output)
    return output / "vit_ai_detector_finetuned", said


@pytest.fixture
def metrics(tuned: tuple[Path, str]) -> dict[str, Any]:
    return json.loads((tuned[0] / "metrics.json").read_text())


# What is written.


def test_it_writes_a_checkpoint_in_the_standard_format(tuned: tuple[Path, str]):
    folder, _ = tuned
    assert {path.name for path in folder.iterdir()} == FILES
    config = json.loads((folder / "config.json").read_text())
    assert config["id2label"] == {"0": "real", "1": "ai"}
    AutoImageProcessor.from_pretrained(folder)
    model = AutoModelForImageClassification.from_pretrained(folder)
    bright = torch.full((1, 3, 32, 32), 0.3)
    assert model(bright).logits.argmax() == 1, "it has learnt what AI looks like here"


def test_the_arguments_are_json_and_the_pickle_is_never_read(
    tuned: tuple[Path, str], tmp_path: Path
):
    folder = tmp_path / "vit_ai_detector_finetuned"
    shutil.copytree(tuned[0], folder)
    text = (folder / "training_args.json").read_text()
    assert json.loads(text)["output_dir"] == folder.name and str(tuned[0].parent) not in text
    assert "never reads it" in (folder / "README.md").read_text()
    (folder / "training_args.bin").write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    source = Source(FINE_TUNED, folder.name, folder, folder_state(folder), None)
    assert 0 <= Checkpoint(source, get_runtime()).score(open_image(_picture(tmp_path))) <= 1
    assert not (tmp_path / "sprung").exists()


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_plots_are_pictures(tuned: tuple[Path, str]):
    for name in FILES:
        if name.endswith(".png"):
            assert open_image(tuned[0] / name).width > 300


def test_metrics_tell_each_epoch(metrics: dict[str, Any]):
    assert [epoch["epoch"] for epoch in metrics["epochs"]] == [1, 2, 3]
    for name in ("accuracy", "precision", "recall", "f1", "balanced_accuracy", "roc_auc", "loss"):
        assert all(epoch[name] >= 0 for epoch in metrics["epochs"]), name
    assert metrics["epochs"][-1]["loss"] < metrics["epochs"][0]["loss"]


def test_the_page_of_the_models_can_read_what_it_writes(
    tuned: tuple[Path, str], metrics: dict[str, Any]
):
    model = read_finetuned(tuned[0])
    assert [epoch.epoch for epoch in model.epochs] == [each["epoch"] for each in metrics["epochs"]]
    assert model.headline.n == metrics["test"]["n"]
    assert len(model.conditions) == len(metrics["conditions"])


def test_metrics_tell_counts_arguments_and_versions(metrics: dict[str, Any]):
    counts = metrics["data"]["counts"]
    assert [(c["ai"], c["real"]) for c in counts.values()] == [(14, 14), (3, 3), (3, 3)]
    assert metrics["training"]["arguments"]["batch_size"] == 4
    assert "transformers" in metrics["training"]["versions"]
    assert metrics["base"]["name"] == "tiny"


def test_six_pictures_are_never_a_plain_hundred_percent(
    metrics: dict[str, Any], tuned: tuple[Path, str]
):
    for split in ("val", "test"):
        low, high = metrics[split]["accuracy_interval"]
        assert metrics[split]["n"] == 6 and low < metrics[split]["accuracy"] - 0.2 < high
        assert metrics[split]["roc_auc_interval"][0] < 0.9
    folder, said = tuned
    assert "too few to tell" in (folder / "README.md").read_text()
    assert "6  fine-tuned" in said and " to " in said


def test_it_prints_every_condition_beside_the_base(tuned: tuple[Path, str]):
    for condition in ("clean", "JPEG 90", "JPEG 70", "JPEG 50", "WebP 50", "half size"):
        lines = [line for line in tuned[1].splitlines() if line.startswith(condition)]
        assert len(lines) >= 2, condition
    assert "base" in tuned[1]


def test_no_folder_of_this_machine_is_in_what_it_writes(tuned: tuple[Path, str], data: Path):
    for name in ("metrics.json", "README.md", "config.json"):
        text = (tuned[0] / name).read_text()
        assert str(data) not in text and str(tuned[0].parent) not in text


def test_held_out_generators_are_tested_apart(base: Path, tmp_path: Path):
    data = tmp_path / "data"
    write_pictures(data, 14, "known")
    write_pictures(data, 4, "novel")
    call_command(
        "prepare_genimage", data_dir=data, holdout_generator=["novel"], stdout=io.StringIO()
    )
    said = run(data, base, epochs=1, output_dir=tmp_path)
    written = json.loads((tmp_path / "vit_ai_detector_finetuned" / "metrics.json").read_text())
    assert list(written["held_out"]) == ["novel"]
    assert written["held_out"]["novel"]["clean"]["fine-tuned"]["n_ai"] == 4
    assert "held-out novel, JPEG 70" in said


# What the server makes of it.


@pytest.mark.django_db
def test_a_running_server_takes_it_up_and_shows_accuracy_with_n(
    client: Client, data: Path, base: Path, jpeg: bytes, caplog: pytest.LogCaptureFixture
):
    get_detector.cache_clear()
    try:
        assert "bundled" in upload(client, jpeg)
        run(data, base, epochs=1)
        with caplog.at_level(logging.INFO):
            page = upload(client, jpeg)
    finally:
        get_detector.cache_clear()
    assert "FINE-TUNED" in page and "n = 6" in page and "95 % interval" in page
    assert "Loading FINE-TUNED ViT AI detector" in caplog.text
    assert "✓ ViT AI-image-detector loaded successfully" in caplog.text


def upload(client: Client, jpeg: bytes) -> str:
    picture = SimpleUploadedFile("beach.jpg", jpeg, "image/jpeg")
    return client.post("/", {"image": picture}, follow=True).content.decode()


def test_few_test_pictures_give_a_small_weight(tuned: tuple[Path, str], tmp_path: Path):
    runtime = Runtime(tuned[0].parent, tmp_path / "ov", hub_cache=tmp_path / "hub")
    source = next(iter(find_sources(MEMBERS[0], runtime)))
    measured = json.loads((tuned[0] / "metrics.json").read_text())["test"]
    assert source.roc_auc == measured["roc_auc_interval"][0] < measured["roc_auc"]


def test_serving_calibrates_what_was_calibrated(
    data: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(calibrate, "FEWEST", 3)
    said = run(data, base, epochs=2, keep=0.0, output_dir=tmp_path)
    folder = tmp_path / "vit_ai_detector_finetuned"
    assert "Calibrated on 6 validation pictures" in said
    assert json.loads((folder / "calibration.json").read_text())["slope"] > 0


def test_a_failure_while_writing_leaves_the_old_model(
    data: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    old = tmp_path / "vit_ai_detector_finetuned"
    old.mkdir()
    (old / "config.json").write_text("the old one")

    def fail(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(writing, "write_plots", fail)
    with pytest.raises(CommandError, match="No space left"):
        run(data, base, epochs=1, output_dir=tmp_path)
    assert [path.name for path in old.iterdir()] == ["config.json"]
    kept = {path.name for path in tmp_path.iterdir()} - {f".{old.name}.lock"}
    assert kept == {old.name, f".{old.name}-training"}, "and the trained weights, to go on from"
    monkeypatch.undo()
    run(data, base, epochs=1, output_dir=tmp_path, resume=True, seed=42)
    assert {path.name for path in old.iterdir()} == FILES


# Killed, interrupted, resumed.


def start(
    data: Path, base: Path, output: Path, *launcher: str, epochs: str = "8", augment: bool = True
) -> subprocess.Popen[str]:
    command = [
        *(launcher or (sys.executable,)), "manage.py", "finetune_hf_models",
        "--data-dir", str(data), "--base-model", str(base), "--output-dir", str(output),
        "--epochs", epochs, "--learning-rate", "0.003", *([] if augment else ["--no-augment"]),
    ]  # fmt: skip
    environment = {"FORCE_CPU": "true", "OMP_NUM_THREADS": "1", "DATA_DIR": str(output / "local")}
    path = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(output)}
    return subprocess.Popen(
        command, cwd=ROOT, env=path | environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def wait_for_an_epoch(process: subprocess.Popen[str], output: Path) -> None:
    pattern = ".vit_ai_detector_finetuned-training/checkpoint-*/trainer_state.json"
    deadline = time.monotonic() + 90
    while not list(output.glob(pattern)):
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()[0]
        time.sleep(0.01)


def test_a_killed_run_goes_on_and_loses_at_most_one_epoch(
    data: Path, base: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    process = start(data, base, tmp_path)
    wait_for_an_epoch(process, tmp_path)
    process.kill()
    process.communicate()
    folder = tmp_path / "vit_ai_detector_finetuned"
    assert not folder.exists(), "the server must not see half a model"
    steps = Interrupted(tmp_path / f".{folder.name}-training").checkpoint()
    assert steps is not None
    with caplog.at_level(logging.INFO):
        run(data, base, epochs=8, output_dir=tmp_path, resume=True)
    assert f"The interrupted run goes on after {steps.name}" in caplog.text
    assert "Epoch 1 of" not in caplog.text, "what was done is not done again"
    epochs = json.loads((folder / "metrics.json").read_text())["epochs"]
    assert [epoch["epoch"] for epoch in epochs] == list(range(1, len(epochs) + 1))
    assert not (tmp_path / f".{folder.name}-training").exists()


def test_ctrl_c_keeps_the_last_epoch(data: Path, base: Path, tmp_path: Path):
    process = start(data, base, tmp_path)
    wait_for_an_epoch(process, tmp_path)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Continue with --resume" in said and "Traceback" not in said
    assert not (tmp_path / "vit_ai_detector_finetuned").exists()


def test_two_processes_train_one_model(data: Path, base: Path, tmp_path: Path):
    # --multi_gpu is accelerate's word for several processes; with FORCE_CPU they share the CPU.
    launcher = (
        "accelerate",
        "launch",
        "--multi_gpu",
        "--num_processes",
        "2",
        "--num_machines",
        "1",
    )
    more = ("--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0")
    process = start(data, base, tmp_path, *launcher, *more)
    said, _ = process.communicate(timeout=200)
    assert process.returncode == 0, said
    metrics = json.loads((tmp_path / "vit_ai_detector_finetuned" / "metrics.json").read_text())
    assert metrics["training"]["processes"] == 2
    assert said.count("Epoch 1 of") == said.count("wrote") == 1, "only the first one speaks"


@pytest.fixture
def interrupted(data: Path, base: Path, tmp_path: Path) -> Path:
    """A run that failed after its training: its last checkpoint is there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "write_plots", _interrupt)
        with pytest.raises(CommandError, match="Interrupted; checkpoint-7 is kept"):
            run(data, base, epochs=1, output_dir=tmp_path)
    return tmp_path


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_interrupted_run_is_not_thrown_away(data: Path, base: Path, interrupted: Path):
    with pytest.raises(CommandError, match="continue with --resume, or delete"):
        run(data, base, epochs=1, output_dir=interrupted)


def test_resuming_something_else_is_refused(data: Path, base: Path, interrupted: Path):
    with pytest.raises(CommandError, match="batch_size was 4, now 8"):
        run(data, base, epochs=1, batch_size=8, output_dir=interrupted, resume=True)


def test_a_half_written_checkpoint_is_not_gone_on_from(interrupted: Path):
    folder = interrupted / ".vit_ai_detector_finetuned-training"
    half = folder / "checkpoint-14"
    half.mkdir()
    (half / "model.safetensors").write_bytes(b"half")
    found = Interrupted(folder).checkpoint()
    assert found is not None and found.name == "checkpoint-7"


def test_resumed_weights_are_those_of_a_run_that_was_not_killed(
    data: Path, base: Path, tmp_path: Path
):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run(data, base, epochs=3, output_dir=whole, augment=False)
    process = start(data, base, killed, epochs="3", augment=False)
    wait_for_an_epoch(process, killed)
    process.kill()
    process.communicate()
    run(data, base, epochs=3, output_dir=killed, augment=False, resume=True)
    weights = [
        load_file(folder / "vit_ai_detector_finetuned" / "model.safetensors")
        for folder in (whole, killed)
    ]
    for name, value in weights[0].items():
        assert torch.allclose(value, weights[1][name], atol=1e-4), name


def test_the_best_epoch_is_written_whole(
    data: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Its layers as well as its head, though training went on for three more epochs."""
    monkeypatch.setattr(Interrupted, "remove", lambda self: None)
    run(data, base, epochs=12, learning_rate=0.3, keep=0.0, output_dir=tmp_path)
    checkpoints = (tmp_path / ".vit_ai_detector_finetuned-training").glob("checkpoint-*")
    last = max(checkpoints, key=lambda path: int(path.name.split("-")[1]))
    best = Path(json.loads((last / "trainer_state.json").read_text())["best_model_checkpoint"])
    assert best.name != last.name
    expected = load_file(best / "model.safetensors")
    written, _ = load_model(tmp_path / "vit_ai_detector_finetuned")
    for name, value in written.state_dict().items():
        assert torch.equal(value, expected[name]), name


def test_resuming_on_other_splits_is_refused(tuned: tuple[Path, str], base: Path, tmp_path: Path):
    write_pictures(tmp_path / "data")
    call_command("prepare_genimage", data_dir=tmp_path / "data", seed=7, stdout=io.StringIO())
    with pytest.raises(CommandError, match="learnt from other splits"):
        run(tmp_path / "data", None, output_dir=tuned[0].parent, resume=True)


def test_training_stops_early_when_it_gets_worse(data: Path, base: Path, tmp_path: Path):
    run(data, base, epochs=12, learning_rate=30, output_dir=tmp_path)
    metrics = json.loads((tmp_path / "vit_ai_detector_finetuned" / "metrics.json").read_text())
    losses = [epoch["loss"] for epoch in metrics["epochs"]]
    assert len(losses) < 12
    assert len(losses) - 1 - int(np.argmin(losses)) == 3, "three epochs after the best one"


# Where it starts from.


def members(name: str) -> Any:
    return next(member for member in MEMBERS if member.name == name)


def test_offline_it_starts_from_the_bundled_vit_and_says_why(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.INFO):
        run(data, None, epochs=0.2, output_dir=tmp_path)
    assert "starts from dinov2" in caplog.text
    assert "the Hugging Face hub cannot be reached; so the bundled weights" in caplog.text


def test_a_hub_checkpoint_comes_before_the_bundled_one(base: Path, tmp_path: Path):
    good = {path.name: path.read_bytes() for path in base.iterdir()}
    with serve_hub({members("vit").hub[0].id: good}, []) as address:
        found = find_base(members("vit"), get_runtime(), endpoint=address)
    assert found.source.state == "pre-trained"
    again = find_base(members("vit"), get_runtime(), endpoint="http://127.0.0.1:9")
    assert again.source.folder == found.source.folder, "from the cache, without the hub"


def test_resume_starts_from_the_fine_tuned_weights(tuned: tuple[Path, str], settings: Settings):
    settings.FINETUNED_DIR = tuned[0].parent
    found = find_base(members("vit"), get_runtime(), resume=True)
    assert found.source.state == "FINE-TUNED" and "--resume" in found.why
    other = find_base(members("vit"), get_runtime(), endpoint="http://127.0.0.1:9")
    assert other.source.state == "bundled"


def test_pickles_and_missing_models_are_skipped_with_the_reason(tmp_path: Path):
    pickled = {"config.json": b"{}", "preprocessor_config.json": b"{}", "pytorch_model.bin": b"p"}
    message = "pickle only.*model not found/private"
    with (
        serve_hub({members("ai-human").hub[0].id: pickled}, []) as address,
        pytest.raises(BaseUnavailable, match=message),
    ):
        find_base(members("ai-human"), get_runtime(), endpoint=address)


def test_all_goes_on_without_those_that_cannot_be_had(
    data: Path, base: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
):
    copy = save_tiny_vit(Path(settings.HUB_CACHE).parent / "copy", ["artificial", "human"])
    put_in_cache(Path(settings.HUB_CACHE), members("vit").hub[0].id, copy)
    with pytest.raises(CommandError, match="Not fine-tuned: AI vs Human detector, WildFake"):
        run(data, None, model="all", epochs=1)
    assert (settings.FINETUNED_DIR / "vit_ai_detector_finetuned" / "config.json").exists()
    assert capsys.readouterr().err.count("Skipped (") == 2


def test_each_member_has_a_folder_of_its_own(data: Path, base: Path, tmp_path: Path):
    run(data, base, model="wildfake", epochs=0.2, output_dir=tmp_path)
    assert (tmp_path / "wildfake_detector_finetuned" / "model.safetensors").exists()


@pytest.mark.parametrize("labels", [["artificial", "human"], ["real", "ai"], ["ai"]])
def test_answers_stay_the_same_when_classes_are_put_in_our_order(
    labels: list[str], tmp_path: Path, compiled: Path
):
    folder = save_tiny_vit(tmp_path / "tiny", labels)
    source = find_base(members("vit"), get_runtime(), name=str(folder)).source
    image = open_image(_picture(tmp_path))
    before = Checkpoint(source, get_runtime()).logit(image)
    model, knows = load_model(folder)
    model.save_pretrained(tmp_path / "turned")
    (tmp_path / "turned" / "preprocessor_config.json").write_text(json.dumps(PROCESSOR))
    turned = find_base(members("vit"), get_runtime(), name=str(tmp_path / "turned")).source
    assert knows
    assert Checkpoint(turned, get_runtime()).logit(image) == pytest.approx(before, abs=1e-3)


def _picture(folder: Path) -> Path:
    draw(folder / "p.png", np.random.default_rng(0), ai=True)
    return folder / "p.png"


def test_other_classes_get_a_new_head_that_knows_nothing(tmp_path: Path):
    folder = save_tiny_vit(tmp_path / "tiny", ["cat", "dog", "fish"])
    model, knows = load_model(folder)
    assert not knows and model.classifier.weight.shape == (2, 16)
    assert torch.equal(model(torch.rand(1, 3, 32, 32)).logits, torch.zeros(1, 2))


def test_a_base_that_tells_nothing_has_no_figures(data: Path, tmp_path: Path):
    folder = save_tiny_vit(tmp_path / "tiny", ["cat", "dog", "fish"])
    run(data, folder, epochs=0.2, output_dir=tmp_path)
    metrics = json.loads((tmp_path / "vit_ai_detector_finetuned" / "metrics.json").read_text())
    assert list(metrics["conditions"]["clean"]) == ["fine-tuned"]
    assert "does not tell AI from real" in metrics["about_test"]


# How it learns.


def test_freezing_the_head_alone_moves_nothing_else(data: Path, base: Path, tmp_path: Path):
    run(data, base, epochs=1, freeze="head", output_dir=tmp_path)
    before = load_file(base / "model.safetensors")
    after = load_file(tmp_path / "vit_ai_detector_finetuned" / "model.safetensors")
    moved = {name for name in after if not torch.allclose(before[name], after[name])}
    assert moved == {"classifier.weight", "classifier.bias"}


def test_features_of_a_frozen_encoder_are_computed_once_and_kept(
    data: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(writing, "write_plots", fail)
        with pytest.raises(CommandError, match="No space left"):
            run(data, base, epochs=3, freeze="head", output_dir=tmp_path)
    kept = tmp_path / ".vit_ai_detector_finetuned-training" / "features"
    assert {np.load(file).shape for file in (kept / "train").iterdir()} == {(3, 16)}
    assert (len([*(kept / "train").iterdir()]), len([*(kept / "val").iterdir()])) == (28, 6)
    monkeypatch.setattr(head, "read_pixels", fail)
    said = run(data, base, epochs=3, freeze="head", output_dir=tmp_path, resume=True)
    assert "wrote" in said and not kept.exists()


def test_features_of_an_interrupted_run_are_not_thrown_away(
    data: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    seen: list[Any] = []

    def read_five(*picture: Any) -> Any:
        if len(seen) == 5:
            raise KeyboardInterrupt
        seen.append(picture)
        return read_pixels(*picture)

    with monkeypatch.context() as patch:
        patch.setattr(head, "read_pixels", read_five)
        with pytest.raises(CommandError, match=r"kept \(pictures: 5\). Continue with --resume"):
            run(data, base, freeze="head", output_dir=tmp_path)
    with pytest.raises(CommandError, match="continue with --resume, or delete"):
        run(data, base, freeze="head", output_dir=tmp_path)
    assert "wrote" in run(data, base, freeze="head", output_dir=tmp_path, resume=True)


def sample(features: np.ndarray, labels: np.ndarray) -> Sample:
    return Sample(features[:, None], labels, np.array([f"{label}" for label in labels]))


def test_the_head_learns_by_how_many_sources_there_are():
    rng = np.random.default_rng(0)
    labels = np.arange(400) % 2
    features = rng.normal(size=(400, 50)).astype(np.float32)
    features[:, 7] += 2 * labels
    two = np.array([f"{label}" for label in labels])
    many = np.array([f"{label} {index // 8}" for index, label in enumerate(labels)])

    def learnt(rows: slice, sources: np.ndarray, before: float = 0.0) -> float:
        sample = Sample(features[rows, None], labels[rows], sources[rows])
        change = fit_change(sample, before * (2 * labels[rows] - 1))
        assert before or np.abs(change.weight).argmax() == 7
        return float(change.weight[7])

    everything = slice(None)
    assert 0 < learnt(everything, two) < learnt(everything, many) / 50
    # More pictures of the same sources tell hardly more.
    assert learnt(everything, two) == pytest.approx(learnt(slice(40), two), rel=0.5)
    # What the head knows already is not learnt again.
    assert learnt(everything, many, before=8.0) < learnt(everything, many) / 20


def test_the_change_of_the_head_is_what_was_fitted(tmp_path: Path):
    model, _ = load_model(save_tiny_vit(tmp_path / "tiny", ["real", "ai"]))
    views = torch.rand(5, 3, 32, 32)
    reader = head.reader_of(model.eval())
    rng = np.random.default_rng(0)
    change = Change(rng.normal(size=16), 0.7)
    before = log_odds_of(model, views)
    wanted = before + reader(views.numpy()) @ change.weight + change.bias
    apply_change(model, change)
    assert np.allclose(log_odds_of(model, views), wanted, atol=1e-4)


def log_odds_of(model: PreTrainedModel, views: torch.Tensor) -> np.ndarray:
    with torch.inference_mode():
        logits = model(pixel_values=views).logits.numpy()
    return np.asarray(logits[:, 1] - logits[:, 0])


def test_low_rank_changes_the_layers_within_few_directions(data: Path, base: Path, tmp_path: Path):
    run(data, base, epochs=2, lora=3, keep=0.0, output_dir=tmp_path)
    before = load_model(base)[0].state_dict()
    after = load_model(tmp_path / "vit_ai_detector_finetuned")[0].state_dict()
    assert before.keys() == after.keys(), "the layers are plain ones again"
    changes = {name: value - before[name] for name, value in after.items()}
    moved = {name for name, change in changes.items() if change.abs().max() > 1e-6}
    assert moved and all("layers.0." in name and name.endswith("weight") for name in moved)
    assert {int(torch.linalg.matrix_rank(changes[n], atol=1e-5)) for n in moved} <= {1, 2, 3}
    metrics = json.loads((tmp_path / "vit_ai_detector_finetuned" / "metrics.json").read_text())
    assert metrics["training"]["arguments"]["learning_rate"] == 3e-3
    assert metrics["training"]["arguments"]["lora"] == 3


@pytest.mark.parametrize(
    ("options", "rate", "keep"),
    [({}, 2e-5, 0.9), ({"lora": 2}, 2e-4, 0.5), ({"lora": 2, "keep": 0.0}, 2e-4, 0.0)],
)
def test_low_rank_may_go_faster_and_keeps_less_of_the_start(
    data: Path, base: Path, tmp_path: Path, options: dict[str, Any], rate: float, keep: float
):
    run(data, base, epochs=0.2, learning_rate=None, output_dir=tmp_path, **options)
    metrics = json.loads((tmp_path / "vit_ai_detector_finetuned" / "metrics.json").read_text())
    arguments = metrics["training"]["arguments"]
    assert (arguments["learning_rate"], arguments["keep"]) == (rate, keep)


def test_a_checkpoint_restores_matrices_of_low_rank(base: Path, tmp_path: Path):
    model, _ = load_model(base)
    add_low_rank(model, 2, with_head=False)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    arguments = TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to="none")
    trainer = ExactTrainer(model=model, args=arguments)
    wanted = {name: value.clone() for name, value in model.state_dict().items()}
    trainer._save(str(tmp_path / "checkpoint-1"))
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    trainer._load_from_checkpoint(str(tmp_path / "checkpoint-1"))
    assert any("up" in name for name in wanted)
    for name, value in model.state_dict().items():
        assert torch.equal(value, wanted[name]), name


def test_low_rank_teaches_a_new_head_as_well(tmp_path: Path):
    model, knows = load_model(save_tiny_vit(tmp_path / "tiny", ["cat", "dog", "fish"]))
    add_low_rank(model, 2, with_head=not knows)
    names = {name for name, value in model.named_parameters() if value.requires_grad}
    assert {"classifier.weight", "classifier.bias"} < names
    assert all(".up" in n or ".down" in n for n in names if not n.startswith("classifier"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lora": 4, "freeze": "head"}, "--freeze head and --lora 4 exclude one another"),
        ({"lora": 17}, "--lora 17: accepted are ranks from 1 to 16"),
    ],
)
def test_low_rank_that_cannot_be_is_refused(
    data: Path, base: Path, tmp_path: Path, options: dict[str, Any], message: str
):
    with pytest.raises(CommandError, match=message):
        run(data, base, output_dir=tmp_path, **options)


def test_half_of_the_start_stays_in_the_model(data: Path, base: Path, tmp_path: Path):
    states = [load_model(base)[0].state_dict()]
    for keep in (0.0, 0.5):
        run(data, base, epochs=1, keep=keep, augment=False, output_dir=tmp_path / str(keep))
        folder = tmp_path / str(keep) / "vit_ai_detector_finetuned"
        states.append(load_model(folder)[0].state_dict())
    start, learnt, mixed = states
    assert not torch.allclose(start["classifier.weight"], learnt["classifier.weight"], atol=1e-4)
    for name, value in mixed.items():
        assert torch.allclose(value, (start[name] + learnt[name]) / 2, atol=1e-6), name


def test_early_layers_and_wide_heads_learn_more_slowly(tmp_path: Path):
    config = SwinConfig(image_size=32, **SWIN)
    model = SwinForImageClassification(config)
    model.classifier = torch.nn.Linear(64, 2)  # four times as wide as the last layer
    groups = parameter_groups(model, 1e-3, 0.01)
    names = [name for name, _ in model.named_parameters()]
    rates = {name: group["lr"] for name, group in zip(names, groups, strict=True)}
    decays = {name: group["weight_decay"] for name, group in zip(names, groups, strict=True)}
    first = next(rates[name] for name in names if "layers.0." in name)
    last = next(rates[name] for name in names if "layers.1." in name)
    assert last == 1e-3 and first == pytest.approx(0.75e-3)
    assert rates["swin.embeddings.patch_embeddings.projection.weight"] == pytest.approx(0.5625e-3)
    assert rates["classifier.weight"] == pytest.approx(0.25e-3)
    assert decays["classifier.weight"] == 0.01 and decays["classifier.bias"] == 0


def write_other_sources(folder: Path, sources: dict[str, str]) -> Path:
    """A corpus of two classes: the source of each, and two pictures of it."""
    rng, rows = np.random.default_rng(2), []
    for label, source in sources.items():
        for index in range(2):
            file = f"{label}{index}.jpg"
            draw(folder / file, rng, ai=label == "ai")
            rows.append({"split": "val", "label": label, "source": source, "file": file})
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_it_is_tested_on_other_sources_beside_its_base(data: Path, base: Path, tmp_path: Path):
    others = write_other_sources(tmp_path / "others", {"ai": "owner/x", "real": "owner/y"})
    said = run(data, base, epochs=1, other_sources=others, output_dir=tmp_path)
    lines = [line for line in said.splitlines() if line.startswith("other sources, JPEG 90")]
    assert [line.split()[4:6] for line in lines] == [["4", "fine-tuned"], ["4", "base"]]
    card = (tmp_path / "vit_ai_detector_finetuned" / "README.md").read_text()
    assert "| other sources | 2 | 2 |" in card


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ({"ai": "ai_images", "real": "owner/y"}, "has the source ai_images, which the model"),
        ({"ai": "owner/x"}, "has one class alone"),
    ],
)
def test_other_sources_must_be_others_and_of_both_classes(
    data: Path, base: Path, tmp_path: Path, sources: dict[str, str], message: str
):
    others = write_other_sources(tmp_path / "others", sources)
    with pytest.raises(CommandError, match=message):
        run(data, base, epochs=1, other_sources=others, output_dir=tmp_path)


def test_with_few_pictures_the_calibration_of_the_start_stays(
    data: Path, base: Path, tmp_path: Path
):
    start = Path(shutil.copytree(base, tmp_path / "start"))
    Calibration(2.0, -0.25).write(start)
    said = run(data, start, epochs=0.2, output_dir=tmp_path)
    assert "The calibration of the model that it started from stays." in said
    assert Calibration.read(tmp_path / "vit_ai_detector_finetuned") == Calibration(2.0, -0.25)


def test_freezing_layers_leaves_the_later_ones(tmp_path: Path):
    model, _ = load_model(save_tiny_vit(tmp_path / "tiny", ["real", "ai"]))
    freeze(model, "0")
    learning = {name for name, p in model.named_parameters() if p.requires_grad}
    assert any("layers.0" in name for name in learning) and "classifier.weight" in learning
    assert not any("embeddings" in name for name in learning)


SWIN = {"patch_size": 2, "window_size": 4, "embed_dim": 8, "depths": [1, 2], "num_heads": [1, 2]}
SIGLIP = {"patch_size": 8, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}


def make_swin() -> PreTrainedModel:
    return SwinForImageClassification(SwinConfig(image_size=32, **SWIN))


def make_siglip() -> PreTrainedModel:
    vision = SIGLIP | {"image_size": 32, "intermediate_size": 16}
    return SiglipForImageClassification(SiglipConfig(vision_config=vision))


@pytest.mark.parametrize("make", [make_swin, make_siglip])
def test_freezing_knows_the_layers_of_other_models(make: Callable[[], PreTrainedModel]):
    model = make()
    freeze(model, "head")
    assert learning(model) == {"classifier.weight", "classifier.bias"}
    model = make()
    freeze(model, "1")
    assert not any("embeddings" in n or "layers.0." in n for n in learning(model))
    assert {n for n, _ in model.named_parameters() if "layers.1." in n} <= learning(model)
    assert "classifier.weight" in learning(model)


def learning(model: PreTrainedModel) -> set[str]:
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


@pytest.mark.parametrize("what", ["2", "tail", "-1"])
def test_freezing_what_is_not_there_is_an_error(data: Path, base: Path, tmp_path: Path, what: str):
    with pytest.raises(CommandError, match=f"--freeze {what}: accepted are head and the numbers"):
        run(data, base, freeze=what, output_dir=tmp_path)


def read_processor(config: dict[str, Any], folder: Path) -> Processor:
    (folder / "preprocessor_config.json").write_text(json.dumps(config))
    return Processor.read(folder)


@pytest.mark.parametrize("processor", [PROCESSOR, NATIVE])
@pytest.mark.parametrize("augmentation", [Augmentation(), None])
@pytest.mark.parametrize("shape", [(64, 64), (20, 300), (1200, 1100)])
def test_views_have_the_shape_of_the_processor(
    processor: Any, augmentation: Augmentation | None, shape: tuple[int, int], tmp_path: Path
):
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    views = Views(read_processor(processor, tmp_path), augmentation)
    drawn = views.random(pixels, np.random.default_rng(1))
    assert drawn.shape == (3, 32, 32) and -1 <= drawn.min() < drawn.max() <= 1
    fixed = views.fixed(pixels)
    assert fixed.shape == (4 if processor is NATIVE else 1, 3, 32, 32)
    assert np.array_equal(fixed, views.fixed(pixels)), "validation sees the same each time"


def test_augmentation_draws_anew_and_can_be_switched_off(tmp_path: Path):
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    rng = np.random.default_rng(1)

    def differ(views: Views) -> bool:
        return not np.array_equal(views.random(pixels, rng), views.random(pixels, rng))

    processor = read_processor(PROCESSOR, tmp_path)
    assert differ(Views(processor, Augmentation()))
    assert not differ(Views(processor, None))


def test_views_of_one_picture_count_as_one():
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(40, 2)), np.arange(10) % 2
    figures = EpochMetrics(4)(EvalPrediction(logits, labels.repeat(4)))
    scores = expit((logits[:, 1] - logits[:, 0]).reshape(10, 4).mean(1))
    assert figures["roc_auc"] == pytest.approx(roc_auc_score(labels, scores))
    assert figures["accuracy"] == pytest.approx(((scores >= 0.5) == labels).mean())


# What is refused.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--epochs", "0"), "accepted are numbers above 0"),
        (("--epochs", "nan"), "accepted are numbers above 0"),
        (("--batch-size", "0"), "accepted are whole numbers from 1 to"),
        (("--batch-size", "2.5"), "accepted are whole numbers from 1 to"),
        (("--learning-rate", "-1"), "accepted are numbers above 0"),
        (("--model", "clip"), "invalid choice"),
        (("--model", "all", "--base-model", "x"), "needs one --model"),
        (("--device", "tpu"), "invalid choice"),
        (("--device", "cuda"), "FORCE_CPU"),
    ],
)
def test_bad_arguments_name_the_value_and_what_is_accepted(
    data: Path, options: tuple[str, ...], message: str
):
    with pytest.raises(CommandError, match=message):
        call_command("finetune_hf_models", *options, data_dir=data)


def test_without_splits_it_names_the_command_that_makes_them(tmp_path: Path, base: Path):
    with pytest.raises(CommandError, match="run manage.py prepare_genimage"):
        run(tmp_path, base)


def test_a_picture_that_has_gone_is_named(data: Path, base: Path, tmp_path: Path):
    write_pictures(tmp_path / "data")
    call_command("prepare_genimage", data_dir=tmp_path / "data", stdout=io.StringIO())
    rows = json.loads((tmp_path / "data" / "splits" / "train.json").read_text())
    (tmp_path / "data" / rows[0]["path"]).unlink()
    with pytest.raises(CommandError, match=f"{rows[0]['path']}.*prepare_genimage again"):
        run(tmp_path / "data", base, output_dir=tmp_path)


def test_a_base_that_cannot_be_loaded_is_an_error(data: Path, tmp_path: Path):
    folder = save_tiny_vit(tmp_path / "tiny", ["real", "ai"])
    weights = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in weights.items() if "embeddings" not in name}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CommandError, match="do not fit the model: no vit.embeddings"):
        run(data, folder, output_dir=tmp_path)
    assert not (tmp_path / "vit_ai_detector_finetuned").exists()


def test_a_base_without_a_head_learns_one(tmp_path: Path):
    folder = save_tiny_vit(tmp_path / "tiny", ["real", "ai"])
    remove_head(folder)
    assert load_model(folder)[1] is False


def test_a_folder_that_is_no_checkpoint_is_skipped(data: Path, tmp_path: Path):
    with pytest.raises(CommandError, match="Not fine-tuned"):
        run(data, tmp_path, output_dir=tmp_path)
