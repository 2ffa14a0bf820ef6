"""Writes weights folders: weights, their loading, their training data and their accuracy."""

from __future__ import annotations

import glob
import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

import torch
from torch import nn

from detector.inference.runtime import get_core, import_openvino
from detector.inference.verdict.calibration import Calibration
from detector.inference.weights.folder import write_digests
from detector.training.corpus.labelled import Picture
from detector.training.corpus.learnt_sources import digests
from detector.training.pictures.preparation import Preparation

from .cards import write_card

LIBRARIES = ("torch", "transformers", "timm", "scikit-learn", "openvino", "numpy", "pillow")


def write_folder(folder: Path, write: Callable[[Path], None]) -> None:
    """Fill a temporary folder with `write` and move it into place: never half a model."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Named before it is made: an end by signal between the two would leave a folder without a name.
    draft = folder.with_name(_draft_prefix(folder) + uuid4().hex)
    try:
        draft.mkdir(0o700)
        write(draft)
        _open_to_readers(draft)
        _replace(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def recover_folder(folder: Path) -> None:
    """Clear up after programs that were killed in `write_folder`. Nobody may be writing the folder.

    A kill between the two steps of the exchange leaves no folder: then the old one comes back.
    """
    old = _old(folder)
    if old.exists() and not folder.exists():
        old.rename(folder)
    for left in (old, *folder.parent.glob(f"{glob.escape(_draft_prefix(folder))}*")):
        shutil.rmtree(left, ignore_errors=True)


def _draft_prefix(folder: Path) -> str:
    return f".{folder.name}-draft-"


def _old(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}-old")


def _open_to_readers(folder: Path) -> None:
    """Temporary folders and safetensors are for their owner alone; the server may be another."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _replace(draft: Path, folder: Path) -> None:
    old = _old(folder)
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    draft.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Readable JSON that git can compare."""
    path.write_text(json.dumps(content, indent=2) + "\n")


def weights_of(network: nn.Module) -> dict[str, torch.Tensor]:
    """The weights of a trained network as safetensors takes them.

    Training kept them in channels-last order, which it does not take.
    """
    return {name: value.contiguous() for name, value in network.state_dict().items()}


def start_metrics(folder: Path, model: str, training: dict[str, Any]) -> None:
    """A new metrics.json, of what was trained how; accuracy comes from calibration and tests.

    The last step of a training: it takes the digests of what is in the folder.
    """
    write_json(folder / "metrics.json", {"model": model, "training": training})
    write_card(folder)
    Calibration().write(folder)
    write_digests(folder)


def describe(preparation: Preparation, arguments: dict[str, Any]) -> dict[str, Any]:
    """The description of a training for metrics.json: pictures, arguments and versions."""
    return describe_pictures(preparation.learnt, arguments, preparation.seed)


def describe_pictures(
    pictures: Sequence[Picture], arguments: dict[str, Any], seed: int
) -> dict[str, Any]:
    """The description of the training `pictures` for metrics.json."""
    labels = Counter(picture.label for picture in pictures)
    return {
        "n_ai": labels[1],
        "n_real": labels[0],
        "sources": len({picture.source for picture in pictures}),
        "generators": len({picture.generator for picture in pictures if picture.generator}),
        "arguments": arguments,
        "split_seed": seed,
        "versions": {name: version(name) for name in LIBRARIES},
        "learnt_from": digests(pictures),
    }


def save_openvino(network: nn.Module, example: torch.Tensor, xml: Path, side: int = -1) -> None:
    """Write a network as OpenVINO .xml and .bin in fp16, for any batch size.

    Pictures are squares of `side` pixels, or of any size if that is -1.
    """
    openvino = import_openvino()
    with torch.inference_mode():
        model = openvino.convert_model(network, example_input=example, input=[-1, 3, side, side])
    openvino.save_model(model, xml, compress_to_fp16=True)


def add_features(xml: Path) -> bool:
    """Let a network give what its last convolution reads as a second output, (n, f, h, w).

    Returns whether anything was to do. The numbers of the network, in the .bin file, stay byte for
    byte as they are. Raises `ValueError` if the network has no convolution before its output.
    """
    # Read whole: the files are written over.
    model = get_core().read_model(xml, config={"ENABLE_MMAP": False})
    if len(model.outputs) > 1:
        return False
    node = model.outputs[0].get_node()
    while node.get_type_name() != "Convolution":
        if not node.inputs():
            raise ValueError(f"{xml.parent.name}: no convolution stands before the output")
        node = node.input_value(0).get_node()
    model.add_outputs([node.input_value(0)])
    import_openvino().save_model(model, xml, compress_to_fp16=False)
    return True
