"""The place of a checkpoint's OpenVINO network, and whether a network can be made here.

A network stands in a folder that is named by a digest of what it was converted from: changed
weights never meet an old network. Converting takes torch, which a server need not have, so
`fetch_models` and `finetune_hf_models` leave the network behind.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path

from detector.inference.weights.folder import files_state

from .facts import CONFIG, WEIGHTS

# The folder in a fine-tuned checkpoint: whoever copies the checkpoint copies its network.
BESIDE = "openvino"
NETWORK = "openvino_model.xml"


def find_network(folder: Path, places: Iterable[Path]) -> Path | None:
    """The network converted from the checkpoint in `folder`, in the first place that has it."""
    key = network_key(folder)
    networks = (place / key / NETWORK for place in places)
    return next((network for network in networks if network.is_file()), None)


def can_convert() -> bool:
    """Whether the libraries that convert are installed; none of them is imported."""
    try:
        return all(importlib.util.find_spec(name) for name in ("torch", "transformers"))
    except ModuleNotFoundError:
        return False


def network_key(folder: Path) -> str:
    """The name of the folder of a network; it changes with what the network is made from."""
    # Only of the converted files: a model whose card or calibration changes keeps its network.
    return files_state([folder / CONFIG, folder / WEIGHTS])[:16]
