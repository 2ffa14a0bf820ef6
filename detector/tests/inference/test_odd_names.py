"""Names of any bytes go the whole way: prepare_genimage, finetune_hf_models, evaluate."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from django.core.management import call_command
from pytest_django import Settings

from detector.tests.factories.checkpoints import save_tiny_vit
from detector.tests.factories.finetuning import draw
from detector.training.genimage.splits import SPLITS, read_split

# Not UTF-8, a line feed, an escape that colours a terminal, and as long as a name can be.
ODD = [b"caf\xe9", b"a\nb", b"\x1b[31mred", b"x" * 251, b"| =1+1"]


@pytest.fixture(autouse=True)
def small_machine(settings: Settings, tmp_path: Path, conversion_here: None) -> Iterator[None]:
    """No hub, no other weights, one thread, and conversion without a process of its own."""
    settings.FINETUNED_DIR, settings.COMPILED_DIR = tmp_path / "tuned", tmp_path / "compiled"
    settings.HUB_CACHE, settings.HUB_ENDPOINT = str(tmp_path / "hub"), "http://127.0.0.1:9"
    settings.DATA_DIR, settings.FORCE_CPU = tmp_path, True
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Pictures, generators and the data folder itself have names of any bytes."""
    import numpy as np

    rng = np.random.default_rng(1)
    data = tmp_path / os.fsdecode(b"data\xff\n")
    for index in range(25):
        name = os.fsdecode(ODD[index % len(ODD)])
        suffix = ".jpg" if len(name) > 200 else f"{index}.jpg"
        inner = str(index)  # names as long as they can be have no room for a number
        draw(data / "ai_images" / name / inner / (name + suffix), rng, ai=True)
        draw(data / "real_images" / name / inner / (name + suffix), rng, ai=False)
    return data


def run(command: str, **options: object) -> str:
    """What the command prints, on streams that take UTF-8 alone, as those of a terminal do."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    last = call_command(command, stdout=out, stderr=err, **options)
    said = ""
    for stream in (out, err):
        stream.flush()
        said += stream.buffer.getvalue().decode()
    return said + (last or "")


def test_odd_names_go_through_all_three_commands(data: Path, tmp_path: Path) -> None:
    said = run("prepare_genimage", data_dir=data, equalise=False, workers=1)
    assert "caf\\xe9" in said and "\x1b" not in said and "data\\xff\\n/splits" in said
    pictures = [picture for split in SPLITS for picture in read_split(data, split)]
    assert len(pictures) == 50 and all(picture.path.exists() for picture in pictures)

    base = save_tiny_vit(tmp_path / "base", ["real", "ai"])
    said = run(
        "finetune_hf_models", data_dir=data, base_model=str(base), epochs=1.0, device="cpu",
    )  # fmt: skip
    assert "\x1b[31m" not in said
    folder = tmp_path / "tuned" / "vit_ai_detector_finetuned"
    counts = json.loads((folder / "metrics.json").read_text())["data"]["counts"]
    assert any(name == "caf\udce9" for split in counts.values() for name in split["generators"])
    (folder / "README.md").read_text(encoding="utf-8")

    report = tmp_path / "report"
    said = run(
        "evaluate", data_dir=data, split="train", conditions=["clean"], report=report, workers=1
    )
    assert "\x1b" not in said and "data\\xff" in said
    for file in report.iterdir():
        assert "\x1b" not in file.read_text(encoding="utf-8")
    assert json.loads((report / "report.json").read_text())["data"] == data.name


def test_a_held_out_generator_of_any_name_is_told_in_the_card(data: Path, tmp_path: Path) -> None:
    held = ["caf\udce9", "a\nb"]
    said = run("prepare_genimage", data_dir=data, equalise=False, workers=1, holdout_generator=held)
    assert "Held out for test: a\\nb, caf\\xe9." in said
    base = save_tiny_vit(tmp_path / "base", ["real", "ai"])
    said = run(
        "finetune_hf_models", data_dir=data, base_model=str(base), epochs=1.0, device="cpu",
    )  # fmt: skip
    card = (tmp_path / "tuned" / "vit_ai_detector_finetuned" / "README.md").read_text("utf-8")
    for text in (said, card):
        assert "held-out caf\\xe9, clean" in text and "held-out a\\nb, clean" in text


def test_a_picture_that_is_gone_is_named(data: Path, tmp_path: Path) -> None:
    run("prepare_genimage", data_dir=data, equalise=False, workers=1)
    gone = next(p.path for p in read_split(data, "train") if "caf" in p.path.name)
    gone.unlink()
    with pytest.raises(Exception, match=r"caf\\xe9\d+.jpg of the split train is gone"):
        run("finetune_hf_models", data_dir=data, base_model=str(tmp_path), epochs=1.0)
