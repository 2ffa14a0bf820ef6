"""The learning rate of each part of a model.

Early layers know what all pictures have in common and change least (layer-wise decay, Howard &
Ruder 2018). The head of the bundled model reads twelve times as many numbers as a layer is wide:
its log-odds would move twelve times as fast at the same rate, so its rate is as much lower (Yang et
al. 2022).
"""

from __future__ import annotations

from typing import Any

from torch import nn
from transformers import PreTrainedModel

from .model import head_of, layers_of

# The rate of a layer as a share of that of the layer above it.
LAYER_DECAY = 0.75


def parameter_groups(
    model: PreTrainedModel, rate: float, weight_decay: float
) -> list[dict[str, Any]]:
    """What an optimiser takes: each parameter that learns, with its rate and its weight decay.

    Biases and norms, which have one dimension, do not decay.
    """
    rates = _rates(model, rate)
    return [
        {
            "params": [parameter],
            "lr": rates[name],
            "weight_decay": weight_decay if parameter.ndim > 1 else 0.0,
        }
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    ]


def _rates(model: PreTrainedModel, rate: float) -> dict[str, float]:
    layers, names = layers_of(model), [name for name, _ in model.named_parameters()]
    depth = {id(p): index for index, layer in enumerate(layers) for p in layer.parameters()}
    head = {id(parameter) for parameter in model.classifier.parameters()}
    of_head = rate * min(_width(layers) / head_of(model).in_features, 1)
    rates = {}
    for name, parameter in zip(names, model.parameters(), strict=True):
        # Embeddings lie below the first layer, norms and poolers above the last one.
        below = "embeddings" in name.split(".")
        place = depth.get(id(parameter), -1 if below else len(layers) - 1)
        decayed = rate * LAYER_DECAY ** (len(layers) - 1 - place)
        rates[name] = of_head if id(parameter) in head else decayed
    return rates


def _width(layers: list[nn.Module]) -> int:
    """The number of values that the last layer reads of each token."""
    last = next(m for m in layers[-1].modules() if isinstance(m, nn.Linear))
    return int(last.in_features)
