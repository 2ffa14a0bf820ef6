"""A small network with features, and a probe over them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from detector.inference.pixels.kind import KIND_FOLDER, KINDS, PROBE, network_state
from detector.inference.weights.folder import write_digests

CHANNELS = 3


def save_network(folder: Path, weight: float = 1.0) -> Path:
    """A weights folder whose network says the sum of the colours for each place."""
    import openvino
    from openvino import opset13 as ops

    folder.mkdir(parents=True, exist_ok=True)
    x = ops.parameter([-1, 3, -1, -1], np.float32)
    pool = ops.avg_pool(x, [32, 32], [0, 0], [0, 0], [32, 32], True)
    features = ops.relu(pool)
    kernel = np.full((1, CHANNELS, 1, 1), weight, np.float32)
    evidence = ops.convolution(features, kernel, [1, 1], [0, 0], [0, 0], [1, 1])
    answer = ops.squeeze(evidence, np.array([1]))
    model = openvino.Model([answer], [x])
    openvino.save_model(model, folder / "openvino_model.xml", compress_to_fp16=False)
    write_digests(folder)
    return folder


def save_probe(weights_dir: Path, network: Path, weight: np.ndarray, confidence: float) -> Path:
    """The folder of a probe with `weight` (kinds, features) and no bias, for the first KINDS."""
    folder = weights_dir / KIND_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / PROBE, weight=weight, bias=np.zeros(len(weight)))
    config = {
        "kinds": list(KINDS[: len(weight)]),
        "confidence": dict.fromkeys(KINDS[: len(weight)], confidence),
        "network": network.name,
        "network_state": network_state(network),
    }
    (folder / "config.json").write_text(json.dumps(config))
    write_digests(folder)
    return folder
