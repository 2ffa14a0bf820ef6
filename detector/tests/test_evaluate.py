"""`manage.py evaluate` on small real pictures: figures, groups, conditions, resumption, reports."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image
from pytest_django import Settings
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from detector.inference.images import SourceImage
from detector.inference.method import Answer, Method
from detector.inference.results import Finding
from detector.training.augment import CONDITIONS, USUAL
from detector.training.intervals import newcombe_interval
from detector.training.metrics import roc_auc_interval, summarise

UseMethods = Callable[..., None]
SIDE = 64


class Brightness(Method):
    """Says that bright pictures are AI; remembers what it was shown, and fails after `patience`."""

    seen: list[SourceImage]
    patience: int

    def state(self) -> str:
        return "1"

    def _load(self) -> None:
        pass

    def _predict(self, image: SourceImage) -> Answer:
        self.seen.append(image)
        if len(self.seen) > self.patience:
            raise KeyboardInterrupt
        score = float(np.clip(image.pixels.mean() / 255, 0.01, 0.99))
        return Answer(score, (Finding("It is bright."),), "brightness")


class Bytes(Method):
    """Reads the file alone: abstains where there is none."""

    def state(self) -> str:
        return "1"

    def _load(self) -> None:
        pass

    def _predict(self, image: SourceImage) -> Answer:
        if not image.data:
            return Answer(None, (Finding("The file says nothing."),), "bytes")
        return Answer(0.6, (Finding("The file is there."),), "bytes")


@pytest.fixture
def brightness(use_methods: UseMethods, settings: Settings, tmp_path: Path) -> type[Brightness]:
    """The methods of these tests stand where the fusion expects real ones."""
    settings.DATA_DIR = tmp_path / "local"
    own = type("Own", (Brightness,), {"seen": [], "patience": 10**6})
    use_methods(statistical=own, forensics=Bytes)
    return own


def draw(path: Path, level: float, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).normal(level, 30, (SIDE, SIDE, 3))
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """12 AI pictures of two generators and 12 real ones of two sources; brightness overlaps."""
    folder = tmp_path / "pictures"
    for index in range(12):
        generator = "sdxl" if index % 2 else "flux"
        draw(folder / "ai" / generator / f"a{index}.png", 120 + 8 * index, index)
        source = "camera" if index % 3 else "scans"
        draw(folder / "real" / source / f"r{index}.jpg", 60 + 9 * index, 100 + index)
    return folder


def evaluate(split: Path | str, **options: Any) -> str:
    output = io.StringIO()
    call_command("evaluate", split=str(split), stdout=output, **options)
    return output.getvalue()


def report_of(split: Path | str, tmp_path: Path, **options: Any) -> dict[str, Any]:
    evaluate(split, report=tmp_path / "report", **options)
    report: dict[str, Any] = json.loads((tmp_path / "report" / "report.json").read_text())
    return report


# What is measured.


def test_every_method_and_the_verdict_are_measured(
    brightness: type[Brightness], folder: Path, tmp_path: Path
):
    report = report_of(folder, tmp_path)
    assert list(report["conditions"]) == ["clean", "JPEG 95"]
    for figures in report["conditions"].values():
        assert set(figures) == {"statistical", "forensics", "fused"}
        measured = figures["statistical"]
        assert (measured["n_ai"], measured["n_real"]) == (12, 12)
        for name in ("roc_auc", "ap", "balanced_accuracy", "ece", "recall_at_fpr_10"):
            low, high = measured[f"{name}_interval"]
            assert low <= measured[name] <= high and low < high, name
        assert measured["recall_at_fpr_1"] is None
        assert "needs 100 real pictures" in measured["recall_at_fpr_1_reason"]


def test_abstentions_are_counted_by_class(
    brightness: type[Brightness], folder: Path, tmp_path: Path
):
    conditions = report_of(folder, tmp_path)["conditions"]
    assert conditions["clean"]["forensics"]["abstained_ai"] == 0
    assert conditions["JPEG 95"]["forensics"]["abstained_ai"] == 12
    assert conditions["JPEG 95"]["forensics"]["abstained_real"] == 12
    assert conditions["JPEG 95"]["forensics"]["roc_auc"] is None


def test_clean_is_the_file_itself(brightness: type[Brightness], folder: Path):
    evaluate(folder, conditions=["clean"])
    files = {path.read_bytes() for path in folder.rglob("*.*")}
    assert {image.data for image in brightness.seen} == files


def test_generators_and_real_sources_are_told_apart(
    brightness: type[Brightness], folder: Path, tmp_path: Path
):
    report = report_of(folder, tmp_path)
    generators = {row["generator"]: row for row in report["generators"]["JPEG 95"]}
    assert {name: row["n"] for name, row in generators.items()} == {"sdxl": 6, "flux": 6}
    low, high = generators["flux"]["roc_auc_interval"]["fused"]
    assert low < generators["flux"]["roc_auc"]["fused"] < high
    sources = {row["source"]: row["n"] for row in report["sources"]["JPEG 95"]}
    assert sources == {"camera": 8, "scans": 4}


def test_robustness_adds_every_condition(
    brightness: type[Brightness], folder: Path, tmp_path: Path
):
    report = report_of(folder, tmp_path, robustness=True)
    asked = [
        "JPEG 90",
        "JPEG 70",
        "JPEG 50",
        "JPEG 30",
        "WebP 50",
        "half size",
        "blur",
        "screenshot chain",
    ]
    assert list(report["conditions"]) == list(CONDITIONS)
    assert set(asked) | set(USUAL) <= set(CONDITIONS)


def test_pictures_that_cannot_be_read_are_named(
    brightness: type[Brightness], folder: Path, tmp_path: Path
):
    (folder / "real" / "broken.jpg").write_bytes(b"not a picture")
    report = report_of(folder, tmp_path)
    assert report["n_unread"] == 1 and report["n_real"] == 12
    assert "not a picture" in report["unread"]["real/broken.jpg"]
    assert "1 could not be read" in report["about"]


def test_splits_of_prepare_genimage_are_equalised_as_in_training(
    brightness: type[Brightness], tmp_path: Path
):
    data = tmp_path / "genimage"
    for index in range(20):
        draw(data / "ai_images" / f"a{index}.png", 120 + 5 * index, index)
        draw(data / "real_images" / f"r{index}.jpg", 60 + 5 * index, 100 + index)
    call_command("prepare_genimage", data_dir=data, equalise=True, stdout=io.StringIO())
    report = report_of("test", tmp_path, data_dir=data)
    assert (report["n_ai"], report["n_real"]) == (3, 3)
    assert (
        report["equalise"] == {"side": SIDE}
        and "first equalised as in training" in (report["about"])
    )
    widths = {image.width for image in brightness.seen if not image.data}
    assert max(widths) <= SIDE and min(widths) < SIDE


# Going on.


def test_a_stopped_run_goes_on_and_measures_nothing_twice(
    brightness: type[Brightness], folder: Path, caplog: pytest.LogCaptureFixture
):
    brightness.patience = 9
    with pytest.raises(CommandError, match="goes on from here") as stopped:
        evaluate(folder, workers=1)
    assert stopped.value.returncode == 130
    brightness.patience = 10**6
    brightness.seen.clear()
    with caplog.at_level(logging.INFO):
        evaluate(folder, workers=1)
    assert "4 of 24 pictures were analysed before; 20 to go" in caplog.text
    assert len(brightness.seen) == 20 * len(USUAL)


def test_robustness_after_a_plain_run_measures_only_what_is_new(
    brightness: type[Brightness], folder: Path
):
    evaluate(folder)
    brightness.seen.clear()
    evaluate(folder, robustness=True)
    assert len(brightness.seen) == 24 * (len(CONDITIONS) - len(USUAL))
    brightness.seen.clear()
    evaluate(folder, robustness=True)
    assert not brightness.seen


def test_a_line_that_was_cut_off_is_measured_again(
    brightness: type[Brightness], folder: Path, settings: Settings
):
    evaluate(folder)
    (cache,) = (settings.DATA_DIR / "evaluations").iterdir()
    cache.write_bytes(cache.read_bytes()[:-40])
    brightness.seen.clear()
    evaluate(folder)
    assert len(brightness.seen) == len(USUAL), "the picture whose line was cut off"
    brightness.seen.clear()
    evaluate(folder)
    assert not brightness.seen


def test_a_picture_that_was_replaced_is_measured_again(brightness: type[Brightness], folder: Path):
    evaluate(folder)
    brightness.seen.clear()
    draw(folder / "ai" / "sdxl" / "a1.png", 30, seed=77)
    evaluate(folder)
    assert len(brightness.seen) == len(USUAL)


# What is written.


def test_it_writes_json_csv_markdown_and_a_page(
    brightness: type[Brightness], folder: Path, tmp_path: Path
):
    report = report_of(folder, tmp_path)
    written = tmp_path / "report"
    names = {path.name for path in written.iterdir()}
    assert names == {"report.json", "report.csv", "report.md", "report.html"}
    rows = list(csv.DictReader((written / "report.csv").open()))
    area = report["conditions"]["clean"]["statistical"]["roc_auc"]
    assert any(float(r["value"]) == area for r in rows if r["figure"] == "roc_auc" and r["value"])
    page = (written / "report.html").read_text()
    assert page.count("<svg") >= 5 and "http-equiv" not in page and "<script" not in page
    for path in written.iterdir():
        assert str(tmp_path) not in path.read_text(), "no folder of this machine"


def test_names_from_outside_are_escaped(brightness: type[Brightness], folder: Path, tmp_path: Path):
    (folder / "ai" / "sdxl").rename(folder / "ai" / "<script>alert(1)<")
    report_of(folder, tmp_path)
    page = (tmp_path / "report" / "report.html").read_text()
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_the_same_scores_give_the_same_bytes(
    brightness: type[Brightness], folder: Path, tmp_path: Path
):
    evaluate(folder, report=tmp_path / "one")
    evaluate(folder, report=tmp_path / "two")
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


# What is refused.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "nowhere"}, "There is no split 'nowhere', nor such a folder; accepted are"),
        ({"conditions": ["JPEG 12"]}, r"Unknown condition \['JPEG 12'\]; there are"),
        ({"conditions": ["clean"], "robustness": True}, "give one"),
        ({"workers": 0}, "--workers is 0; accepted are whole numbers from 1 up"),
        ({"per_source": -1}, "--per-source is -1"),
    ],
)
def test_errors_name_the_value_and_what_is_accepted(
    options: dict[str, Any], message: str, brightness: type[Brightness], folder: Path
):
    with pytest.raises(CommandError, match=message):
        evaluate(**({"split": folder} | options))


def test_a_class_that_is_missing_is_named(brightness: type[Brightness], folder: Path):
    with pytest.raises(CommandError, match="There are no labelled pictures"):
        evaluate(folder / "ai" / "sdxl")
    for path in (folder / "real").rglob("*.jpg"):
        path.unlink()
    with pytest.raises(CommandError, match="has no real pictures; needed are both"):
        evaluate(folder)


def test_a_report_that_cannot_be_written_is_said_before_the_work(
    brightness: type[Brightness], folder: Path, tmp_path: Path
):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CommandError, match="cannot be written"):
        evaluate(folder, report=tmp_path / "file")
    assert not brightness.seen


# Figures.


@pytest.mark.parametrize("seed", range(4))
def test_figures_agree_with_scikit_learn(seed: int):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, 400)
    # Rounded: many equal scores, which no threshold can part.
    scores = np.clip(0.5 + 0.15 * labels + rng.normal(0, 0.2, 400), 0, 1).round(2)
    figures = summarise(labels, scores)
    assert figures["roc_auc"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-4)
    assert figures["ap"] == pytest.approx(average_precision_score(labels, scores), abs=1e-4)
    fpr, recall, _ = roc_curve(labels, scores, drop_intermediate=False)
    for name, at in (("recall_at_fpr_1", 0.01), ("recall_at_fpr_10", 0.1)):
        assert figures[name] == pytest.approx(recall[fpr <= at].max(), abs=1e-4)


def test_intervals_hold_what_they_promise():
    """95 % of them should hold the true AUROC, .760 for a shift of one standard deviation."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 80)
    held = 0
    for _ in range(60):
        low, high = roc_auc_interval(labels, rng.normal(labels, 1))
        held += low <= 0.7602 <= high
    assert held >= 51  # fewer has a chance of 1 in 1,000 if the promise holds


def test_an_auroc_of_one_on_few_pictures_is_not_certain():
    labels = np.array([0, 0, 0, 1, 1, 1])
    low, high = roc_auc_interval(labels, labels.astype(float))
    assert low < 0.6 and high == 1
    assert newcombe_interval(0.5, 200, 200) == pytest.approx((0.444, 0.556), abs=0.003)
