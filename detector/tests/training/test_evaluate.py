"""`manage.py evaluate` on small real pictures: figures, groups, conditions, resumption, reports."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image
from pytest_django import Settings
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from detector.accuracy.conditions import USUAL
from detector.accuracy.figure import Figure
from detector.accuracy.groups import Group
from detector.accuracy.report import Report
from detector.inference.images import SourceImage
from detector.inference.method import Answer, Method
from detector.inference.pixels.conditions import MARGIN, screenshot
from detector.inference.results import Finding
from detector.tests.factories.processes import loaded_after
from detector.tests.factories.reports import make_older_report, make_report
from detector.training.figures.intervals import mean_interval, newcombe_interval, wilson_interval
from detector.training.figures.metrics import (
    calibration_error_by_chance,
    roc_auc_interval,
    summarise,
)
from detector.training.measuring.data import find_labelled
from detector.training.measuring.page import to_html
from detector.training.measuring.plots import recall_by_generator
from detector.training.measuring.report import RENDERINGS
from detector.training.measuring.tables import to_markdown
from detector.training.pictures.augment import CONDITIONS

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
        return Answer(score, (Finding("deep_learning.agree", {"side": "ai"}),), "brightness")


class Bytes(Method):
    """Reads the file alone: abstains where there is none."""

    def state(self) -> str:
        return "1"

    def _load(self) -> None:
        pass

    def _predict(self, image: SourceImage) -> Answer:
        if not image.data:
            return Answer(None, (Finding("file.silent"),), "bytes")
        return Answer(0.6, (Finding("stealth.hidden"),), "bytes")


@pytest.fixture
def brightness(use_methods: UseMethods, settings: Settings, tmp_path: Path) -> type[Brightness]:
    """The methods of these tests stand where the fusion expects real ones."""
    settings.DATA_DIR = tmp_path / "local"
    own = type("Own", (Brightness,), {"seen": [], "patience": 10**6})
    use_methods(statistical=own, forensics=Bytes)
    return own


def draw(path: Path, level: float, seed: int) -> None:
    """A picture of this mean with soft shapes: noise alone would be a test pattern."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).normal(0, 1, (SIDE, SIDE, 3))
    shapes = cv2.GaussianBlur(noise, (0, 0), 6)
    pixels = level + 28 * shapes / shapes.std() + 6 * noise
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


