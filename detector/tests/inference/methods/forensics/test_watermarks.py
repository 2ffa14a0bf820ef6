"""Invisible watermarks: found where they are, and nowhere else."""

from __future__ import annotations

import io
import json
import re
import sys
import tracemalloc
from math import comb
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from detector.inference.images import SourceImage, open_image
from detector.inference.methods.forensics import Forensics
from detector.inference.methods.forensics.evidence import Evidence
from detector.inference.methods.forensics.watermarks import dwt_dct as watermarks
from detector.inference.methods.forensics.watermarks.dwt_dct import (
    MARKS,
    MAX_CHANCE,
    TRIES,
    Mark,
    Match,
    chance_of,
    match_marks,
    read_watermarks,
)
from detector.inference.pixels.tiles import Pixels
from detector.inference.runtime import Runtime
from detector.tests.factories.pictures import encode
from detector.tests.factories.watermarking import MARK, Encoder, embed, mark_pixels, textured

# How the programs of each model hand pictures to the encoder.
WAYS: dict[str, list[dict[str, bool]]] = {
    "Stable Diffusion 1": [{}],
    "Stable Diffusion 1 (inpainting)": [{}],
    "Stable Diffusion 2": [{}],
    "Stable Diffusion XL": [{"floats": True}, {"floats": True, "reversed": True}],
    "FLUX": [{"floats": True}],
}
CASES = [(model, way) for model, ways in WAYS.items() for way in ways]
ids = ["-".join([model, *way]) for model, way in CASES]


def picture(pixels: Pixels) -> SourceImage:
    return SourceImage(b"", "PNG", Image.fromarray(pixels), "")


def ask(pixels: Pixels) -> list[Evidence]:
    return list(read_watermarks(picture(pixels)))


def models(pixels: Pixels) -> list[str]:
    """The models of the marks that are claimed."""
    said = [evidence.finding.text for evidence in ask(pixels)]
    return [text.partition("watermark of ")[2].partition(":")[0] for text in said]


@pytest.mark.slow
@pytest.mark.parametrize(("model", "way"), CASES, ids=ids)
@pytest.mark.parametrize("size", [(512, 512), (517, 643), (256, 256)], ids=str)
def test_every_mark_is_found_whatever_the_size(
    model: str, way: dict[str, bool], size: tuple[int, int]
) -> None:
    assert models(mark_pixels(textured(1, *size), MARK[model], **way)) == [model]


@pytest.mark.slow
@pytest.mark.parametrize(("model", "way"), CASES, ids=ids)
def test_a_mark_survives_png(model: str, way: dict[str, bool]) -> None:
    file = encode(Image.fromarray(mark_pixels(textured(2), MARK[model], **way)), "PNG")
    answer = Forensics(Runtime(Path(), Path())).predict(open_image(file))
    assert [f.kind for f in answer.findings if f.claim] == ["watermark"]
    assert answer.score == 0.9


def test_the_finding_states_bits_and_chance_and_is_not_decisive() -> None:
    (evidence,) = ask(mark_pixels(textured(3), MARK["Stable Diffusion XL"], floats=True))
    finding = evidence.finding
    assert (finding.kind, finding.claim) == ("watermark", "ai")
    assert finding.where == "pixels, Stable Diffusion XL"
    assert finding.strength == "strong"
    assert "48 of its 48 bits match" in finding.text
    assert (
        "By chance, that happens in one picture in 1 trillion" in finding.text
    )  # 20 tries, 1 in C(48, 27)
    assert "photographs that they edit" in finding.text


def test_two_marks_in_one_picture_are_two_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [Match(mark, len(mark.bits), 1e-12) for mark in (MARKS[3], MARKS[4])]
    monkeypatch.setattr(watermarks, "match_marks", lambda pixels: both)
    file = encode(Image.fromarray(textured(1)), "PNG")
    answer = Forensics(Runtime(Path(), Path())).predict(open_image(file))
    found = [f.where for f in answer.findings if f.kind == "watermark"]
    assert found == ["pixels, Stable Diffusion XL", "pixels, FLUX"]


@pytest.mark.slow
@pytest.mark.parametrize("colour", ["white", "black", "grey", "red", "navy", "#88bbcc"])
@pytest.mark.parametrize("model", WAYS)
def test_a_flat_picture_without_a_mark_has_none(model: str, colour: str) -> None:
    assert ask(np.asarray(Image.new("RGB", (512, 512), colour))) == []


