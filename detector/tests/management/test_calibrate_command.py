"""`manage.py calibrate`: a threshold from real pictures, what it refuses, and how it is undone."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from detector.inference.images import SourceImage
from detector.inference.method import Answer
from detector.inference.results import Finding
from detector.inference.verdict.local import LocalThreshold, file_in
from detector.installation import get_detector, read_image
from detector.tests.factories.pages import get_html
from detector.tests.factories.pictures import encode, scene
from detector.tests.factories.stubs import Stub

N = 30


class ByWidth(Stub):
    """The wider the picture, the higher its score: 100 pixels are 0.1 and 180 are 0.9."""

    disk = "1"
    asked: list[str] = []

    def _load(self) -> None:
        pass

    def _predict(self, image: SourceImage) -> Answer:
        self.asked.append(image.sha256)
        return Answer(image.width / 100 - 0.9, (Finding("deep_learning.agree", {"side": "ai"}),))


@pytest.fixture(autouse=True)
def own_folder(settings: Settings, tmp_path: Path, use_methods: Callable[..., None]) -> Path:
    settings.FINETUNED_DIR, settings.DATA_DIR = tmp_path / "tuned", tmp_path / "data"
    use_methods(deep_learning=ByWidth)
    ByWidth.asked = []
    return tmp_path / "tuned"


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """Thirty pictures, one of them with a score of about 0.7."""
    folder = tmp_path / "real"
    folder.mkdir()
    for index in range(N):
        width = 160 if index == 0 else 110
        (folder / f"{index}.png").write_bytes(encode(scene(index, width, 100), "PNG"))
    return folder


def calibrate(**options: Any) -> str:
    out = io.StringIO()
    call_command("calibrate", stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


@pytest.mark.slow
def test_threshold_is_written_used_shown_and_removed(
    real: Path, own_folder: Path, client: Client, db: None
) -> None:
    image = read_image(encode(scene(7, 175, 100), "PNG"))
    before = get_detector().detect(image)
    assert before.outcome == "uncertain"
    said = calibrate(real=real, max_false_alarms=10.0)
    assert f"Of these {N} real pictures, 0 have such a score" in said
    local = LocalThreshold.read(own_folder)
    assert 0.65 < local.ai < 0.75 and (local.n, local.alarms) == (N, 0)

    after = get_detector().detect(image)
    assert (after.outcome, after.score) == ("ai", before.score)
    assert after.thresholds.ai == local.ai and after.expected_errors is None
    assert "thresholds.local" in {note.code for note in after.notes}
    assert after.version != before.version and after.weights == before.weights
    assert "The threshold of this installation" in get_html(client.get(reverse("detector:methods")))

    assert "Removed" in calibrate(remove=True)
    assert not file_in(own_folder).exists()
    again = get_detector().detect(image)
    assert (again.outcome, again.version) == ("uncertain", before.version)
    assert "no threshold of its own" in calibrate(remove=True)


@pytest.mark.slow
def test_a_threshold_of_other_weights_is_not_used(real: Path) -> None:
    calibrate(real=real, max_false_alarms=10.0)
    ByWidth.disk = "2"
    try:
        verdict = get_detector().detect(read_image(encode(scene(7, 175, 100), "PNG")))
    finally:
        ByWidth.disk = "1"
    assert verdict.outcome == "uncertain"
    assert "thresholds.outdated" in {note.code for note in verdict.notes}


@pytest.mark.slow
def test_scores_are_computed_once_and_copies_count_once(real: Path) -> None:
    (real / "copy.png").write_bytes((real / "1.png").read_bytes())
    said = [calibrate(real=real, max_false_alarms=10.0) for _ in range(2)]
    assert len(ByWidth.asked) == N and said[0] == said[1]
    assert f"Of these {N} real pictures" in said[0]


def test_too_few_pictures_are_told_how_many_more_are_needed(real: Path, own_folder: Path) -> None:
    with pytest.raises(CommandError, match="at least 299 are needed: 269 more"):
        calibrate(real=real, max_false_alarms=1.0)
    assert not file_in(own_folder).exists() and not ByWidth.asked


@pytest.mark.slow
def test_files_that_are_no_pictures_do_not_count(real: Path) -> None:
    for index in range(5):
        (real / f"{index}.png").write_bytes(b"no picture")
    with pytest.raises(CommandError, match="25 real pictures.*4 more"):
        calibrate(real=real, max_false_alarms=10.0)


@pytest.mark.slow
def test_an_impossible_promise_is_refused(tmp_path: Path, own_folder: Path) -> None:
    for index in range(N):
        (tmp_path / f"{index}.png").write_bytes(encode(scene(index, 190, 100), "PNG"))
    with pytest.raises(CommandError, match="30 of these 30 real pictures have a score above"):
        calibrate(real=tmp_path, max_false_alarms=10.0)
    assert not file_in(own_folder).exists()


@pytest.mark.slow
@pytest.mark.parametrize("percent", ["0", "51", "nan", "many"])
def test_shares_out_of_range_are_refused(real: Path, percent: str) -> None:
    with pytest.raises(CommandError, match="percentages from 0.01 to 50"):
        call_command("calibrate", "--real", str(real), "--max-false-alarms", percent)


def test_folder_or_remove_is_needed() -> None:
    with pytest.raises(CommandError, match="--real --remove is required"):
        call_command("calibrate")
