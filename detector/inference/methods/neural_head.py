"""A head: small networks that weigh what was measured of a picture.

A linear layer weighs each measurement by itself. A network with one hidden layer sees which traces
come together; several, fitted from other starts, are averaged (deep ensembles, Lakshminarayanan et
al. 2017). What it misses is what the features do not hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from detector.inference.pixels.kind import network_state
from detector.inference.weights.arrays import read_arrays
from detector.inference.weights.ranges import read_fields

HEAD, CONFIG = "head.npz", "config.json"
MAX_HEAD_BYTES = 2**26
# So that a layer whose neurons all say the same divides by no zero; PyTorch's value.
LEAST_VARIANCE = 1e-5
# Steps of the way from the features of the centre to those of a picture, for `attributions`.
STEPS = 32
# The factor of the cube in the tanh formula of GELU.
CUBIC = 0.044715

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class NeuralHead:
    """`k` networks of `h` neurons over `f` features: a layer, GELU, layer normalisation, a sum.

    `weight` (k, h, f) and `bias` (k, h) are those of the layer, `scale` and `shift` (k, h) those of
    the normalisation, `out` (k, h) and `out_bias` (k,) those of the sum. `centre` (f,) are
    the features of an ordinary picture that tell nothing: `attributions` compares others with it.
    """

    weight: Array
    bias: Array
    scale: Array
    shift: Array
    out: Array
    out_bias: Array
    centre: Array

    @property
    def feature_count(self) -> int:
        """The number of features that the head reads: f."""
        return int(self.weight.shape[2])

    def log_odds(self, features: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Raw log-odds (n,) of features (n, f), the mean over the networks.

        Raises `ValueError` if they are not finite.
        """
        normal, _ = _normalise(gelu(self._inputs(features)))
        neurons = normal * self.scale + self.shift
        answers = ((neurons * self.out).sum(2) + self.out_bias).mean(1)
        if not np.isfinite(answers).all():
            raise ValueError("the head answers with NaN or infinite numbers")
        return np.asarray(answers, np.float64)

    def slopes(self, features: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """By how much the raw log-odds rise with each of the features (n, f): gradients (n, f)."""
        return self._through_layer(self._slopes_of_inputs(self._inputs(features)))

    def attributions(self, features: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """How far each of the features (f,) moves the raw log-odds: (f,).

        With the log-odds of the centre they add up to those of the picture, but for what the steps
        leave (integrated gradients, Sundararajan et al. 2017).
        """
        start, end = self._inputs(np.stack([self.centre, features]))
        way = (np.arange(STEPS) + 0.5) / STEPS
        # The layer is linear: of the features on the way it says what lies between its two ends.
        between = start + way[:, None, None] * (end - start)
        mean_slope = self._slopes_of_inputs(between).mean(0)
        (slopes,) = self._through_layer(mean_slope[None])
        return np.asarray((features - self.centre) * slopes, np.float64)

    def _inputs(self, features: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """What the layer says of features (n, f), before GELU: (n, k, h)."""
        product = np.einsum("nf,khf->nkh", features, self.weight, optimize=True)
        return np.asarray(product + self.bias)

    def _slopes_of_inputs(self, inputs: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """By how much the raw log-odds rise with each of the `inputs` (n, k, h) of GELU."""
        normal, spread = _normalise(gelu(inputs))
        ours = self.out * self.scale
        # Back through the normalisation, whose mean and spread hang on every neuron.
        through = ours - _mean(ours) - normal * _mean(ours * normal)
        return np.asarray(through / spread * gelu_slope(inputs) / len(self.weight))

    def _through_layer(self, slopes: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """From slopes by the outputs of the layer (n, k, h) to those by its features (n, f)."""
        back = np.einsum("nkh,khf->nf", slopes, self.weight, optimize=True)
        return np.asarray(back, np.float64)


def _mean(values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    return np.asarray(values.mean(-1, keepdims=True))


def _normalise(
    values: npt.NDArray[np.floating],
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    """Neurons (..., h) with mean 0 and variance 1, and their spread (..., 1) before."""
    centred = values - _mean(values)
    spread = np.sqrt(_mean(centred**2) + LEAST_VARIANCE)
    return centred / spread, spread


def gelu(values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """The Gaussian error linear unit by its tanh formula (Hendrycks & Gimpel 2016)."""
    return np.asarray(0.5 * values * (1 + np.tanh(_inner(values))))


def gelu_slope(values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """The derivative of `gelu`."""
    bend = np.tanh(_inner(values))
    inner_slope = np.sqrt(2 / np.pi) * (1 + 3 * CUBIC * values**2)
    return np.asarray(0.5 * (1 + bend) + 0.5 * values * (1 - bend**2) * inner_slope)


def _inner(values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    return np.asarray(np.sqrt(2 / np.pi) * (values + CUBIC * values**3))


def read_head(folder: Path, networks: Iterable[str]) -> NeuralHead:
    """The head in a weights folder.

    The `networks` whose features it reads lie beside the folder, in the order of features; a head
    that reads statistics has none.

    Raises `OSError`, or `ValueError` if it is out of range, or was fitted on the features of other
    networks than those that are there.
    """
    if other := find_other(folder, networks):
        raise ValueError(
            f"{folder.name} was fitted on the features of another {other}; run manage.py "
            "train_dinov2 --cross-fit, or train_fusion to go on without it"
        )
    return _read_arrays(folder / HEAD)


def find_other(folder: Path, networks: Iterable[str]) -> str | None:
    """The first of the `networks` that is not the one that the head was fitted on; None if all are.

    Raises `OSError`, or `ValueError` if the head does not name them.
    """
    states = read_fields(folder / CONFIG).fields("networks")
    for name in networks:
        if states.text(name, 64) != network_state(folder.parent / name):
            return name
    return None


def _read_arrays(file: Path) -> NeuralHead:
    names = [each.name for each in fields(NeuralHead)]
    arrays = read_arrays(file, names, MAX_HEAD_BYTES)
    head = NeuralHead(*(array.astype(np.float32) for array in arrays))
    if head.weight.ndim != 3 or not head.weight.size:
        raise ValueError(
            f"{file.name}: weight has shape {head.weight.shape}; accepted is (k, h, f), none of "
            "them 0"
        )
    networks, neurons, count = head.weight.shape
    accepted = {"out_bias": (networks,), "centre": (count,)}
    for name in names[1:]:
        shape, wanted = getattr(head, name).shape, accepted.get(name, (networks, neurons))
        if shape != wanted:
            raise ValueError(f"{file.name}: {name} has shape {shape}; accepted is {wanted}")
    return head
