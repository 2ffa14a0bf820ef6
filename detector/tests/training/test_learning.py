"""What training learns from and by which rules; no network of any size is trained here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from detector.accuracy.conditions import CLEAN
from detector.accuracy.curves import Bin
from detector.accuracy.names import VERDICT
from detector.inference.images import SourceImage
from detector.inference.results import MethodResult, Verdict
from detector.tests.conftest import make_verdict
from detector.tests.factories.watermarking import textured
from detector.training.corpus.labelled import Picture, balanced_weights, cap_sources, fingerprint
from detector.training.corpus.learnt_sources import digests
from detector.training.finetuning.arguments import Arguments
from detector.training.finetuning.dataset import FixedViews, RandomViews
from detector.training.fusion import calibration_run
from detector.training.fusion.stacking import fit_stack
from detector.training.genimage.equalise import Equalise
from detector.training.genimage.format_bias import measure_format_bias
from detector.training.genimage.layout import Place
from detector.training.genimage.table import COLUMNS, Table
from detector.training.learning.loop import Schedule, Training, label_loss, smooth
from detector.training.measuring import cache as cache_module
from detector.training.measuring.cache import OutcomeCache
from detector.training.measuring.curves import curves
from detector.training.measuring.data import LabelledPictures
from detector.training.measuring.outcome import Outcome, titles
from detector.training.measuring.report import detailed_conditions
from detector.training.measuring.scoring import PIXEL_METHODS, score_pictures
from detector.training.pictures import sampling
from detector.training.pictures.augment import ALIKE, GENTLE, TRACES, VIEWS
from detector.training.pictures.preparation import calibration_pictures
from detector.training.pictures.regions import NATIVE, WHOLE
from detector.training.pictures.sampling import BalancedCrops


def pictures_of(sizes: dict[tuple[int, str], int]) -> list[Picture]:
    """So many pictures of each (label, source)."""
    return [
        Picture(Path(f"{label}-{source}-{i}.png"), "train", label, source)
        for (label, source), size in sizes.items()
        for i in range(size)
    ]


def save_pictures(folder: Path, count: int, side: int = 64) -> list[Picture]:
    folder.mkdir(exist_ok=True)
    pictures = []
    for number in range(count):
        path = folder / f"{number}.png"
        Image.fromarray(textured(number, side, side)).save(path)
        label = number % 2
        pictures.append(Picture(path, "val", label, f"source {number}", sha256=f"{number:064x}"))
    return pictures


# Sampling


class Parts:
    """Two regions of each picture, with all values twice its number, and one more."""

    def __init__(self, pictures: Sequence[Picture], cut: Any) -> None:
        self.pictures, self.cut = pictures, cut

    def count(self, index: int) -> int:
        return 2

    def get(self, index: int, which: int) -> np.ndarray:
        return np.full((60, 60, 3), 2 * index + which, np.uint8)


@dataclass(frozen=True)
class Asis:
    """An augmentation that changes nothing and tells which one it stands for."""

    name: str
    drawn: list[str]

    def random_crop(self, region: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
        self.drawn.append(self.name)
        return region[:size, :size]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the augmentations that crops went through."""
    names: list[str] = []
    for name in ("GENTLE", "TRACES", "VIEWS"):
        monkeypatch.setattr(sampling, name, Asis(name, names))
    return names


SIZES = {(0, "large"): 64, (0, "small"): 4, (1, "only"): 8}


def stream(cut: Any = NATIVE, *, seed: int = 0, gentle: int = 0) -> BalancedCrops:
    pictures = pictures_of(SIZES)
    parts: Any = Parts(pictures, cut)
    return BalancedCrops(parts, np.arange(len(pictures)), size=8, seed=seed, gentle=gentle)


def draw(crops: BalancedCrops, n: int) -> tuple[np.ndarray, np.ndarray]:
    """(picture * 2 + region, label) of n crops."""
    both = list(islice(crops, n))
    return np.array([int(c[0, 0, 0]) for c, _ in both]), np.array([int(y) for _, y in both])


