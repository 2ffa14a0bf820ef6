"""Why method 2 answers as it does: the groups of statistics that moved it, and a spectrum."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .features import CROP, Array, feature_groups

BASELINE = "baseline"
# Log-odds below which a group is not worth a word: 50 % against 52.5 %.
NEGLIGIBLE = 0.1
MOST_GROUPS = 3

SIDE = 64
# What is drawn black and white, of log(1 + |FFT|): below lies rounding, above only sharp lines.
DARKEST, BRIGHTEST = 2.0, 9.0


def explain_groups(attributions: npt.NDArray[np.float64], log_odds: float) -> list[dict[str, Any]]:
    """{"name", "log_odds"} of each group of features, the largest first.

    `attributions` (885,) are what each feature adds to the calibrated `log_odds`. At the end stands
    the rest, which every picture starts from; all together are the calibrated log-odds.
    """
    groups = [
        (name, float(attributions[columns].sum())) for name, columns in feature_groups().items()
    ]
    groups.sort(key=lambda group: -abs(group[1]))
    groups.append((BASELINE, log_odds - float(attributions.sum())))
    return [{"name": name, "log_odds": round(value, 4)} for name, value in groups]


def strongest_groups(groups: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """The names of the groups that moved the score most: towards AI, and away from it."""
    named_groups = [g for g in groups if g["name"] != BASELINE and abs(g["log_odds"]) >= NEGLIGIBLE]
    for_ai = [group["name"] for group in named_groups[:MOST_GROUPS] if group["log_odds"] > 0]
    return for_ai, [group["name"] for group in named_groups[:MOST_GROUPS] if group["log_odds"] < 0]


def spectrum_picture(spectra: Sequence[Array]) -> str:
    """The mean of the `luma_spectrum` of some crops: 64 x 64 levels in base64.

    Each level is a byte, row by row from the upper left; frequency 0 is at row and column 32.
    """
    half = np.mean(spectra, axis=0)
    levels = (pool(full_plane(half)) - DARKEST) / (BRIGHTEST - DARKEST) * 255
    return base64.b64encode(levels.clip(0, 255).round().astype(np.uint8).tobytes()).decode()


def full_plane(half: Array) -> Array:
    """A half-plane spectrum (256, 129) as (256, 256) with frequency 0 at row and column 128."""
    # The spectrum of a real signal is the same at (-u, -v) as at (u, v).
    mirrored = np.roll(half[::-1, 1:-1][:, ::-1], 1, axis=0)
    return np.asarray(np.fft.fftshift(np.concatenate([half, mirrored], axis=1)), np.float32)


def pool(plane: Array) -> Array:
    """The brightest of every 4 x 4 frequencies of (256, 256): dots would be lost in a mean."""
    step = CROP // SIDE
    # Multiples of 1/8 come into the middle of their cell, together with what leaks around them.
    centred = np.roll(plane, step // 2, axis=(0, 1))
    peaks: Array = centred.reshape(SIDE, step, SIDE, step).max(axis=(1, 3))
    return peaks
