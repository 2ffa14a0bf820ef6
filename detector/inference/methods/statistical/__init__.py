"""Method 2, statistical patterns: hand-made features into gradient-boosted trees.

The spatial rich model with an ensemble classifier (Fridrich & Kodovsky 2012) is the classic of
steganalysis; here the features are pooled over directions, joined with spectra and compression
statistics (see features.py), and weighed by histogram gradient boosting (Ke et al. 2017).

What it misses: everything that strong JPEG compression or down-scaling removes, and meaning.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from detector.inference.tile_method import TileMethod
from detector.inference.tiles import Pixels, cut_tiles

from .features import CROP, extract_features
from .trees import BoostedTrees

MODEL = "trees.npz"
MAX_CROPS = 6


class Statistical(TileMethod[BoostedTrees]):
    folder_name = "statistical"
    used = "885 statistics, boosted trees"

    def read_model(self) -> BoostedTrees:
        return BoostedTrees(self.folder / MODEL)

    def tile_logits(self, model: BoostedTrees, pixels: Pixels) -> npt.NDArray[np.floating]:
        features = [extract_features(crop) for crop in cut_tiles(pixels, CROP, MAX_CROPS)]
        return model.log_odds(np.stack(features))

    def sentence(self, scores: npt.NDArray[np.floating], score: float) -> str:
        side = "generated pictures" if score >= 0.5 else "camera pictures"
        return f"Noise, spectrum and compression statistics are more like those of {side}."