def test_every_second_crop_is_ai_and_of_its_own_class(drawn: list[str]) -> None:
    places, labels = draw(stream(), 40)
    assert labels.tolist() == [0, 1] * 20
    assert ((places // 2 >= 68) == (labels == 1)).all()


def test_large_sources_count_by_their_square_root_and_all_regions_are_seen(
    drawn: list[str],
) -> None:
    places, labels = draw(stream(), 1200)
    real = places[labels == 0] // 2
    assert (real < 64).mean() == pytest.approx(0.8, abs=0.06)  # 8 : 2
    assert places.max() == 2 * 75 + 1 and set(places[labels == 1] % 2) == {0, 1}


def test_other_seeds_and_other_workers_draw_other_crops(
    drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = draw(stream(seed=1), 40)[0].tolist()
    assert first == draw(stream(seed=1), 40)[0].tolist() != draw(stream(seed=2), 40)[0].tolist()

    def worker(number: int) -> tuple[list[int], list[int]]:
        info = type("Info", (), {"num_workers": 2, "id": number})
        monkeypatch.setattr(sampling, "get_worker_info", lambda: info)
        places, labels = draw(stream(seed=1), 40)
        return places.tolist(), labels.tolist()

    (one, labels), (two, also) = worker(0), worker(1)
    assert one != two and labels == also == [0, 1] * 20


def test_gentle_crops_come_first_and_views_have_an_augmentation_of_their_own(
    drawn: list[str],
) -> None:
    draw(stream(gentle=3), 5)
    assert drawn == ["GENTLE"] * 3 + ["TRACES"] * 2
    drawn.clear()
    draw(stream(WHOLE, gentle=3), 2)
    assert drawn == ["VIEWS"] * 2


def test_gentle_crops_are_gentle() -> None:
    assert GENTLE.rescale < TRACES.rescale and GENTLE.lowest_quality > TRACES.lowest_quality
    assert VIEWS.smallest * 256 < 224  # so that parts are seen, too


# Corpus and split


def test_a_changed_label_or_source_is_another_corpus(tmp_path: Path) -> None:
    (picture, *_) = save_pictures(tmp_path, 1)
    known = fingerprint([picture])
    assert fingerprint([picture]) == known
    for changed in (replace(picture, label=1), replace(picture, source="other")):
        assert fingerprint([changed]) != known


def test_a_sixth_of_either_class_is_kept_back_to_calibrate(tmp_path: Path) -> None:
    for label in ("ai", "real"):
        folder = tmp_path / "train" / label
        folder.mkdir(parents=True)
        for number in range(100):
            (folder / f"{number}.png").touch()
    kept = [picture.label for picture in calibration_pictures(tmp_path, 4)]
    # About .16; a source that would bring more than is still wanted is passed over.
    assert {kept.count(0), kept.count(1)} <= {15, 16}


def test_of_a_large_source_pictures_are_drawn_at_random() -> None:
    pictures = pictures_of({(0, "large"): 50, (1, "large"): 3})
    capped = cap_sources(pictures, 5, seed=1)
    assert len(capped) == 8 and capped == [p for p in pictures if p in capped]
    assert capped != cap_sources(pictures, 5, seed=2)
    assert [p for p in capped if p.label == 0] != pictures[:5]


def test_sources_are_recorded_as_digests_and_not_by_name() -> None:
    (digest,) = digests(pictures_of({(0, "https://host.example/album"): 2}))
    assert len(digest) == 12 and int(digest, 16) >= 0


# The loop


def test_labels_are_a_little_off_the_ends() -> None:
    assert smooth(torch.tensor([0.0, 1.0])).tolist() == pytest.approx([0.025, 0.975])
    sure = nn.Linear(1, 1, bias=False)
    sure.weight.data.fill_(30.0)
    loss = label_loss(lambda x: sure(x)[:, 0], torch.ones(1, 1), torch.ones(1))  # type: ignore[arg-type]
    assert float(loss.detach()) == pytest.approx(30 * 0.025, abs=1e-3)


def first_weights(network: Any) -> torch.Tensor:
    weights: torch.Tensor = network[0].weight.detach().clone()
    return weights


def test_what_ships_is_the_running_average_of_the_weights(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 1, 4), nn.Flatten(0))
    training = Training(network, Schedule(30, 0.1), torch.device("cpu"))
    batch = [torch.rand(2, 3, 4, 4), torch.tensor([0.0, 1.0])]
    start = first_weights(network)
    for _ in training.run(iter([batch] * 30), tmp_path / "a.pt"):
        pass
    average, last = map(first_weights, (training.average.module, training.network))
    assert not torch.equal(average, start) and not torch.equal(average, last)
    assert (average - start).norm() < (last - start).norm()


def test_pictures_count_by_their_weights_in_a_fit() -> None:
    inputs = np.array([[1.0], [1.0], [-1.0], [-1.0]])
    labels = np.array([1, 0, 0, 1])
    sure = fit_stack(inputs, labels, np.array([9.0, 1.0, 9.0, 1.0])).weights[0]
    unsure = fit_stack(inputs, labels, np.array([5.0, 5.0, 5.0, 5.0])).weights[0]
    assert sure > 2 and unsure == pytest.approx(0, abs=1e-3)


# Scoring and calibration


def test_under_clean_the_file_is_seen_and_else_pixels_without_a_format(tmp_path: Path) -> None:
    pictures = save_pictures(tmp_path, 2)
    jpeg = tmp_path / "1.jpg"
    Image.open(pictures[1].path).save(jpeg, quality=40, comment=b"made by")
    pictures[1] = replace(pictures[1], path=jpeg)
    seen = dict(score_pictures(lambda i: i, pictures, lambda _: [CLEAN, "JPEG 95"], 1))
    clean, changed = ([seen[i][name] for i in (0, 1)] for name in (CLEAN, "JPEG 95"))
    assert [image.data for image in clean] == [p.path.read_bytes() for p in pictures]
    assert [image.format for image in clean] == ["PNG", "JPEG"]
    # No method can tell the classes by their files, nor read what stood in them.
    assert {(image.data, image.format, image.sha256) for image in changed} == {(b"", "JPEG", "")}


def test_pictures_are_calibrated_under_one_re_encoding_each_and_as_they_are(
    tmp_path: Path,
) -> None:
    pictures = save_pictures(tmp_path, 24, side=32)
    seen: list[SourceImage] = []

    class Recorder:
        def run_methods(self, image: SourceImage) -> tuple[MethodResult, ...]:
            seen.append(image)
            raw = {key: dict.fromkeys(calibration_run.FOLDERS[key], 0.0) for key in PIXEL_METHODS}
            return tuple(MethodResult(key, 0, "", "ok", 0.5, raw_log_odds=raw[key]) for key in raw)

    detector: Any = Recorder()
    kept, alike, clean = calibration_run._raw_scores(detector, pictures, 0, 1, lambda x, **_: x)
    assert len(kept) == 24 and len(seen) == 48
    changed = [image for image in seen if not image.data]
    assert len(changed) == 24
    halved = sum(image.width == 16 for image in changed)
    assert 0 < halved < 24 and len(ALIKE) == 4
    originals = {Image.open(p.path).tobytes() for p in pictures}
    assert not originals & {image.rgb.tobytes() for image in changed}
    assert all(set(raw) == set(PIXEL_METHODS) for raw in (alike, clean))


# Fine-tuning


def test_fine_tuning_follows_its_recipe(tmp_path: Path) -> None:
    trainer = Arguments(
        epochs=7, batch_size=5, learning_rate=3e-5, seed=9, device="cpu"
    ).for_trainer(str(tmp_path), pictures=10, quiet=True)
    assert (trainer.num_train_epochs, trainer.per_device_train_batch_size) == (7, 5)
    assert (trainer.learning_rate, trainer.seed) == (3e-5, 9)
    assert trainer.lr_scheduler_type == "cosine"
    assert trainer.get_warmup_steps(200) == 20
    assert trainer.weight_decay == 0.01
    assert trainer.eval_strategy == trainer.save_strategy == "epoch"
    assert trainer.load_best_model_at_end and trainer.metric_for_best_model == "eval_loss"
    assert trainer.greater_is_better is False and trainer.use_cpu
    assert trainer.report_to == []  # nothing is told to anybody


@pytest.mark.parametrize("kind", [RandomViews, FixedViews])
def test_pictures_are_equalised_before_they_are_learnt_from(
    tmp_path: Path, kind: type[RandomViews] | type[FixedViews]
) -> None:
    seen: list[tuple[int, ...]] = []

    class Views:
        def random(self, pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
            seen.append(pixels.shape)
            return np.zeros((3, 2, 2), np.float32)

        def fixed(self, pixels: np.ndarray) -> np.ndarray:
            seen.append(pixels.shape)
            return np.zeros((1, 3, 2, 2), np.float32)

    (picture,) = save_pictures(tmp_path, 1)
    rows: dict[str, list[Any]] = {
        "path": [str(picture.path)],
        "sha256": [picture.sha256],
        "label": [0],
        "view": [0],
    }
    views: Any = Views()
    for equalise in (None, Equalise(32)):
        assert kind(views, equalise)(rows)["labels"] == [0]
    assert seen[0] == (64, 64, 3) and 24 <= seen[1][0] <= 32


# Evaluation


def test_a_verdict_without_a_score_abstains() -> None:
    silent = {"status": "abstained", "score": None}
    verdict: Verdict = make_verdict("uncertain", None, methods=dict.fromkeys(titles(), silent))
    assert Outcome.of(verdict).answers[VERDICT] == ("abstained", None)
    moved = replace(verdict, score=0.5)
    assert Outcome.of(moved).answers[VERDICT] == ("ok", 0.5) and not Outcome.of(moved).decided
    assert Outcome.of(replace(moved, decided_by="forensics")).decided


def test_the_page_is_about_the_mildest_re_encoding_where_that_was_measured() -> None:
    assert detailed_conditions({"clean": 1, "JPEG 95": 1, "JPEG 30": 1}) == ["clean", "JPEG 95"]
    assert detailed_conditions({"JPEG 30": 1, "blur": 1}) == ["JPEG 30"]


def test_classes_count_alike_in_the_reliability_whatever_their_numbers() -> None:
    labels = np.array([1] + [0] * 9)
    answers: dict[str, Any] = dict.fromkeys(titles(), ("ok", 0.55))
    found = curves(labels, [Outcome("uncertain", False, dict(answers))] * 10)
    assert found[VERDICT].reliability == (Bin(0.55, 0.5, 10),)


def test_other_code_or_weights_measure_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = save_pictures(tmp_path, 1)
    data = LabelledPictures(tmp_path, "val", pictures)
    said = {"clean": Outcome("ai", False, {"a": ("ok", 0.9)})}
    OutcomeCache(tmp_path / "c", data, "1").add(pictures[0], said)
    assert OutcomeCache(tmp_path / "c", data, "1").read(pictures) == [said]
    assert OutcomeCache(tmp_path / "c", data, "2").read(pictures) == [{}]
    equalised = replace(data, equalise=Equalise(32))
    assert OutcomeCache(tmp_path / "c", equalised, "1").read(pictures) == [{}]
    monkeypatch.setattr(cache_module, "_conditions_digest", lambda: "other code")
    assert OutcomeCache(tmp_path / "c", data, "1").read(pictures) == [{}]


# Preparation


def test_what_duplicates_share_is_no_format_bias() -> None:
    """Thirty groups of ten copies, each with a size of its own, in classes drawn at random."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(30), 10)
    rows = np.zeros(300, COLUMNS)
    rows["width"] = rows["height"] = 100 + rng.permutation(30)[groups]
    rows["bytes"] = 1000
    rows["place"] = rng.permutation(np.repeat([0, 1], 15))[groups]
    table = Table(rows, [Place(0, "a", ""), Place(1, "b", "b")])
    alone = measure_format_bias(table, np.arange(300), 0, 1).roc_auc
    together = measure_format_bias(table, groups, 0, 1).roc_auc
    assert alone is not None and together is not None
    assert alone > 0.9 and together < 0.75


def test_weights_of_a_corpus_sum_to_one_half_a_class() -> None:
    pictures = pictures_of(SIZES)
    labels = np.array([picture.label for picture in pictures])
    assert balanced_weights(pictures)[labels == 1].sum() == pytest.approx(0.5)
