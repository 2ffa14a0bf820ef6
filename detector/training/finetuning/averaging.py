"""Averages a fine-tuned model with the one that it started from (WiSE-FT, Wortsman et al. 2022).

What was learnt of the new pictures mostly stays, and so does what was known of others.
"""

from __future__ import annotations

import torch
from transformers import PreTrainedModel

Weights = dict[str, torch.Tensor]


def copy_weights(model: PreTrainedModel) -> Weights:
    """The parameters of a model as they are now."""
    return {name: value.detach().cpu().clone() for name, value in model.named_parameters()}


@torch.no_grad()
def keep_share(model: PreTrainedModel, start: Weights, share: float) -> None:
    """Let `share` (0 to 1) of every parameter be that of `start`, and the rest as it is."""
    for name, value in model.named_parameters():
        value.lerp_(start[name].to(value.device), share)
