"""Loads a checkpoint for fine-tuning: two classes, real = 0 and ai = 1, whatever it had before."""

from __future__ import annotations

import logging
from pathlib import Path

import torch
from torch import nn
from transformers import PreTrainedModel

from detector.checkpoints.convert import load
from detector.checkpoints.facts import read_labels
from detector.checkpoints.labels import ai_indices

logger = logging.getLogger(__name__)

ID2LABEL = {0: "real", 1: "ai"}


def load_model(folder: Path) -> tuple[PreTrainedModel, bool]:
    """The model of a checkpoint folder in fp32, and whether its head already told AI from real.

    A head for other classes, or none, is replaced by a new one. Raises `OSError` or `ValueError`.
    """
    ai = _ai_classes(folder)
    model, missing = _load(folder)
    if body := sorted(key for key in missing if not key.startswith("classifier.")):
        raise ValueError(f"The weights of {folder.name} do not fit the model: no {body[0]}.")
    # Several classes for AI cannot be merged into one linear output.
    knows = ai is not None and len(ai) == 1 and model.config.num_labels <= 2 and not missing
    if knows and ai is not None:
        _turn_head(model, ai[0])
    else:
        _new_head(model)
    model.config.num_labels = model.num_labels = len(ID2LABEL)
    model.config.id2label = dict(ID2LABEL)
    model.config.label2id = {name: index for index, name in ID2LABEL.items()}
    model.config.problem_type = "single_label_classification"
    return model, knows


def _load(folder: Path) -> tuple[PreTrainedModel, set[str]]:
    """The unchanged model, and the names of the weights that the folder lacks."""
    model, info = load(folder)
    return model, set(info["missing_keys"]) | {str(key) for key in info["mismatched_keys"]}


def _ai_classes(folder: Path) -> list[int] | None:
    try:
        return ai_indices(read_labels(folder))
    except ValueError:  # ImageNet's classes, say
        return None


def head_of(model: PreTrainedModel) -> nn.Linear:
    """The linear layer that gives the logits. Raises `ValueError` if there is none."""
    head = getattr(model, "classifier", None)
    if not isinstance(head, nn.Linear):
        raise ValueError(
            f"{type(model).__name__} has no linear classifier; accepted are models like ViT, DeiT, "
            "BEiT, Swin and SigLIP"
        )
    return head


def _turn_head(model: PreTrainedModel, ai: int) -> None:
    """The same answers with outputs in our order; one logit becomes two of opposite sign."""
    head = head_of(model)
    weight, bias = head.weight.data, _bias(head)
    if head.out_features == 1:
        weight, bias = torch.cat([-weight, weight]) / 2, torch.cat([-bias, bias]) / 2
    elif ai == 0:
        weight, bias = weight.flip(0), bias.flip(0)
    model.classifier = _linear(weight, bias)


def _new_head(model: PreTrainedModel) -> None:
    """An untrained head: log-odds of 0 for every picture until it has learnt."""
    features = head_of(model).in_features
    model.classifier = _linear(torch.zeros(2, features), torch.zeros(2))


def _linear(weight: torch.Tensor, bias: torch.Tensor) -> nn.Linear:
    head = nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        head.weight.copy_(weight)
        head.bias.copy_(bias)
    return head


def _bias(head: nn.Linear) -> torch.Tensor:
    return head.bias.data if head.bias is not None else torch.zeros(head.out_features)


def freeze(model: PreTrainedModel, part: str | None) -> None:
    """Keep all but the head (`head`), or the embeddings and the first N layers, as they are.

    Layers are the blocks of a ViT and the stages of a Swin. Raises `ValueError` if `part` is
    neither, or N more than there are layers.
    """
    if part is None:
        return
    layers = layers_of(model)
    if part != "head" and not (part.isdecimal() and int(part) <= len(layers)):
        raise ValueError(
            f"--freeze {part}: accepted are head and the numbers 0 to {len(layers)}, the layers "
            "of this model"
        )
    parameters = list(model.parameters())
    end = len(parameters) if part == "head" else _end(parameters, layers, int(part))
    for parameter in parameters[:end]:
        parameter.requires_grad_(False)
    model.classifier.requires_grad_(True)


def _end(parameters: list[nn.Parameter], layers: list[nn.Module], n: int) -> int:
    """The number of the model's parameters before the end of its first `n` layers."""
    place = {id(parameter): index for index, parameter in enumerate(parameters)}
    if n < len(layers):
        return min(place[id(parameter)] for parameter in layers[n].parameters())
    return 1 + max(place[id(parameter)] for parameter in layers[-1].parameters())


def layers_of(model: PreTrainedModel) -> list[nn.Module]:
    """The layers of the encoder: the longest list of modules that is in no other list."""
    lists = {name: m for name, m in model.named_modules() if isinstance(m, nn.ModuleList)}
    outer = [
        module
        for name, module in lists.items()
        if not any(name.startswith(f"{name_of_other}.") for name_of_other in lists)
    ]
    return list(max(outer, key=len, default=[]))
