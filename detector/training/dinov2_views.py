"""Features of pictures under the frozen DINOv2, computed once and kept.

Every picture is degraded a few times at random, and once by each fixed condition; of each result
the whole (its middle square, scaled to 224 pixels) and native crops are looked at. Resumable: one
file a picture stays. Pictures come in turn from all sources, so that whatever is done when time is
up is balanced.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from detector.inference.images import ImageError, open_image
from detector.inference.tiles import Pixels, mirror_to, scale_to, whole_and_crops

from .augment import ALIKE, random_cut
from .corpus import Picture
from .degradation import AS_LARGE, WEB

SIDE = 224
DRAWS = 1  # random degradations a picture
REGION = 640  # side of what is degraded for a native crop, in pixels
CROPS = 2  # native crops under each fixed condition
Features = npt.NDArray[np.float16]


def whole_view(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A random square of the picture, of 3/4 of its short side and up, at 224 x 224."""
    short = min(pixels.shape[:2])
    side = int(rng.integers(max(short * 3 // 4, 1), short + 1))
    top, left = (int(rng.integers(length - side + 1)) for length in pixels.shape[:2])
    return scale_to(pixels[top : top + side, left : left + side], SIDE)


def native_crop(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A random 224 x 224 cut at the picture's own resolution, mirrored where it is smaller."""
    return random_cut(mirror_to(pixels, SIDE), SIDE, rng)


def random_views(pixels: Pixels, rng: np.random.Generator) -> list[Pixels]:
    """Whole and native crop, each of a degraded copy of its own, DRAWS times, in turn.

    The crop is of a region that mostly keeps its resolution: large pictures are posted as well.
    """
    views = []
    for _ in range(DRAWS):
        views.append(whole_view(WEB(pixels, rng), rng))
        views.append(native_crop(AS_LARGE(random_cut(pixels, REGION, rng), rng), rng))
    return views


def fixed_views(pixels: Pixels) -> list[Pixels]:
    """Under each condition of ALIKE, in turn, what serving looks at: the whole, and native crops.

    A picture too small for CROPS crops shows the first one again.
    """
    views: list[Pixels] = []
    for change in ALIKE.values():
        whole, *crops = whole_and_crops(change(pixels), SIDE, CROPS)
        views += [whole, *(crops * CROPS)[:CROPS]]
    return views


def in_turn(pictures: Sequence[Picture], most: int) -> list[Picture]:
    """The first picture of every source and class, then the second of each, up to `most`."""
    seen: Counter[tuple[str, int]] = Counter()
    ranks = np.empty(len(pictures), np.intp)
    for index, picture in enumerate(pictures):
        ranks[index] = seen[picture.source, picture.label]
        seen[picture.source, picture.label] += 1
    order = np.argsort(ranks, kind="stable")
    return [pictures[index] for index in order[: int((ranks < most).sum())]]


def extract(
    pictures: Iterable[Picture],
    folder: Path,
    views: Callable[[Pixels, np.random.Generator], list[Pixels]],
    features: Callable[[Pixels], Features],
) -> Iterator[Path]:
    """Write the features (views, parts, hidden) of every picture that has none yet.

    Yields the file of each picture, in order. A picture that cannot be read gets an empty array.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        path = folder / f"{picture.path.stem}.npy"
        if not path.exists():
            rng = np.random.default_rng(list(picture.path.stem.encode()))
            _write(path, _features(picture.path, rng, views, features))
        yield path


def _features(
    path: Path,
    rng: np.random.Generator,
    views: Callable[[Pixels, np.random.Generator], list[Pixels]],
    features: Callable[[Pixels], Features],
) -> Features:
    try:
        return features(np.stack(views(open_image(path).pixels, rng)))
    except (ImageError, cv2.error):
        return np.empty((0,), np.float16)


def _write(path: Path, array: Features) -> None:
    draft = path.with_suffix(".part")
    with draft.open("wb") as file:
        np.save(file, array)
    os.replace(draft, path)


def load_network(encoder: Path, threads: int = 0) -> Callable[[Pixels], Features]:
    """The frozen encoder in OpenVINO: RGB (n, 224, 224, 3), values 0..255 -> features.

    `threads` 0 leaves their number to OpenVINO. The arithmetic is the fastest of the machine.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type] # see runtime.py
    import openvino
    import torch
    from transformers import Dinov2Model

    from detector.networks.dinov2_detector import DEPTH, FromPixels, PooledTokens

    frozen = Dinov2Model.from_pretrained(encoder, num_hidden_layers=DEPTH).eval()
    network = FromPixels(PooledTokens(frozen))
    with torch.inference_mode():
        example = torch.zeros(2, SIDE, SIDE, 3, dtype=torch.uint8)
        model = openvino.convert_model(network, example_input=example, input=[-1, SIDE, SIDE, 3])
    settings = {"INFERENCE_NUM_THREADS": threads} if threads else {}
    compiled = openvino.Core().compile_model(model, "CPU", settings)

    def features(rgb: Pixels) -> Features:
        return np.asarray(compiled(rgb)[0]).astype(np.float16)

    return features
