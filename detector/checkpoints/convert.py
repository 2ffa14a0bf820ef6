"""Converts a checkpoint folder to an OpenVINO network, in a process of its own.

    python -m detector.checkpoints.convert FOLDER XML

torch and transformers are needed here, once per checkpoint, and never in the serving process.
Safetensors only, no remote code, and a checkpoint that lacks weights is refused: it would answer
with the random numbers that stand in for them.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

from detector.inference.runtime import import_openvino

from .facts import WEIGHTS
from .networks import NETWORK, network_key

logger = logging.getLogger(__name__)

PROJECT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 600


class ConversionError(Exception):
    """The checkpoint cannot be used; the message says why."""


def make_network(folder: Path, place: Path) -> Path:
    """Convert the checkpoint in `folder` into `place`. Raises `ConversionError` or `ValueError`."""
    if not (folder / WEIGHTS).exists():
        raise ValueError(f"it has no {WEIGHTS}; pickled weights are not loaded")
    network = place / network_key(folder) / NETWORK
    convert(folder, network)
    return network


def convert(folder: Path, xml: Path) -> None:
    """Write `xml` and its .bin from a checkpoint folder. Raises `ConversionError`."""
    logger.info("Converting %s for OpenVINO (once)", folder)
    xml.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", __name__, str(folder), str(xml)]
    try:
        # Offline whatever the user's environment says: everything that is needed is in the folder.
        offline = {**os.environ, "HF_HUB_OFFLINE": "1"}
        process = subprocess.run(
            command, cwd=PROJECT, env=offline, capture_output=True, text=True, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired as error:
        raise ConversionError(f"the conversion took longer than {TIMEOUT_S} s") from error
    if process.returncode:
        raise ConversionError(
            process.stderr.strip().splitlines()[-1] if process.stderr else "it crashed"
        )


def main(folder: Path, xml: Path) -> None:
    """Load strictly, convert, write under another name, then move: never half a network."""
    import torch

    from detector.networks.dinov2_detector import Dinov2Detector, WithEvidence

    openvino, model = import_openvino(), load_strictly(folder)
    config = getattr(model.config, "vision_config", model.config)  # SigLIP has two parts
    size = config.image_size
    height, width = size if isinstance(size, (list, tuple)) else (size, size)
    example = torch.zeros(1, config.num_channels, height, width)
    network = WithEvidence(model) if isinstance(model, Dinov2Detector) else model
    with torch.inference_mode():
        converted = openvino.convert_model(
            network, example_input={"pixel_values": example}, input=[-1, *example.shape[1:]]
        )
    draft = xml.with_name(f"{os.getpid()}-{xml.name}")
    openvino.save_model(converted, draft, compress_to_fp16=True)
    draft.with_suffix(".bin").replace(xml.with_suffix(".bin"))
    draft.replace(xml)  # the .xml last: whoever sees it finds its .bin


def load(folder: Path):  # type: ignore[no-untyped-def] # a transformers model
    """The model of a folder in fp32, loaded safely, and transformers' report on its weights."""
    from transformers import AutoModelForImageClassification

    import detector.networks.dinov2_detector  # noqa: F401 # registers the class of the bundled one

    return AutoModelForImageClassification.from_pretrained(
        folder,
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
        output_loading_info=True,
        dtype="float32",
    )


def load_strictly(folder: Path):  # type: ignore[no-untyped-def] # a transformers model
    """The model of a folder, ready for inference. Raises `ValueError` if weights are missing."""
    model, info = load(folder)
    for problem in ("missing_keys", "mismatched_keys"):
        if info.get(problem):
            keys = ", ".join(str(key) for key in list(info[problem])[:3])
            raise ValueError(f"weights do not fit the model ({problem}: {keys}, ...)")
    return model.eval()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {' '.join(str(error).split())}")
