"""Method 1, deep learning: two networks examine tiles and the picture as a whole.

Both are EfficientNets (networks/efficientnet.py). One looks at native-resolution tiles, at texture
and fine structure, where generators and up-sampling leave traces (Marra et al. 2019, "Do GANs leave
artificial fingerprints?"); the other at the whole picture scaled down, at content, light and
composition, which compression leaves alone. A head reads the features of both together
(neural_head.py). All three are calibrated, and their log-odds add up (stacking, Wolpert 1992).

What it misses: generators unlike those in training; pictures of a kind that it has not met.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from detector.inference.method import Answer
from detector.inference.numbers import side_of, sigmoid
from detector.inference.pixels.heat_map import Box, grid_of, paint, show_heat
from detector.inference.pixels.tiles import (
    Pixels,
    cut_tiles,
    scale_to,
    strip_positions,
    tile_positions,
)
from detector.inference.results import Finding
from detector.inference.runtime import Network
from detector.inference.verdict.calibration import Calibration
from detector.inference.wording import ENGLISH, say

from .neural_head import NeuralHead, read_head
from .pixel_method import PixelMethod

TILE = 256
MAX_TILES = 9
VIEW_SIDE = 224
MAX_VIEWS = 3

Maps = npt.NDArray[np.float64]


def look_at_tiles(pixels: Pixels) -> tuple[Pixels, list[Box]]:
    """Native-resolution tiles (n, 256, 256, 3), and their places in the picture."""
    height, width = (max(side, TILE) for side in pixels.shape[:2])
    places = tile_positions(height, width, TILE, MAX_TILES)
    return cut_tiles(pixels, TILE, MAX_TILES), _boxes(places, TILE, *pixels.shape[:2])


def look_at_whole(pixels: Pixels) -> tuple[Pixels, list[Box]]:
    """Squares (n, 224, 224, 3) of the whole picture scaled down, and their places."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    places = strip_positions(height, width, side, MAX_VIEWS)
    # Cut first: of a long strip, little is looked at, and all of it enlarged would fill the memory.
    squares = (pixels[top : top + side, left : left + side] for top, left in places)
    views = np.stack([scale_to(square, VIEW_SIDE) for square in squares])
    return views, _boxes(places, side, height, width)


def _boxes(places: list[tuple[int, int]], size: int, height: int, width: int) -> list[Box]:
    return [Box(top / height, left / width, size / height, size / width) for top, left in places]


LOOKS: dict[str, Callable[[Pixels], tuple[Pixels, list[Box]]]] = {
    "efficientnet_tiles": look_at_tiles,
    "efficientnet_whole": look_at_whole,
}
JOINT = "efficientnet_joint"
# The height and width of the squares that they cut.
SIDES = {"efficientnet_tiles": TILE, "efficientnet_whole": VIEW_SIDE}


class DeepLearning(PixelMethod[Network | NeuralHead]):
    folders = (*LOOKS, JOINT)
    used = say("method_used.deep_learning", {}, ENGLISH)

    def read_model(self, folder: Path) -> Network | NeuralHead:
        if folder.name == JOINT:
            return read_head(folder, LOOKS)
        return Network(folder / "openvino_model.xml", self.runtime, SIDES[folder.name])

    def read_models(self) -> dict[str, Network | NeuralHead]:
        models = super().read_models()
        given = sum(models[name].feature_count for name in LOOKS)
        if (wanted := models[JOINT].feature_count) != given:
            raise ValueError(f"{JOINT} reads {wanted} features, but its networks give {given}")
        return models

    def judge(
        self,
        models: dict[str, Network | NeuralHead],
        calibrations: dict[str, Calibration],
        pixels: Pixels,
    ) -> Answer:
        evidence = {
            name: look(model, LOOKS[name], pixels)
            for name, model in models.items()
            if not isinstance(model, NeuralHead)
        }
        raw = {name: float(answer.maps.mean()) for name, answer in evidence.items()}
        raw |= {
            name: _ask_head(model, evidence)
            for name, model in models.items()
            if isinstance(model, NeuralHead)
        }
        log_odds = {name: calibrations[name].log_odds(value) for name, value in raw.items()}
        # With the slope of the picture as a whole: contrasts add up, and the cells' mean stays.
        slopes = {name: calibrations[name].slope_at(value) for name, value in raw.items()}
        heat = sum(log_odds.values()) + _contrast(models, evidence, slopes, pixels.shape[:2])
        score = sigmoid(sum(log_odds.values()))
        return Answer(
            score,
            (_finding(log_odds),),
            self.used,
            (show_heat(heat),),
            raw_log_odds=raw,
            features={
                name: answer.features for name, answer in evidence.items() if answer.features.size
            },
        )


