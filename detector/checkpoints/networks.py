"""Where the OpenVINO network of a checkpoint is, and how it gets there.

A network stands in a folder that is named by a digest of what it was converted from: changed
weights never meet an old network. Converting takes torch, which a server need not have, so
`fetch_models` and `finetune_hf_models` leave the network behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from detector.inference.weights.folder import files_state

from .convert import convert
from .facts import CONFIG, WEIGHTS

# The folder in a fine-tuned checkpoint: whoever copies the checkpoint copies its network.
BESIDE = "openvino"
NETWORK = "openvino_model.xml"


def find_network(folder: Path, places: Iterable[Path]) -> Path | None:
    """The network converted from the checkpoint in `folder`, in the first place that has it."""
    key = _key(folder)
    networks = (place / key / NETWORK for place in places)
    return next((network for network in networks if network.is_file()), None)


def make_network(folder: Path, place: Path) -> Path:
    """Convert the checkpoint in `folder` into `place`. Raises `ConversionError` or `ValueError`."""
    if not (folder / WEIGHTS).exists():
        raise ValueError(f"it has no {WEIGHTS}; pickled weights are not loaded")
    network = place / _key(folder) / NETWORK
    convert(folder, network)
    return network


def _key(folder: Path) -> str:
    # Of what is converted alone: a model whose card or calibration changes keeps its network.
    return files_state([folder / CONFIG, folder / WEIGHTS])[:16]
