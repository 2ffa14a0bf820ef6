"""Fits the last layers of the EfficientNets anew, on features that were computed once.

A network learns its body from tens of thousands of crops; its last layer, which has 1,280 numbers,
can learn from sources that came later. It is held near the layer that it replaces: the log-odds of
that layer are one more feature, which hardly any penalty keeps small.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from sklearn.linear_model import LogisticRegression

from detector.inference.methods.deep_learning import LOOKS
from detector.inference.pixels.kind import KIND_FOLDER, network_state
from detector.inference.pixels.tiles import Pixels
from detector.inference.runtime import get_core, import_openvino
from detector.inference.verdict.calibration import Calibration
from detector.inference.weights.folder import write_digests
from detector.training.corpus.learnt_sources import read_metrics

from .cards import write_card
from .dinov2 import LEAST_SPREAD, MAX_ITERATIONS, source_weights
from .export import write_folder, write_json

# The inverse of the penalty on the weights of the features.
INVERSE_PENALTY = 1e-3
# By how much the log-odds of the layer before are enlarged, so that the penalty leaves them alone.
TRUST = 10.0
# In metrics.json: what the last layer learnt from.
REFITTED = "last_layer"
NETWORK, WEIGHTS = "openvino_model.xml", "model.safetensors"


@dataclass(frozen=True)
class LastLayer:
    """Log-odds = `weight` (f,) * features + `bias`."""

    weight: np.ndarray
    bias: float

    def log_odds(self, features: np.ndarray) -> np.ndarray:
        """Raw log-odds (n,) of features (n, f)."""
        return np.asarray(features @ self.weight + self.bias)


def read_layer(folder: Path) -> LastLayer:
    """The last layer of the network in a weights folder, as its training left it.

    Raises `OSError`, and `ValueError` if it was fitted anew: it then knows the very sources on
    which it would be held near itself.
    """
    if REFITTED in read_metrics(folder)["training"]:
        raise ValueError(
            f"The last layer of {folder.name} was fitted anew before; accepted are the weights "
            "that train_efficientnet and average_efficientnets write."
        )
    weights = load_file(folder / WEIGHTS)
    weight = weights["classifier.weight"].float().flatten().numpy()
    return LastLayer(weight, float(weights["classifier.bias"].float()))


def fit_layer(
    features: np.ndarray, labels: np.ndarray, sources: np.ndarray, before: LastLayer
) -> LastLayer:
    """Ridge-penalised logistic regression, held near the layer `before`."""
    mean, std = features.mean(0), features.std(0) + LEAST_SPREAD
    old = before.log_odds(features)
    old_mean, old_std = old.mean(), old.std() + LEAST_SPREAD
    inputs = np.column_stack([(features - mean) / std, TRUST * (old - old_mean) / old_std])
    fit = LogisticRegression(C=INVERSE_PENALTY, max_iter=MAX_ITERATIONS)
    fit.fit(inputs, labels, sample_weight=source_weights(labels, sources))
    own, share = fit.coef_[0][:-1] / std, fit.coef_[0][-1] * TRUST / old_std
    bias = fit.intercept_[0] - own @ mean + share * (before.bias - old_mean)
    return LastLayer(own + share * before.weight, float(bias))


def load_pooled_features(folder: Path) -> Callable[[Pixels], np.ndarray]:
    """A function from pixels to what the last layer reads, (f,), the mean over all parts."""
    core = get_core()
    model = core.read_model(folder / NETWORK)
    node = _last_convolution(model)
    model = import_openvino().Model([node.input_value(0)], model.get_parameters(), "features")
    compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    cut = LOOKS[folder.name]

    def features(pixels: Pixels) -> np.ndarray:
        parts, _ = cut(pixels)
        maps = np.asarray(compiled(parts.transpose(0, 3, 1, 2).astype(np.float32))[0])
        pooled: np.ndarray = maps.mean((0, 2, 3), dtype=np.float64).astype(np.float32)
        return pooled

    return features


def _last_convolution(model: Any) -> Any:
    node = model.outputs[0].get_node()
    while node.get_type_name() != "Convolution":
        node = node.input_value(0).get_node()
    return node


def replace_layer(folder: Path, layer: LastLayer, learnt: dict[str, Any]) -> None:
    """Put the layer into a weights folder; all else of its network stays as it is, bit for bit.

    `learnt` describes what the layer learnt from. The probe for the kind of picture, beside the
    folder, goes on reading the same features. Raises `OSError`, `ValueError`.
    """
    before = network_state(folder)

    def write(draft: Path) -> None:
        for file in folder.iterdir():
            if file.is_file():
                (draft / file.name).write_bytes(file.read_bytes())
        _replace_in_weights(draft / WEIGHTS, layer)
        _replace_in_network(draft / NETWORK, layer)
        _describe(draft, learnt)
        write_card(draft)
        write_digests(draft)

    write_folder(folder, write)
    _keep_probe(folder, before)


def _replace_in_weights(file: Path, layer: LastLayer) -> None:
    weights = load_file(file)
    old = weights["classifier.weight"]
    weights["classifier.weight"] = torch.tensor(layer.weight, dtype=old.dtype).reshape(old.shape)
    weights["classifier.bias"] = torch.tensor([layer.bias], dtype=old.dtype)
    save_file(weights, file)


def _replace_in_network(xml: Path, layer: LastLayer) -> None:
    openvino = import_openvino()
    from openvino import opset13 as ops

    # Read whole: the files are written over.
    model = get_core().read_model(xml, config={"ENABLE_MMAP": False})
    node = _last_convolution(model)
    shape = list(node.input_value(1).get_shape())
    weight = ops.constant(layer.weight.reshape(shape).astype(np.float16))
    node.input(1).replace_source_output(ops.convert(weight, "f32").output(0))
    (target,) = node.output(0).get_target_inputs()
    addition = target.get_node()
    if addition.get_type_name() != "Add":
        raise ValueError(f"{xml.parent.name}: no bias stands after the last convolution")
    bias = ops.constant(np.full((1, 1, 1, 1), layer.bias, np.float32))
    addition.input(1 - target.get_index()).replace_source_output(bias.output(0))
    openvino.save_model(model, xml, compress_to_fp16=False)


def _describe(folder: Path, learnt: dict[str, Any]) -> None:
    """Say in metrics.json what the layer learnt from; a network knows the sources of all of it."""
    metrics = read_metrics(folder)
    training = metrics["training"]
    sources = sorted({*training["learnt_from"], *learnt["learnt_from"]})
    own = {key: value for key, value in learnt.items() if key != "learnt_from"}
    metrics["training"] = training | {"learnt_from": sources, REFITTED: own}
    write_json(folder / "metrics.json", metrics)
    Calibration().write(folder)


def _keep_probe(folder: Path, before: str) -> None:
    """The probe names the network that it reads by its numbers, of which the last have changed."""
    probe = folder.parent / KIND_FOLDER
    path = probe / "config.json"
    config = json.loads(path.read_text()) if path.exists() else {}
    if config.get("network") == folder.name and config.get("network_state") == before:
        write_json(path, config | {"network_state": network_state(folder)})
        write_digests(probe)