def test_what_a_person_is_told_is_counted(
    brightness: type[Brightness], folder: Path, tmp_path: Path
):
    rows = report_of(folder, tmp_path)["outcomes"]["JPEG 95"]
    assert sum(row["n_ai"] for row in rows) == sum(row["n_real"] for row in rows) == 12
    assert {"ai", "no_sign", "not_assessed"} < {row["outcome"] for row in rows}
    for name in ("report.md", "report.html"):
        assert "not_assessed" in (tmp_path / "report" / name).read_text()


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


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """12 AI pictures, 6 bright real photos, 4 dark real drawings and 2 real ones of no kind."""
    corpus = tmp_path / "corpus"
    kinds = ["photo"] * 6 + ["art"] * 4 + [None] * 2
    rows: list[dict[str, Any]] = []
    for index, kind in enumerate(kinds):
        draw(corpus / f"a{index}.png", 170, index)
        draw(corpus / f"r{index}.jpg", 190 if kind == "photo" else 60, 100 + index)
        rows.append({"label": "ai", "generator": "flux", "kind": "art", "file": f"a{index}.png"})
        rows.append({"label": "real", "kind": kind, "file": f"r{index}.jpg"})
    rows = [row | {"split": "val", "source": "here"} for row in rows]
    (corpus / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return corpus


def test_false_positives_are_told_by_kind_of_real_picture(
    brightness: type[Brightness], corpus: Path, tmp_path: Path
):
    report = report_of("val", tmp_path, data_dir=corpus)
    assert list(report["kinds"]) == ["clean", "JPEG 95"]
    kinds = {row["kind"]: row for row in report["kinds"]["JPEG 95"]}
    assert {name: row["n"] for name, row in kinds.items()} == {"photo": 6, "art": 4, "unknown": 2}
    bright, dark = (kinds[name]["by_method"]["statistical"] for name in ("photo", "art"))
    assert (bright["n"], bright["called_ai"], dark["called_ai"]) == (6, 1, 0)
    assert dark["called_ai_interval"] == [round(bound, 4) for bound in wilson_interval(0, 4)]
    low, high = kinds["photo"]["called_ai_interval"]
    assert low <= kinds["photo"]["called_ai"] <= high


def test_a_method_without_a_score_has_no_false_positives_of_a_kind(
    brightness: type[Brightness], corpus: Path, tmp_path: Path
):
    kinds = report_of("val", tmp_path, data_dir=corpus)["kinds"]
    silent = {"n": 0, "called_ai": None, "called_ai_interval": None}
    assert all(row["by_method"]["forensics"] == silent for row in kinds["JPEG 95"])
    assert all(row["by_method"]["forensics"]["n"] for row in kinds["clean"])


def test_kinds_stand_in_page_and_markdown(
    brightness: type[Brightness], corpus: Path, tmp_path: Path
):
    report = Report.from_dict(report_of("val", tmp_path, data_dir=corpus))
    assert '<th scope="row">photo</th>' in to_html(report)
    assert "Real pictures called AI, by kind, JPEG 95" in to_markdown(report)
    assert "| photo | 6 |" in to_markdown(report)


def test_generators_stand_in_markdown(brightness: type[Brightness], folder: Path, tmp_path: Path):
    content = report_of(folder, tmp_path)
    text = to_markdown(Report.from_dict(content))
    assert "## AI pictures by generator, JPEG 95" in text
    (flux,) = [row for row in content["generators"]["JPEG 95"] if row["generator"] == "flux"]
    area, (low, high) = flux["roc_auc"]["fused"], flux["roc_auc_interval"]["fused"]
    (line,) = [line for line in text.splitlines() if line.startswith("| flux | 6 | ")][1:]
    assert line.endswith(f" | {area:.3f} ({low:.3f} to {high:.3f}) |")


def test_a_report_from_before_there_were_kinds_is_still_rendered(
    brightness: type[Brightness], folder: Path, tmp_path: Path
):
    content = report_of(folder, tmp_path)
    del content["kinds"]
    report = Report.from_dict(content)
    assert "before they were told apart" in to_html(report)
    assert "by kind" not in to_markdown(report)


@pytest.mark.parametrize("name", RENDERINGS)
def test_every_file_is_written_from_a_report_that_was_read(name: str):
    newer, older = (Report.from_dict(make()) for make in (make_report, make_older_report))
    assert len(RENDERINGS[name](older)) <= len(RENDERINGS[name](newer))
    assert str(newer.conditions["JPEG 30"].verdict.area.value) in RENDERINGS[name](older)


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


@pytest.mark.parametrize(
    ("root", "ai", "real", "ai_from", "real_from"),
    [
        ("mine", "ai_images/flux", "real_images", "flux", "mine"),
        ("mine", "ai", "real/camera", "mine", "camera"),
        ("mine", "Set/AI", "Set/Real", "Set", "Set"),
        ("genimage", "ADM/adm/val/ai", "ADM/adm/val/nature", "adm", "adm"),
        ("sdv5/val", "ai", "nature", "sdv5", "sdv5"),
    ],
)
def test_folders_tell_class_and_source(
    root: str, ai: str, real: str, ai_from: str, real_from: str, tmp_path: Path
):
    draw(tmp_path / root / ai / "a.png", 120, 0)
    draw(tmp_path / root / real / "b.png", 120, 1)
    pictures = find_labelled(str(tmp_path / root), tmp_path).pictures
    assert {picture.label: picture.source for picture in pictures} == {1: ai_from, 0: real_from}
    generators = {picture.label: picture.generator for picture in pictures}
    assert generators == {1: "unknown" if ai_from == "mine" else ai_from, 0: ""}


def test_a_picture_below_folders_of_both_classes_is_refused(folder: Path):
    draw(folder / "ai" / "real" / "x.png", 120, 0)
    with pytest.raises(ValueError, match=r"ai/real/x\.png lies below folders of both classes"):
        find_labelled(str(folder), folder)


def test_per_source_takes_so_many_of_each_source_and_class(
    brightness: type[Brightness], folder: Path, tmp_path: Path
):
    report = report_of(folder, tmp_path, per_source=3)
    assert (report["n_ai"], report["n_real"]) == (6, 6)


def test_a_picture_that_no_encoder_takes_is_named(
    brightness: type[Brightness], folder: Path, tmp_path: Path
):
    Image.new("RGB", (17_000, 2)).save(folder / "real" / "panorama.png")
    report = report_of(folder, tmp_path, conditions=["WebP 50"])
    assert list(report["unread"]) == ["real/panorama.png"] and report["n_real"] == 12


def test_a_screenshot_shows_the_picture_as_large_as_it_fits():
    shown = screenshot(np.full((900, 5400, 3), 200, np.uint8))
    assert shown.shape == (180 + 2 * MARGIN[0], 1080 + 2 * MARGIN[1], 3)
    assert (shown[MARGIN[0] : -MARGIN[0], MARGIN[1] : -MARGIN[1]] == 200).all()
    assert MARGIN[0] % 8 and MARGIN[1] % 8, "the grid of JPEG blocks is shifted"


# Going on.


def test_a_stopped_run_goes_on_and_measures_nothing_twice(
    brightness: type[Brightness], folder: Path, caplog: pytest.LogCaptureFixture
):
    brightness.patience = 9
    with pytest.raises(CommandError, match="continues from here") as stopped:
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


def test_what_an_error_spoilt_is_not_kept(
    brightness: type[Brightness], folder: Path, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:
        patch.setattr(brightness, "_predict", lambda self, image: 1 / 0)
        evaluate(folder, conditions=["clean"])
    evaluate(folder, conditions=["clean"])
    assert len(brightness.seen) == 24


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


def test_names_from_outside_are_text_in_plots():
    svg = recall_by_generator([Group("<b>$x^$&", 12, Figure(0.5, 0.2, 0.8), {})])
    assert "<b>" not in svg and "&lt;b&gt;$x^$&amp; (12)" in svg


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
        ({"split": "test", "data_dir": Path("/nowhere")}, "needed is manifest.jsonl or"),
        ({"conditions": ["JPEG 12"]}, r"Unknown condition \['JPEG 12'\]; accepted are"),
        ({"conditions": ["clean"], "robustness": True}, "give only one"),
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


def test_a_split_that_a_corpus_lacks_is_named(brightness: type[Brightness], tmp_path: Path):
    for label in ("ai", "real"):
        draw(tmp_path / "corpus" / "val" / label / "x.png", 120, 0)
    with pytest.raises(CommandError, match="has no split test; it has val"):
        evaluate("test", data_dir=tmp_path / "corpus")


def test_evaluation_needs_no_django(tmp_path: Path):
    code = "import detector.training.measuring.report"
    assert loaded_after(code, ["django", "detector.installation"], tmp_path) == []


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


def test_no_figure_is_certain_where_the_classes_are_apart():
    labels = np.repeat([0, 1], 200)
    figures = summarise(labels, labels * 0.8 + 0.1)
    for name in ("roc_auc", "balanced_accuracy", "recall_at_fpr_1", "recall_at_fpr_10"):
        low, high = figures[f"{name}_interval"]
        assert 0.96 < low < 1 and high == 1, name
    assert figures["ap"] == 1 and figures["ap_interval"] is None


@pytest.mark.parametrize("area", [0.0, 0.31, 0.5, 0.97, 1.0])
def test_newcombes_interval_holds_its_area_and_is_the_same_for_swapped_classes(area: float):
    low, high = newcombe_interval(area, 9, 30)
    assert 0 <= low <= area <= high <= 1 and high - low > 0.1
    assert newcombe_interval(1 - area, 9, 30) == pytest.approx((1 - high, 1 - low))


def test_newcombes_interval_holds_what_it_promises_for_few_pictures():
    """The true AUROC is .921 for a shift of two standard deviations."""
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1], 12)
    areas = [roc_auc_score(labels, rng.normal(2 * labels, 1)) for _ in range(300)]
    bounds = np.array([newcombe_interval(area, 12, 12) for area in areas])
    held = ((bounds[:, 0] <= 0.9214) & (bounds[:, 1] >= 0.9214)).mean()
    assert 0.92 <= held <= 0.99


