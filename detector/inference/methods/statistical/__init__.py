"""Method 2, statistical patterns: hand-made features into gradient-boosted trees.

The spatial rich model with an ensemble classifier (Fridrich & Kodovsky 2012) is the classic of
steganalysis; here the features are pooled over directions, joined with spectra and compression
statistics (see features.py), and weighed by histogram gradient boosting (Ke et al. 2017).

What it misses: everything that strong JPEG compression or down-scaling removes, and meaning.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from detector.inference.method import Answer
from detector.inference.methods.pixel_method import PixelMethod
from detector.inference.pixels.tiles import Pixels, cut_tiles
from detector.inference.results import Finding
from detector.inference.verdict.calibration import Calibration

from .explanation import explain_groups, groups_sentence, spectrum_picture
from .features import CROP, N_FEATURES, extract_features
from .trees import BoostedTrees

MODEL = "trees.npz"
MAX_CROPS = 6
FOLDER = "statistical"


class Statistical(PixelMethod[BoostedTrees]):
    folders = (FOLDER,)
    used = f"{N_FEATURES} statistics, boosted trees"

    def read_model(self, folder: Path) -> BoostedTrees:
        return BoostedTrees(folder / MODEL)

    def judge(
        self, models: dict[str, BoostedTrees], calibrations: dict[str, Calibration], pixels: Pixels
    ) -> Answer:
        crops = cut_tiles(pixels, CROP, MAX_CROPS)
        features = np.stack([extract_features(crop) for crop in crops])
        raw = float(models[FOLDER].log_odds(features).mean())
        calibration = calibrations[FOLDER]
        slope = calibration.slope_at(raw)
        groups = explain_groups(models[FOLDER], features, slope, calibration.intercept)
        score = calibration.score(raw)
        side = "generated pictures" if score >= 0.5 else "camera pictures"
        said = (
            f"Noise, spectrum and compression statistics are more like those of {side}. "
            f"{groups_sentence(groups)}"
        )
        details = {
            "raw_log_odds": {FOLDER: raw},
            "groups": groups,
            "spectrum": spectrum_picture(crops),
        }
        return Answer(score, (Finding(said, kind=FOLDER),), self.used, details)
