"""Which kind of picture it is: a linear probe over the features of a network that runs anyway.

The kind chooses which measured errors are shown beside a verdict. It never moves a score.

What it misses: kinds overlap (a photorealistic render, a painting that was photographed), and
few sources of renders and documents were there to learn from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from detector.inference.weights.arrays import read_arrays
from detector.inference.weights.folder import check_digests, files_state, folder_state
from detector.inference.weights.ranges import Fields, read_fields

KIND_FOLDER = "kind"
PROBE = "probe.npz"
MAX_PROBE_BYTES = 2**20
KINDS = ("photograph", "art", "graphic", "render", "screenshot", "document")
UNKNOWN = "unknown"

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """A kind of picture, or UNKNOWN, and the probability (0..1) of the likeliest kind."""

    name: str = UNKNOWN
    confidence: float = 0.0


@dataclass(frozen=True)
class KindProbe:
    """Log-odds of each kind: `weight` (kinds, features) times the features plus `bias` (kinds,).

    Below its `confidence` (kinds,) the likeliest kind is not named: UNKNOWN. `network` is the
    weights folder whose network gives the features.
    """

    kinds: tuple[str, ...]
    weight: Array
    bias: Array
    confidence: tuple[float, ...]
    network: str

    def probabilities(self, features: Array) -> Array:
        """Of each kind, (n, kinds), for features (n, features)."""
        scores = features @ self.weight.T + self.bias
        powers = np.exp(scores - scores.max(1, keepdims=True))
        return np.asarray(powers / powers.sum(1, keepdims=True))

    def name(self, features: Array) -> Kind:
        """The kind of the picture with these features (features,)."""
        if features.shape != self.weight.shape[1:]:
            return Kind()
        chances = self.probabilities(features[None])[0]
        likeliest, confidence = int(chances.argmax()), float(chances.max())
        sure = confidence >= self.confidence[likeliest]
        return Kind(self.kinds[likeliest] if sure else UNKNOWN, confidence)


def load_probe(weights_dir: Path) -> KindProbe:
    """The probe that ships.

    Raises `OSError`, or `ValueError` if it is not as it shipped, is out of range, or was trained
    with another network than the one that is there.
    """
    folder = weights_dir / KIND_FOLDER
    check_digests(folder)
    network = read_fields(folder / "config.json").text("network", 40)
    return _load_probe(folder, folder_state(folder), network_state(weights_dir / network))


@lru_cache(maxsize=4)
def _load_probe(folder: Path, _state: str, network_state: str) -> KindProbe:
    config = read_fields(folder / "config.json")
    if network_state != config.text("network_state", 64):
        raise ValueError(
            f"{KIND_FOLDER} was trained with the features of another network; run manage.py "
            "train_kind"
        )
    kinds = _kinds(config)
    weight, bias = _arrays(folder / PROBE, len(kinds))
    limits = config.fields("confidence")
    confidence = tuple(limits.number(kind, 0, 1) for kind in kinds)
    return KindProbe(kinds, weight, bias, confidence, config.text("network", 40))


def _arrays(file: Path, kinds: int) -> tuple[Array, Array]:
    """`weight` and `bias` of a file. Raises `OSError` or `ValueError`."""
    weight, bias = read_arrays(file, ("weight", "bias"), MAX_PROBE_BYTES)
    if weight.ndim != 2 or len(weight) != kinds or not weight.size or bias.shape != (kinds,):
        raise ValueError(
            f"{file.name}: weight and bias are {weight.shape} and {bias.shape}; accepted are "
            f"({kinds}, features) and ({kinds},)"
        )
    return weight, bias


def network_state(folder: Path) -> str:
    """A digest of the numbers of a network; empty where there is none."""
    return files_state(file for file in [folder / "openvino_model.bin"] if file.exists())


def _kinds(config: Fields) -> tuple[str, ...]:
    kinds = config.values.get("kinds")
    if not isinstance(kinds, list) or not kinds or not set(kinds) <= set(KINDS):
        raise config.out_of_range("kinds", f"lists of {', '.join(KINDS)}")
    return tuple(kinds)