def test_shares_of_none_and_of_all_stay_within_their_bounds():
    for low, high in (wilson_interval(0, 81), wilson_interval(81, 81)):
        assert 0 <= low < high <= 1
    low, high = mean_interval((0, 20), (20, 20))
    assert 0.4 < low < 0.5 < high < 0.6


def test_of_a_calibration_error_chance_is_taken_off():
    """Resampling makes the error larger: its percentiles would lie above the figure."""
    rng = np.random.default_rng(0)
    scores = rng.uniform(0, 1, 300)
    labels = (rng.uniform(0, 1, 300) < scores).astype(int)
    figures = summarise(labels, scores)
    low, high = figures["ece_interval"]
    assert low < 0.02 and low <= figures["ece"] <= high < 0.15


@pytest.mark.parametrize(("n_ai", "n_real"), [(200, 200), (40, 360)])
def test_right_scores_have_the_calibration_error_that_is_said_to_be_chance(n_ai, n_real):
    """Whatever the numbers of the classes: of scores s, AI pictures have s as often as s tells."""
    rng = np.random.default_rng(0)
    labels = np.repeat([1, 0], [n_ai, n_real])
    errors, said = [], []
    for _ in range(40):
        scores = np.concatenate([rng.beta(2, 1, n_ai), rng.beta(1, 2, n_real)])
        figures = summarise(labels, scores)
        errors.append(figures["ece"])
        said.append(figures["ece_by_chance"])
    by_chance = float(np.mean(said))
    assert 0.01 < by_chance == pytest.approx(np.mean(errors), rel=0.1)
    many_labels, many_scores = np.repeat(labels, 100), np.repeat(scores, 100)
    # A tenth of it, but for the draws.
    assert calibration_error_by_chance(many_labels, many_scores) < 0.2 * by_chance


def test_scores_of_0_and_1_that_are_right_leave_chance_nothing():
    labels = np.array([0, 0, 1, 1, 1])
    assert calibration_error_by_chance(labels, labels.astype(float)) == 0