@dataclass(frozen=True)
class NetworkAnswer:
    """Maps of raw log-odds (n, h, w), one for each part that a network looked at, and the parts.

    `feature_maps` (n, f, h, w) are what the network's last layer reads at each place; f is 0 where
    the network does not give them.
    """

    maps: Maps
    boxes: list[Box]
    feature_maps: Maps

    @property
    def features(self) -> Maps:
        """The features (f,), their mean over all places of all parts."""
        return np.asarray(self.feature_maps.mean((0, 2, 3)))


def look(
    model: Network, cut: Callable[[Pixels], tuple[Pixels, list[Box]]], pixels: Pixels
) -> NetworkAnswer:
    """The answer of a network about the parts of a picture that `cut` returns."""
    parts, boxes = cut(pixels)
    maps, *extra = model.outputs(parts.transpose(0, 3, 1, 2).astype(np.float32))
    feature_maps = extra[0] if extra else np.empty((len(maps), 0, *maps.shape[1:]))
    return NetworkAnswer(maps.astype(np.float64), boxes, feature_maps.astype(np.float64))


def _ask_head(head: NeuralHead, evidence: dict[str, NetworkAnswer]) -> float:
    features = np.concatenate([evidence[name].features for name in LOOKS])
    return float(head.log_odds(features[None])[0])


def _contrast(
    models: dict[str, Network | NeuralHead],
    evidence: dict[str, NetworkAnswer],
    slopes: dict[str, float],
    size: tuple[int, ...],
) -> Maps:
    """By how much the log-odds of each cell differ from those of the picture of this size."""
    maps = {name: slopes[name] * each.maps for name, each in evidence.items()}
    for name, model in models.items():
        if isinstance(model, NeuralHead):
            for network, part in _places(model, evidence).items():
                maps[network] = maps[network] + slopes[name] * part
    grid = grid_of(*size)
    painted = [_paint_contrast(grid, maps[name], each.boxes) for name, each in evidence.items()]
    return np.asarray(np.sum(painted, 0))


def _paint_contrast(grid: tuple[int, int], maps: Maps, boxes: list[Box]) -> Maps:
    """The maps on the grid, less their mean over the cells that they cover; 0 in all others."""
    painted = paint(grid, maps, boxes, elsewhere=np.nan)
    covered = np.isfinite(painted)
    mean = painted[covered].mean() if covered.any() else 0.0
    return np.where(covered, painted - mean, 0.0)


def _places(head: NeuralHead, evidence: dict[str, NetworkAnswer]) -> dict[str, Maps]:
    """What each place of each network's maps (n, h, w) adds to the log-odds of the head.

    The first order of the head around the features of the picture, as in Grad-CAM (Selvaraju et
    al. 2017), but for a number that is the same at all places of a network.
    """
    features = [evidence[name].features for name in LOOKS]
    (slopes,) = head.slopes(np.concatenate(features)[None])
    ends = np.cumsum([len(each) for each in features])[:-1]
    added = {}
    for name, slope in zip(LOOKS, np.split(slopes, ends), strict=True):
        added[name] = np.einsum("nfhw,f->nhw", evidence[name].feature_maps, slope, optimize=True)
    return added


def _finding(log_odds: dict[str, float]) -> Finding:
    structure, whole = (side_of(log_odds[name]) for name in LOOKS)
    together = side_of(sum(log_odds.values()))
    if structure != whole:
        sides = {"structure": structure, "whole": whole}
        return Finding("deep_learning.differ", sides, "deep_learning")
    if together != whole:
        return Finding(
            "deep_learning.outvoted", {"side": whole, "together": together}, "deep_learning"
        )
    return Finding("deep_learning.agree", {"side": whole}, "deep_learning")
