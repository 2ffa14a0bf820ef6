"""The control: what size, format and compression tell of the class, on small real pictures."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from detector.inference.images import open_image
from detector.lab.control import QUALITY, of_file, of_pixels
from detector.tests.factories.pictures import encode, scene
from detector.training.genimage.table import FORMATS

SOURCES = 12


def corpus(folder: Path, ai_height: int = 64) -> Path:
    """Twelve sources of each class: AI as PNG, real as JPEG 75; as wide as one another.

    AI pictures are `ai_height` pixels high, real ones 64.
    """
    rows = []
    for index in range(4 * SOURCES):
        label = ("ai", "real")[index % 2]
        height = ai_height if label == "ai" else 64
        picture = scene(index // 2, 64 + 8 * (index // 2 % 3), height)
        name, form = (f"{index}.png", "PNG") if label == "ai" else (f"{index}.jpg", "JPEG")
        options = {"quality": 75} if form == "JPEG" else {}
        (folder / name).write_bytes(encode(picture, form, **options))
        source = f"{label}/{index // 2 % SOURCES}"
        rows.append({"split": "test", "label": label, "source": source, "file": name})
    (folder / "broken.png").write_bytes(b"no picture")
    rows.append({"split": "test", "label": "ai", "source": "ai/0", "file": "broken.png"})
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def measure(data: Path, **options: object) -> str:
    stream = io.StringIO()
    call_command(
        "measure_control", data_dir=data, split="test", workers=1, stdout=stream, **options
    )
    return stream.getvalue()


@pytest.mark.slow
def test_a_format_of_one_class_is_told_as_it_is_and_not_after_re_encoding(tmp_path: Path) -> None:
    text = measure(corpus(tmp_path), report=tmp_path / "control.json")
    report = json.loads((tmp_path / "control.json").read_text())
    as_it_is, re_encoded = (
        report["conditions"]["clean"],
        report["conditions"]["half size + JPEG 70"],
    )
    assert (as_it_is["n_ai"], as_it_is["n_real"]) == (24, 24)  # the broken one is left out
    assert as_it_is["roc_auc"] > 0.99
    low, high = re_encoded["roc_auc_interval"]
    assert low < 0.65 and re_encoded["roc_auc"] < 0.75 < 1 > high
    assert "| clean | 24 + 24 | 1.000 (" in text
    assert "All AI pictures are PNG and all real ones JPEG." in text


@pytest.mark.slow
def test_a_size_of_one_class_is_told_until_all_pictures_have_one_size(tmp_path: Path) -> None:
    measure(corpus(tmp_path, ai_height=80), report=tmp_path / "control.json")
    conditions = json.loads((tmp_path / "control.json").read_text())["conditions"]
    assert conditions["half size + JPEG 70"]["roc_auc"] > 0.99
    assert conditions["same size"]["roc_auc_interval"][0] < 0.65


def test_the_facts_of_a_file_are_its_own(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(encode(scene(1, 60, 40), "JPEG", quality=80))
    facts = of_file(open_image(path))
    assert facts == {
        "width": 60, "height": 40, "format": FORMATS.index("JPEG"), "quality": 80,
        "bytes": path.stat().st_size,
    }  # fmt: skip


def test_pixels_differ_in_size_and_detail_alone() -> None:
    flat = of_pixels(np.full((40, 60, 3), 90, np.uint8))
    detailed = of_pixels(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8))
    assert detailed.pop("bytes") > 3 * flat.pop("bytes")
    assert flat == detailed
    assert (flat["width"], flat["height"], flat["quality"]) == (60, 40, QUALITY)


def test_a_split_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has no split train; it has test"):
        call_command("measure_control", data_dir=corpus(tmp_path), split="train")
