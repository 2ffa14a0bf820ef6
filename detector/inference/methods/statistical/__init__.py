"""Method 2, statistical patterns: hand-made features into gradient-boosted trees.

The spatial rich model with an ensemble classifier (Fridrich & Kodovsky 2012) is the classic of
steganalysis; here the features are pooled over directions, joined with spectra and compression
statistics (see features.py), and weighed by histogram gradient boosting (Ke et al. 2017).

What it misses: everything that strong JPEG compression or down-scaling removes, and meaning.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from detector.inference.method import Answer
from detector.inference.methods.pixel_method import PixelMethod
from detector.inference.pixels.tiles import Pixels, cut_tiles
from detector.inference.results import Exhibit, Finding
from detector.inference.verdict.calibration import Calibration
from detector.inference.wording import ENGLISH, say

from .explanation import SIDE, explain_groups, spectrum_picture, strongest_groups
from .features import CROP, N_FEATURES, import_libraries, look_at
from .trees import BoostedTrees

MODEL = "trees.npz"
MAX_CROPS = 6
STATISTICAL = "statistical"


class Statistical(PixelMethod[BoostedTrees]):
    folders = (STATISTICAL,)
    used = say("method_used.statistical", {"count": N_FEATURES}, ENGLISH)

    def read_model(self, folder: Path) -> BoostedTrees:
        import_libraries()
        return BoostedTrees(folder / MODEL)

    def judge(
        self, models: dict[str, BoostedTrees], calibrations: dict[str, Calibration], pixels: Pixels
    ) -> Answer:
        crops = cut_tiles(pixels, CROP, MAX_CROPS)
        looks = self.runtime.map(look_at, crops)
        features, spectra = np.stack([each for each, _ in looks]), [each for _, each in looks]
        raw = float(models[STATISTICAL].log_odds(features).mean())
        calibration = calibrations[STATISTICAL]
        slope = calibration.slope_at(raw)
        groups = explain_groups(models[STATISTICAL], features, slope, calibration.intercept)
        score = calibration.score(raw)
        exhibits = (
            Exhibit("feature_groups", {"groups": groups}),
            Exhibit("spectrum", {"side": SIDE, "levels": spectrum_picture(spectra)}),
        )
        findings = (_finding(score, groups),)
        return Answer(score, findings, self.used, exhibits, raw_log_odds={STATISTICAL: raw})


def _finding(score: float, groups: list[dict[str, Any]]) -> Finding:
    side = "ai" if score >= 0.5 else "real"
    for_ai, against_ai = strongest_groups(groups)
    if not (for_ai or against_ai):
        return Finding("statistical.balanced", {"side": side}, STATISTICAL)
    params = {"side": side, "for_ai": for_ai, "against_ai": against_ai}
    return Finding("statistical.patterns", params, STATISTICAL)
