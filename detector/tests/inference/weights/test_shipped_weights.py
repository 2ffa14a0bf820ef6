"""Shipped weights are those of the repository, or the method says which file is not."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from PIL import Image

from detector.inference.images import SourceImage, open_image
from detector.inference.methods.deep_learning import LOOKS
from detector.inference.methods.neural_head import HEAD
from detector.inference.numbers import log_odds
from detector.inference.pipeline import Detector
from detector.inference.results import MethodResult
from detector.inference.runtime import WEIGHTS_DIR, Network, Runtime, import_openvino
from detector.inference.verdict.fusion import load_fusion
from detector.inference.weights.folder import DIGESTS, check_digests, write_digests
from detector.tests.factories.pictures import encode, noise, photo

FOLDERS = sorted(folder.name for folder in WEIGHTS_DIR.iterdir() if folder.is_dir())
PIXEL = {
    "deep_learning": ("efficientnet_tiles", "openvino_model.bin"),
    "statistical": ("statistical", HEAD),
    "huggingface": ("dinov2", "openvino_model.bin"),
}


@pytest.fixture
def image() -> SourceImage:
    return open_image(encode(noise(200, 200), "PNG"))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return Path(shutil.copytree(WEIGHTS_DIR, tmp_path / "weights"))


def ask(key: str, weights: Path, image: SourceImage) -> MethodResult:
    none = weights.parent / "none"
    runtime = Runtime(none, none, weights_dir=weights, hub_cache=none, force_cpu=True)
    return Detector(runtime, only=(key,)).run_methods(image)[0]


@pytest.mark.slow
def test_the_bundled_detector_shows_where_its_evidence_is() -> None:
    """Of a square picture the map is of all of it, and its mean is the log-odds of the score.

    Of noise they would not be: scores are held off the ends.
    """
    result = ask("huggingface", WEIGHTS_DIR, open_image(encode(photo(200, 200), "PNG")))
    assert result.score is not None
    heat = np.array(result.exhibit("heat_map")["log_odds"])
    assert heat.shape == (14, 14) and heat.std() > 0.1
    assert heat.mean() == pytest.approx(log_odds(result.score), abs=0.3 * heat.std())


def flip(file: Path) -> None:
    """Turn over all bits of a kilobyte in the middle."""
    data = bytearray(file.read_bytes())
    at = len(data) // 2
    data[at : at + 1024] = bytes(byte ^ 255 for byte in data[at : at + 1024])
    file.write_bytes(data)


def fill_with_nan(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[1000:2000] = np.full(500, np.nan, np.float16).tobytes()
    file.write_bytes(data)


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS)
def test_what_ships_is_what_its_digests_say(folder: str) -> None:
    check_digests(WEIGHTS_DIR / folder)
    listed = (WEIGHTS_DIR / folder / DIGESTS).read_text().splitlines()
    for digest, name in (line.split("  ") for line in listed):
        data = (WEIGHTS_DIR / folder / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == digest


# What a pixel method says of its damaged weights; of its members a method of members says it.
UNUSABLE = {"huggingface": "huggingface.no_model"}


def named(result: MethodResult) -> str:
    """What the result says about files: in its finding, or in the rows of its members."""
    members = (result.exhibit("members") or {}).get("members", [])
    return " ".join([result.findings[0].text, *(member["reason"] for member in members)])


@pytest.mark.slow
@pytest.mark.parametrize("damage", [flip, fill_with_nan])
@pytest.mark.parametrize("key", PIXEL)
def test_a_damaged_file_makes_the_method_unavailable_and_is_named(
    key: str, damage: object, weights: Path, image: SourceImage, caplog: pytest.LogCaptureFixture
) -> None:
    folder, name = PIXEL[key]
    assert ask(key, weights, image).status == "ok"
    damage(weights / folder / name)  # type: ignore[operator]
    result = ask(key, weights, image)
    assert result.status == "unavailable" and result.score is None
    assert result.findings[0].code == UNUSABLE.get(key, "method.weights_changed")
    assert f"{folder}/{name}" in named(result)
    assert f"{folder}/{name} has the SHA-256 digest" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("key", PIXEL)
@pytest.mark.parametrize("change", ["other calibration", "no calibration", "no digests", "more"])
def test_every_file_that_serving_reads_is_held(
    key: str, change: str, weights: Path, image: SourceImage
) -> None:
    folder = weights / PIXEL[key][0]
    match change:
        case "other calibration":
            name = "calibration.json"
            (folder / name).write_text('{"slope": 2, "intercept": 0}')
        case "no calibration":
            (folder / (name := "calibration.json")).unlink()
        case "no digests":
            (folder / (name := DIGESTS)).unlink()
        case "more":
            (folder / (name := "preprocessor.json")).write_text("{}")
    result = ask(key, weights, image)
    assert result.status == "unavailable" and f"{folder.name}/{name}" in named(result)


def test_a_card_and_hidden_files_may_change(weights: Path) -> None:
    (weights / "statistical" / "README.md").write_text("Mine.")
    (weights / "statistical" / ".DS_Store").touch()
    check_digests(weights / "statistical")


def test_a_damaged_fusion_leaves_the_verdict_open_and_is_named(
    weights: Path, image: SourceImage, caplog: pytest.LogCaptureFixture
) -> None:
    path = weights / "fusion" / "config.json"
    config = json.loads(path.read_text()) | {"file_weight": 2.0}
    path.write_text(json.dumps(config))
    with pytest.raises(ValueError, match="fusion/config.json has the SHA-256 digest"):
        load_fusion(weights)
    detector = Detector(Runtime(weights, weights, weights_dir=weights), only=("statistical",))
    verdict = detector.detect(image)
    assert verdict.label == "uncertain" and not verdict.contributions
    assert "fusion.unusable" in {note.code for note in verdict.notes}
    assert "Restore detector/weights/fusion" in caplog.text
    assert detector.version == verdict.version


@pytest.mark.slow
def test_one_command_writes_the_digests(weights: Path) -> None:
    (weights / "fusion" / "metrics.json").write_text("{}")
    (weights / "statistical" / DIGESTS).write_text("nonsense")
    with pytest.raises(ValueError, match="not in the format that sha256sum writes"):
        check_digests(weights / "statistical")
    call_command("write_digests", weights=weights)
    for folder in FOLDERS:
        check_digests(weights / folder)


def test_the_command_says_where_there_is_nothing_to_write(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no weights folder"):
        call_command("write_digests", weights=tmp_path)


# NaN behind right digests: of a training that went wrong


def test_a_network_of_method_2_that_is_not_finite_is_refused(
    weights: Path, image: SourceImage
) -> None:
    file = weights / "statistical" / HEAD
    with np.load(file) as arrays:
        changed = {name: arrays[name].copy() for name in arrays}
    changed["out"][0, 0] = np.nan
    np.savez(file, **changed)
    write_digests(weights / "statistical")
    assert ask("statistical", weights, image).status == "unavailable"


def save_logarithm(xml: Path) -> Path:
    """A network that answers with the logarithm of its input."""
    openvino = import_openvino()
    from openvino import opset13 as ops

    x = ops.parameter([-1, 3, -1, -1], np.float32)
    openvino.save_model(openvino.Model([ops.log(x)], [x]), xml)
    return xml


@pytest.fixture
def logarithm(tmp_path: Path) -> Network:
    none = tmp_path / "none"
    runtime = Runtime(none, none, weights_dir=none, force_cpu=True)
    return Network(save_logarithm(tmp_path / "log.xml"), runtime)


@pytest.mark.parametrize("value", [-1.0, 0.0])
def test_no_answer_that_is_not_finite_leaves_a_network(logarithm: Network, value: float) -> None:
    """The logarithm of -1 is NaN, that of 0 infinite."""
    batch = np.ones((1, 3, 2, 2), np.float32)
    assert logarithm(batch).tolist() == np.zeros_like(batch).tolist()
    batch[0, 0, 0, 0] = value
    with pytest.raises(ValueError, match="NaN or infinite"):
        logarithm(batch)


@pytest.mark.slow
def test_a_network_without_an_answer_is_an_error_of_its_method(
    weights: Path, logarithm: Network
) -> None:
    """Where a picture is black, the networks put in their places answer with infinity or NaN."""
    halves = Image.new("L", (256, 256))
    halves.paste(255, (0, 0, 128, 256))
    black = open_image(encode(halves, "PNG"))
    none = weights.parent / "none"
    runtime = Runtime(none, none, weights_dir=weights, hub_cache=none, force_cpu=True)
    detector = Detector(runtime, only=("deep_learning", "huggingface"))
    detector.load()
    deep: Any = detector._method("deep_learning")
    deep.loaded[0].update(dict.fromkeys(LOOKS, logarithm))
    ensemble: Any = detector._method("huggingface")
    ensemble.ensemble.checkpoints["vit"].network = logarithm
    for result in detector.run_methods(black):
        assert result.status == "error" and result.score is None


def test_a_network_without_a_finite_answer_is_an_error_of_its_method(image: SourceImage) -> None:
    none = Path("none")
    detector = Detector(Runtime(none, none), only=("statistical",))
    detector.load()
    network = next(iter(detector._method("statistical").loaded[0].values()))  # type: ignore[attr-defined]
    network.out_bias[:] = np.inf
    assert detector.run_methods(image)[0].status == "error"