def gradient(height: int = 512, width: int = 512) -> Pixels:
    y, x = np.mgrid[:height, :width]
    return np.stack([x % 256, y % 256, (x + y) // 4 % 256], axis=2).astype(np.uint8)


UNMARKED = {
    "textured": lambda seed: textured(seed),
    "noise": lambda seed: np.random.default_rng(seed).integers(0, 256, (512, 512, 3), np.uint8),
    "gradient": lambda seed: np.roll(gradient(), 37 * seed, axis=(0, 1)),
    "stripes": lambda seed: np.repeat(gradient()[:, :: seed + 1], seed + 1, axis=1),
    "grey": lambda seed: np.repeat(textured(seed)[..., :1], 3, axis=2),
    "palette": lambda seed: textured(seed) // 64 * 64,
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", UNMARKED)
@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_claimed_of_a_picture_without_a_mark(kind: str, seed: int) -> None:
    pixels = UNMARKED[kind](seed)
    assert min(match.chance for match in match_marks(pixels)) > 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("floats", [False, True])
def test_another_message_is_no_known_mark(seed: int, floats: bool) -> None:
    bits = "".join(map(str, np.random.default_rng(seed).integers(0, 2, 48)))
    assert ask(mark_pixels(textured(seed), Mark("other", bits), floats=floats)) == []


@pytest.mark.slow
@pytest.mark.parametrize(("model", "way"), CASES, ids=ids)
def test_a_scaled_or_cropped_picture_has_lost_its_mark(model: str, way: dict[str, bool]) -> None:
    marked = mark_pixels(textured(4, 1024, 1024), MARK[model], **way)
    smaller = cv2.resize(marked, (512, 512), interpolation=cv2.INTER_AREA).astype(np.uint8)
    assert models(marked) == [model]
    assert ask(smaller) == []
    assert ask(marked[3:, 5:]) == []


def test_small_pictures_are_not_looked_at() -> None:
    marked = mark_pixels(textured(5, 300, 255), MARK["Stable Diffusion 2"])
    assert ask(marked) == []
    assert any(match.is_accepted for match in match_marks(marked))


@pytest.mark.slow
@pytest.mark.parametrize("model", WAYS)
def test_a_grey_picture_can_be_marked(model: str) -> None:
    grey = np.repeat(textured(6)[..., :1], 3, axis=2)
    assert models(mark_pixels(grey, MARK[model], **WAYS[model][0])) == [model]


@pytest.mark.slow
def test_of_a_large_picture_rows_from_everywhere_are_read() -> None:
    marked = mark_pixels(textured(7, 1600, 2100), MARK["FLUX"], floats=True)
    marked[:1100] = 255  # blown-out sky
    assert models(marked) == ["FLUX"]


def test_the_first_value_of_a_block_carries_no_bit() -> None:
    pixels = np.full((512, 512, 3), 128, np.uint8)
    for top, left in np.ndindex(2, 2):  # where blue is strongest, by chance more or less
        blue = np.random.default_rng(top).integers(190, 250, (64, 64))
        pixels[top::8, left::8, 2] = blue
    assert models(mark_pixels(pixels, MARK["Stable Diffusion 2"])) == ["Stable Diffusion 2"]


def test_the_blank_half_of_a_picture_does_not_hide_the_mark() -> None:
    pixels = textured(8)
    pixels[:, 200:] = (238, 240, 255)
    assert models(mark_pixels(pixels, MARK["Stable Diffusion 1"])) == ["Stable Diffusion 1"]


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 400),
    width=st.integers(1, 400),
    seed=st.integers(0, 2**32 - 1),
    levels=st.sampled_from([1, 2, 7, 255]),
    coarse=st.sampled_from([1, 2, 8, 31]),
)
def test_random_pixels_never_raise_and_never_match(
    height: int, width: int, seed: int, levels: int, coarse: int
) -> None:
    rng = np.random.default_rng(seed)
    small = rng.integers(0, levels + 1, (height // coarse + 1, width // coarse + 1, 3))
    pixels = (small * (255 // levels)).astype(np.uint8).repeat(coarse, 0).repeat(coarse, 1)
    assert ask(pixels[:height, :width]) == []


def test_a_huge_picture_is_not_copied() -> None:
    pixels = np.zeros((6001, 8003, 3), np.uint8)
    tracemalloc.start()
    try:
        match_marks(pixels)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60 * 2**20  # the picture has 137 MB


@pytest.mark.slow
@pytest.mark.parametrize("size", [(256, 20_000), (20_000, 256), (256, 8 * 48 * 80)], ids=str)
def test_very_long_pictures_are_read(size: tuple[int, int]) -> None:
    assert ask(np.zeros((*size, 3), np.uint8)) == []


def flipped(mark: Mark, errors: int) -> np.ndarray:
    """The message with errors, ones and zeros in turn."""
    read = mark.message.copy()
    ones, zeros = np.flatnonzero(read), np.flatnonzero(~read)
    for index in range(errors):
        place = (zeros if index % 2 else ones)[index // 2]
        read[place] = not read[place]
    return read


@pytest.mark.parametrize(
    ("model", "most"),
    [
        ("Stable Diffusion 1", 11),
        ("Stable Diffusion 1 (inpainting)", 18),
        ("Stable Diffusion 2", 0),
        ("Stable Diffusion XL", 4),
        ("FLUX", 3),
    ],
)
def test_so_many_wrong_bits_are_accepted_and_no_more(model: str, most: int) -> None:
    mark, size = MARK[model], len(MARK[model].bits)

    def match(errors: int) -> Match:
        return Match(mark, size - errors, TRIES * chance_of(mark.message, flipped(mark, errors)))

    assert match(most).is_accepted and match(most).chance < MAX_CHANCE
    assert not match(most + 1).is_accepted


def test_the_chance_is_that_of_all_orders_of_the_bits() -> None:
    message = np.array([True, True, False, False, False])
    assert chance_of(message, message) == 1 / comb(5, 2)
    assert chance_of(message, ~message) == 1.0
    one_right = np.array([True, False, True, False, False])
    assert chance_of(message, one_right) == pytest.approx(7 / 10)  # all but the 3 without any
    for flat in (np.zeros(5, bool), np.ones(5, bool)):
        assert chance_of(message, flat) == 1.0


def test_the_messages_are_those_that_are_documented() -> None:
    bits = {mark.model: mark.bits for mark in MARKS}
    for model, text in [
        ("Stable Diffusion 1", "StableDiffusionV1"),
        ("Stable Diffusion 2", "SDV2"),
    ]:
        assert int(bits[model], 2).to_bytes(len(text)).decode() == text
    assert bits["Stable Diffusion XL"] == f"{0xB3EC907BB19E:048b}"
    assert bits["FLUX"] == f"{0x2AFE879CF52E:b}"


# What `invisible-watermark` 0.2.0 gave on `smooth()`: how far the blue of each block of the 31st
# row of blocks is moved at most. So are the order of the bits, the step, the place of the largest
# value and the turned details of the public package held without the package.
MOVED_BY_THE_PACKAGE = {
    ("Stable Diffusion 1", "uint8"):
        "23 5 6 13 7 23 5 17 9 12 13 17 20 7 25 31 9 24 23 5 14 10 14 9 20 6 6 29 9 23 22 5",
    ("Stable Diffusion 1", "float32"):
        "11 16 18 4 5 30 28 6 22 3 19 13 10 14 5 5 6 26 28 25 7 20 17 6 11 17 16 4 5 26 25 4",
    ("Stable Diffusion 1 (inpainting)", "uint8"):
        "23 5 6 13 25 5 5 17 9 12 6 17 4 7 7 13 9 24 23 5 14 12 9 18 20 6 25 10 9 23 22 5",
    ("Stable Diffusion 1 (inpainting)", "float32"):
        "11 16 18 4 23 11 28 6 22 3 9 13 13 14 18 23 6 26 28 25 7 5 5 14 11 17 5 21 5 26 25 4",
    ("Stable Diffusion 2", "uint8"):
        "23 5 25 31 7 5 20 17 9 12 13 17 20 7 25 31 9 24 5 19 9 12 9 18 20 22 6 10 9 5 22 5",
    ("Stable Diffusion 2", "float32"):
        "11 16 5 20 5 11 9 6 22 3 19 13 10 14 5 5 6 26 9 7 26 5 5 14 11 11 16 21 5 8 25 4",
    ("Stable Diffusion XL", "uint8"):
        "5 24 6 31 7 5 5 17 14 12 13 5 4 7 7 31 27 6 23 19 9 10 9 9 3 6 6 29 27 23 4 5",
    ("Stable Diffusion XL", "float32"):
        "15 7 18 20 5 11 28 6 4 19 19 8 13 14 18 5 24 8 28 7 26 20 5 6 10 17 16 4 22 26 7 4",
    ("FLUX", "uint8"):
        "5 5 25 13 25 23 20 17 9 12 13 5 20 25 7 31 27 24 23 5 14 10 9 18 3 22 6 10 27 23 22 19",
    ("FLUX", "float32"):
        "15 16 5 4 23 30 9 6 22 3 19 8 10 8 18 5 24 26 28 25 7 20 5 14 10 11 16 21 22 26 25 23",
}  # fmt: skip


def smooth() -> Pixels:
    """Whole numbers by whole numbers, so that every machine has the same picture."""
    y, x = np.mgrid[:261, :262]
    return np.stack([60 + x // 3 + (x * y) % 5, 70 + y // 3, 180 - x // 4], axis=2).astype(np.uint8)


@pytest.mark.parametrize(("model", "dtype"), MOVED_BY_THE_PACKAGE)
def test_the_embedder_of_the_tests_does_what_the_public_package_does(
    model: str, dtype: str
) -> None:
    bgr = smooth().astype(dtype)
    marked = embed(bgr, MARK[model].bits)
    assert marked.dtype == bgr.dtype and marked.shape == bgr.shape
    blocks = (marked.astype(float) - bgr)[248:256, :256, 0].reshape(8, 32, 8)
    moved = np.abs(blocks).max(axis=(0, 2))
    theirs = np.array(MOVED_BY_THE_PACKAGE[model, dtype].split(), float)
    # Two values of a block may be equally large but for the rounding of a machine.
    assert (np.abs(moved - theirs) < 1.5).sum() >= 30


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    """The public package, played by the embedder that the test above holds to it."""
    module = ModuleType("imwatermark")
    module.WatermarkEncoder = Encoder  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "imwatermark", module)


def corpus(folder: Path, count: int = 3) -> Path:
    """Photographs, one of them marked by accident, a marked AI picture and a broken file."""
    for index in range(count):
        save(folder / "train" / "real" / f"{index}.png", textured(index, 256, 264))
    save(folder / "train" / "real" / "small.png", textured(0, 64, 64))
    (folder / "train" / "real" / "broken.png").write_bytes(b"no picture")
    marked = mark_pixels(textured(20, 256, 256), MARK["Stable Diffusion 2"])
    save(folder / "train" / "ai" / "marked.png", marked)
    save(folder / "val" / "ai" / "other.png", marked)
    return folder


def save(path: Path, pixels: Pixels) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def measure(folder: Path, **options: object) -> str:
    text = io.StringIO()
    call_command(
        "measure_watermarks", data_dir=folder, split="train", stdout=text, stderr=io.StringIO(),
        **options,
    )  # fmt: skip
    return text.getvalue()


@pytest.mark.slow
def test_the_command_measures_rates_and_false_hits(tmp_path: Path, package: None) -> None:
    report = tmp_path / "watermarks.json"
    text = measure(corpus(tmp_path), count=2, seed=4, report=report)
    figures = json.loads(report.read_text())
    assert figures["photographs"] == 2
    for program, cells in figures["rates"].items():
        assert cells["clean"]["found"] == cells["PNG"]["found"] == 2, program
        assert cells["half size"]["found"] == 0
        assert cells["clean"]["interval"][0] < 1 and f"| {program} | 100.0%" in text
    assert (figures["real"]["n"], figures["real"]["found"]) == (3, 0)
    assert (figures["ai"]["n"], figures["ai"]["models"]["Stable Diffusion 2"]) == (1, 1)
    assert str(tmp_path) not in report.read_text()


@pytest.mark.slow
def test_a_real_picture_with_a_mark_is_counted(tmp_path: Path, package: None) -> None:
    marked = mark_pixels(textured(21, 256, 256), MARK["FLUX"], floats=True)
    save(corpus(tmp_path) / "train" / "real" / "edited.png", marked)
    assert "Real pictures as they are: marks in 1 of 4." in measure(tmp_path, count=1)
    # Of the pictures drawn some may be too small or broken, but no more are looked at.
    assert re.search(r"Real pictures as they are: marks in . of [01]\.", measure(tmp_path, looks=1))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--count=0"], "--count.*0.*accepted"),
        (["--looks=0"], "--looks.*0.*accepted"),
        (["--split=other"], "No real picture"),
        ([], "No pictures"),
    ],
)
def test_the_command_refuses_what_it_cannot_measure(
    tmp_path: Path, package: None, options: list[str], said: str
) -> None:
    folder = corpus(tmp_path) if options else tmp_path
    with pytest.raises(CommandError, match=said):
        call_command("measure_watermarks", f"--data={folder}", "--split=train", *options)


def test_the_command_names_the_package_that_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "imwatermark", None)
    with pytest.raises(CommandError, match="pip install --no-deps invisible-watermark"):
        measure(corpus(tmp_path))
