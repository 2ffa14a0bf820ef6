"""Method 1, deep learning: ArtifactCNN over native-resolution tiles.

The network (networks/artifact_cnn.py) reads noise residuals, where generators and up-sampling leave
traces (Marra et al. 2019, "Do GANs leave artificial fingerprints?"). Tiles are judged one by one
and their log-odds averaged, so that no picture is rescaled before it is looked at.

What it misses: generators unlike those in training, and what strong compression has removed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from detector.inference.runtime import Network
from detector.inference.tile_method import TileMethod
from detector.inference.tiles import Pixels, cut_tiles

TILE = 256
MAX_TILES = 9


class DeepLearning(TileMethod[Network]):
    folder_name = "artifact_cnn"
    used = "ArtifactCNN on 256-pixel tiles"

    def read_model(self) -> Network:
        return Network(self.folder / "openvino_model.xml", self.runtime)

    def tile_logits(self, model: Network, pixels: Pixels) -> npt.NDArray[np.floating]:
        tiles = cut_tiles(pixels, TILE, MAX_TILES).transpose(0, 3, 1, 2)
        return model(tiles.astype(np.float32))

    def sentence(self, scores: npt.NDArray[np.floating], score: float) -> str:
        many = f"{(scores >= 0.5).sum()} of {len(scores)} tiles"
        return f"{many} look more like generated pictures than like camera pictures."
