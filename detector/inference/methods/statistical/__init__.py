"""Method 2, statistical patterns: hand-made features into a small network.

The spatial rich model with an ensemble classifier (Fridrich & Kodovsky 2012) is the classic of
steganalysis; here the features are pooled over directions, joined with spectra and compression
statistics (see features.py), and their mean over the picture is weighed by a small network
(neural_head.py).

What it misses: everything that strong JPEG compression or down-scaling removes, and meaning.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from detector.inference.method import Answer
from detector.inference.methods.neural_head import NeuralHead, read_head
from detector.inference.methods.pixel_method import PixelMethod
from detector.inference.numbers import side_of, sigmoid
from detector.inference.pixels.tiles import Pixels, cut_tiles
from detector.inference.results import Exhibit, Finding
from detector.inference.verdict.calibration import Calibration
from detector.inference.wording import ENGLISH, say

from .explanation import SIDE, explain_groups, spectrum_picture, strongest_groups
from .features import CROP, N_FEATURES, import_libraries, look_at, summarise

MAX_CROPS = 6
STATISTICAL = "statistical"


class Statistical(PixelMethod[NeuralHead]):
    folders = (STATISTICAL,)
    used = say("method_used.statistical", {"count": N_FEATURES}, ENGLISH)

    def read_model(self, folder: Path) -> NeuralHead:
        import_libraries()
        network = read_head(folder, ())
        if (count := network.feature_count) != N_FEATURES:
            raise ValueError(f"{folder.name} reads {count} features; accepted are {N_FEATURES}")
        return network

    def judge(
        self, models: dict[str, NeuralHead], calibrations: dict[str, Calibration], pixels: Pixels
    ) -> Answer:
        looks = self.runtime.map(look_at, cut_tiles(pixels, CROP, MAX_CROPS))
        features = summarise(np.stack([each for each, _ in looks]))
        network, calibration = models[STATISTICAL], calibrations[STATISTICAL]
        raw = float(network.log_odds(features[None])[0])
        log_odds = calibration.log_odds(raw)
        groups = explain_groups(
            calibration.slope_at(raw) * network.attributions(features), log_odds
        )
        spectrum = spectrum_picture([each for _, each in looks])
        exhibits = (
            Exhibit("feature_groups", {"groups": groups}),
            Exhibit("spectrum", {"side": SIDE, "levels": spectrum}),
        )
        findings = (_finding(log_odds, groups),)
        return Answer(
            sigmoid(log_odds), findings, self.used, exhibits, raw_log_odds={STATISTICAL: raw}
        )


def _finding(log_odds: float, groups: list[dict[str, Any]]) -> Finding:
    side = side_of(log_odds)
    for_ai, against_ai = strongest_groups(groups)
    if not (for_ai or against_ai):
        return Finding("statistical.balanced", {"side": side}, STATISTICAL)
    params = {"side": side, "for_ai": for_ai, "against_ai": against_ai}
    return Finding("statistical.patterns", params, STATISTICAL)
