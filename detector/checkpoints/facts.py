"""The facts that are read from a checkpoint folder, apart from weights, each within its range."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from detector.inference.verdict.calibration import FILENAME as CALIBRATION
from detector.inference.verdict.calibration import Calibration
from detector.inference.weights.ranges import Fields, check_size, read_fields

from .labels import ai_indices
from .processor import Processor

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
METRICS = "metrics.json"
# A checkpoint must fit into the memory of a small server twice: as it is, and converted.
MAX_WEIGHTS_BYTES = 2 * 2**30
MAX_CLASSES = 1000
LONGEST_NAME = 100
MOST_PICTURES = 10**9
# The limits of a network's architecture, checked before its weights. ViT-H has 1280 x 32.
ARCHITECTURE = {
    "image_size": 1024,
    "patch_size": 64,
    "num_channels": 3,
    "hidden_size": 2048,
    "embed_dim": 2048,
    "intermediate_size": 8192,
    "num_hidden_layers": 64,
    "num_attention_heads": 64,
    "window_size": 64,
}
# Patches that attend to one another: memory grows with their square.
MOST_PATCHES = 4096


@dataclass(frozen=True)
class TestFigures:
    """The measured accuracy of a model; None where nobody has measured it.

    `roc_auc` is the lower bound of its interval where there is one: a model tested on six pictures
    must not rule the others. `accuracy` is a sentence, never without the number of pictures.
    """

    roc_auc: float | None = None
    accuracy: str | None = None


@dataclass(frozen=True)
class Facts:
    """The facts of a checkpoint folder: the number of `outputs`, of which those in `ai` mean AI."""

    outputs: int
    ai: list[int]
    processor: Processor
    calibration: Calibration | None
    measured: TestFigures


def read_facts(folder: Path) -> Facts:
    """Read a checkpoint folder. Raises `OSError`, or `ValueError` for what is out of range."""
    labels = read_labels(folder)
    processor = Processor.read(folder)
    if (folder / WEIGHTS).exists():
        check_size(folder / WEIGHTS, MAX_WEIGHTS_BYTES)
    calibrated = (folder / CALIBRATION).exists()
    calibration = Calibration.read(folder) if calibrated else None
    return Facts(len(labels), ai_indices(labels), processor, calibration, read_measured(folder))


def read_labels(folder: Path) -> dict[int, str]:
    """The classes of a model by output. Raises `OSError` or `ValueError`."""
    config = read_fields(folder / CONFIG)
    check_architecture(config)
    names = config.fields("id2label")
    count = len(names.values)
    if set(names.values) != {str(index) for index in range(count)} or not 0 < count <= MAX_CLASSES:
        raise config.out_of_range(
            "id2label", f"names for the outputs 0 to at most {MAX_CLASSES - 1}"
        )
    if "num_labels" in config:
        config.whole("num_labels", count, count)
    return {index: names.text(str(index), LONGEST_NAME) for index in range(count)}


def check_architecture(config: Fields) -> None:
    """Raises `ValueError` if the network would be larger than ARCHITECTURE."""
    parts = [config]
    if isinstance(config.values.get("vision_config"), dict):  # SigLIP has two parts
        parts.append(config.fields("vision_config"))
    for part in parts:
        for name, limit in ARCHITECTURE.items():
            if name in part:
                _check_sides(part, name, limit)
        _check_patches(part)


def _check_sides(part: Fields, name: str, limit: int) -> None:
    """A number, or as some checkpoints have it a list of two."""
    value = part.values[name]
    if isinstance(value, list):
        if any(type(side) is not int or not 1 <= side <= limit for side in value) or not value:
            raise part.out_of_range(name, f"whole numbers from 1 to {limit}")
        return
    part.whole(name, 1, limit)


def _check_patches(part: Fields) -> None:
    if "image_size" not in part or "patch_size" not in part or "window_size" in part:
        return
    image, patch = _sides(part, "image_size")[-1], _sides(part, "patch_size")[0]
    if (image // patch) ** 2 > MOST_PATCHES:
        raise part.out_of_range(
            "patch_size", f"patches of which at most {MOST_PATCHES} cover {image}"
        )


def _sides(part: Fields, name: str) -> list[int]:
    """One side, or the smaller and the larger one."""
    value = part.values[name]
    return sorted(value) if isinstance(value, list) else [value]


def read_measured(folder: Path) -> TestFigures:
    """The figures of metrics.json, if there is one. Raises `OSError` or `ValueError`."""
    if not (folder / METRICS).exists():
        return TestFigures()
    metrics = read_fields(folder / METRICS)
    parts = [metrics.fields(name) for name in ("test", "calibration") if name in metrics]
    accuracy = _accuracy(metrics.fields("test")) if "test" in metrics else None
    return TestFigures(next(_roc_auc(parts), None), accuracy)


def _roc_auc(parts: list[Fields]) -> Iterator[float | None]:
    for part in parts:
        value = part.number("roc_auc", 0, 1) if "roc_auc" in part else None
        yield part.interval("roc_auc_interval")[0] if "roc_auc_interval" in part else value


def _accuracy(test: Fields) -> str | None:
    """Test accuracy, never without how many pictures it was measured on."""
    if not all(name in test for name in ("accuracy", "accuracy_interval", "n")):
        return None
    low, high = test.interval("accuracy_interval")
    n = test.whole("n", 1, MOST_PICTURES)
    interval = f"95 % interval {low:.0%} to {high:.0%}"
    return f"test accuracy {test.number('accuracy', 0, 1):.0%} (n = {n}, {interval})"
