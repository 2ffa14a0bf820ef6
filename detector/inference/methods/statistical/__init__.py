"""Method 2, statistical patterns: hand-made features into gradient-boosted trees.

The spatial rich model with an ensemble classifier (Fridrich & Kodovsky 2012) is the classic of
steganalysis; here the features are pooled over directions, joined with spectra and compression
statistics (see features.py), and weighed by histogram gradient boosting (Ke et al. 2017).

What it misses: everything that strong JPEG compression or down-scaling removes, and meaning.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import skops.io

from detector.inference.tile_method import TileMethod
from detector.inference.tiles import Pixels, cut_tiles

from .features import CROP, extract_features

MODEL = "model.skops"
MAX_CROPS = 6
# The types inside a fitted HistGradientBoostingClassifier that skops does not trust by itself.
# skops builds objects of these types only and runs nothing else that a file may name.
TRUSTED = [
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
]


class Statistical(TileMethod):
    folder_name = "statistical"
    used = "885 statistics, boosted trees"

    def load_weights(self) -> None:
        self.model: Any = skops.io.load(self.folder / MODEL, trusted=TRUSTED)

    def tile_logits(self, pixels: Pixels) -> npt.NDArray[np.floating]:
        features = [extract_features(crop) for crop in cut_tiles(pixels, CROP, MAX_CROPS)]
        logits: npt.NDArray[np.floating] = self.model.decision_function(np.stack(features))
        return logits

    def sentence(self, scores: npt.NDArray[np.floating], score: float) -> str:
        side = "generated pictures" if score >= 0.5 else "camera pictures"
        return f"Noise, spectrum and compression statistics are more like those of {side}."
