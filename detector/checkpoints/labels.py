"""Which outputs of a checkpoint mean "AI": found by name, never by position.

Public checkpoints disagree on the order of their classes; getting it wrong inverts every answer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from detector.inference.numbers import sigmoid

AI_NAMES = frozenset(
    {"ai", "ai-generated", "ai-image", "artificial", "fake", "deepfake", "generated", "synthetic"}
    | {"dalle", "sd", "midjourney", "stable-diffusion", "diffusion", "gan"}
)
REAL_NAMES = frozenset(
    {"real", "realism", "human", "hum", "nature", "natural", "authentic", "photo", "not-ai"}
)


def ai_indices(id2label: dict[int, str]) -> list[int]:
    """The outputs that mean AI. A single output is the log-odds of AI whatever its name.

    Raises `ValueError` that lists the names if one is unknown or only one side is there.
    """
    if len(id2label) == 1:
        return [0]
    names = {index: _normalise(name) for index, name in id2label.items()}
    ai = [index for index, name in names.items() if name in AI_NAMES]
    real = [index for index, name in names.items() if name in REAL_NAMES]
    if not ai or not real or len(ai) + len(real) < len(names):
        raise ValueError(
            f"its classes are named {', '.join(map(repr, id2label.values()))}, which does not "
            "tell AI from real"
        )
    return ai


def ai_probability(logits: npt.NDArray[np.floating], ai: list[int]) -> float:
    """P(AI) in [0, 1] of the logits (n_labels,) of one picture.

    Softmax summed over the AI classes; for one logit the sigmoid (softmax of one is always 1).
    """
    if len(logits) == 1:
        return sigmoid(float(logits[0]))
    odds = np.exp(logits.astype(np.float64) - float(logits.max()))
    return float(odds[ai].sum() / odds.sum())


def _normalise(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(" ", "-")
