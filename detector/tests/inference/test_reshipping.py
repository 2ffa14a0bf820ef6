"""The methods that count are asked again about the picture as it looks after being passed on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detector.inference.images import SourceImage, open_image
from detector.inference.method import Answer, Method
from detector.inference.methods import METHODS
from detector.inference.pipeline import Detector
from detector.inference.pixels.conditions import RESHIPPED, SCREEN, as_picture
from detector.inference.reshipping import assess_stability, check_stability
from detector.inference.runtime import WEIGHTS_DIR, Runtime
from detector.inference.weights.folder import write_digests
from detector.tests.factories.pictures import encode, scene
from detector.training.pictures.augment import CONDITIONS

NONE = Path("none")
Use = Callable[..., None]


class Deep(Method):
    """Sure of AI, but for what is small."""

    small = 0.6
    seen: list[tuple[int, int]]

    def _predict(self, image: SourceImage) -> Answer:
        type(self).seen.append((image.width, image.height))
        return Answer(0.99 if image.width > 500 else self.small)


class Opinion(Deep):
    pass


class File(Method):
    asked = 0

    def _predict(self, image: SourceImage) -> Answer:
        type(self).asked += 1
        return Answer(None)


@pytest.fixture
def picture() -> SourceImage:
    return open_image(encode(scene(2, 600, 400), "JPEG"))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A fusion in which method 1 counts and method 2 is a second opinion."""
    folder = Path(shutil.copytree(WEIGHTS_DIR / "fusion", tmp_path / "weights" / "fusion"))
    config = json.loads((folder / "config.json").read_text())
    for subset in config["subsets"].values():
        first = min(subset["weights"])
        subset["weights"] = dict.fromkeys(subset["weights"], 0.0) | {first: 1.0}
        subset["thresholds"] = {"real": 0.2, "ai": 0.9}
    (folder / "config.json").write_text(json.dumps(config))
    write_digests(folder)
    return folder.parent


@pytest.fixture
def detector(use_methods: Use, weights: Path) -> Detector:
    Deep.seen, Opinion.seen, File.asked, Deep.small = [], [], 0, 0.6
    use_methods(deep_learning=Deep, statistical=Opinion, forensics=File)
    return Detector(Runtime(NONE, NONE, weights_dir=weights))


def test_only_the_methods_that_count_are_asked_again(
    detector: Detector, picture: SourceImage
) -> None:
    assert list(METHODS) == ["deep_learning", "statistical", "forensics"]
    stability = assess_stability(detector, picture, detector.detect(picture))
    assert stability is not None and list(stability.scores) == list(RESHIPPED)
    assert Deep.seen[1:3] == [(600, 400), (300, 200)] and len(Deep.seen) == 1 + len(RESHIPPED)
    assert len(Opinion.seen) == 1 and File.asked == 1
    assert Deep.seen[-1][0] >= SCREEN[0]


def test_traces_that_are_lost_are_told(detector: Detector, picture: SourceImage) -> None:
    verdict = check_stability(detector, picture, detector.detect(picture))
    assert verdict.outcome == "ai" and verdict.stability is not None
    assert not verdict.stability.holds and "“Cannot tell” after scaling" in verdict.stability.text


def test_a_side_that_turns_is_not_taken(detector: Detector, picture: SourceImage) -> None:
    Deep.small = 0.01
    verdict = check_stability(detector, picture, detector.detect(picture))
    assert verdict.outcome == "uncertain" and "we take no side" in verdict.reason


def test_what_rests_on_no_pixels_is_not_asked_again(use_methods: Use, picture: SourceImage) -> None:
    use_methods(forensics=File)
    detector = Detector(Runtime(NONE, NONE))
    assert assess_stability(detector, picture, detector.detect(picture)) is None


@pytest.mark.slow
def test_a_step_that_a_picture_is_too_large_for_is_left_out(
    detector: Detector, picture: SourceImage
) -> None:
    """No JPEG has more than 65,535 rows; half of these it can hold."""
    rows = np.random.default_rng(1).integers(0, 256, (66000, 70, 3), dtype=np.uint8)
    tall = as_picture(rows)
    stability = assess_stability(detector, tall, detector.detect(picture))
    assert stability is not None and "JPEG 85" not in stability.scores
    assert "half size" in stability.scores and "quality 85" in stability.text


def test_a_lack_of_memory_costs_a_step_and_no_verdict(
    detector: Detector, picture: SourceImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(pixels: np.ndarray) -> np.ndarray:
        raise MemoryError

    monkeypatch.setitem(RESHIPPED, "half size", fail)
    stability = assess_stability(detector, picture, detector.detect(picture))
    assert stability is not None and "half size" not in stability.scores


def test_other_faults_are_not_hidden(
    detector: Detector, picture: SourceImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(pixels: np.ndarray) -> np.ndarray:
        raise ZeroDivisionError

    monkeypatch.setitem(RESHIPPED, "half size", fail)
    with pytest.raises(ZeroDivisionError):
        assess_stability(detector, picture, detector.detect(picture))


def test_steps_are_those_that_accuracy_is_measured_under() -> None:
    pixels = np.asarray(Image.fromarray(np.asarray(scene(4, 90, 70))))
    for name, change in RESHIPPED.items():
        assert np.array_equal(change(pixels), CONDITIONS[name](pixels))
