"""What the comparison finds in copies of known truth, in unrelated pictures and in scenes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, islice
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from scipy.stats import rankdata

from detector.comparison.features import Pixels
from detector.comparison.pairing import Pair, compare
from detector.inference.folders import Walk
from detector.inference.images import ImageError, open_image

from .truths import Truth, make_copy

# The sides of an original, in pixels: no larger than what leaves time for many of them.
LEAST_ORIGINAL, MOST_ORIGINAL = 600, 3000

Kind = Literal["copy", "retouched", "unrelated", "scene"]
COPIES: tuple[Kind, ...] = ("copy", "retouched")


@dataclass(frozen=True)
class Outcome:
    """One comparison: of a copy ("copy", "retouched"), or of two pictures ("unrelated", "scene").

    `crop_error` is the largest error of the four edges in pixels of the coarser picture,
    `auroc` that of the pixels of the overlap, `found` the share of the retouched pixels that a
    region holds, `regions` how many parts are called changed. None where it does not apply.
    """

    kind: Kind
    name: str
    relation: str
    inliers: int
    share: float
    turned_right: bool | None = None
    crop_error: float | None = None
    auroc: float | None = None
    found: float | None = None
    regions: int | None = None


def find_originals(folder: Path, count: int, seed: int) -> list[Path]:
    """At most `count` pictures of the folder that are large enough. Raises `ValueError`."""
    paths = sorted(folder / file.path for file in Walk(folder))
    order = np.random.default_rng(seed).permutation(len(paths))
    fitting = (paths[place] for place in order if load(paths[place]) is not None)
    kept = list(islice(fitting, count))
    if len(kept) < 2:
        raise ValueError(
            f"{folder} has {len(kept)} pictures with sides of {LEAST_ORIGINAL} to {MOST_ORIGINAL} "
            "pixels; at least 2 are needed."
        )
    return kept


def load(path: Path) -> Pixels | None:
    """The pixels of a picture; None if it cannot be opened or is too small or too large."""
    try:
        pixels = open_image(path).pixels
    except ImageError:
        return None
    fits = min(pixels.shape[:2]) >= LEAST_ORIGINAL and max(pixels.shape[:2]) <= MOST_ORIGINAL
    return pixels if fits else None


@dataclass(frozen=True)
class Task:
    """One comparison to carry out: of `first` with a copy of it, or with `second`."""

    kind: Kind
    first: Path
    second: Path | None = None
    number: int = 0

    @property
    def name(self) -> str:
        return self.first.name if self.second is None else f"{self.first.name} {self.second.name}"

    def run(self, seed: int) -> Outcome | None:
        """The outcome; None for a picture that cannot be retouched, a blank wall say."""
        if self.second is not None:
            pair = compare(open_image(self.first).pixels, open_image(self.second).pixels)
            share = pair.agreement.share
            return Outcome(self.kind, self.name, pair.relation, pair.inliers, share)
        retouched = self.kind == "retouched"
        original = open_image(self.first).pixels
        random = np.random.default_rng([seed, self.number, int(retouched)])
        try:
            truth = make_copy(original, random, retouched=retouched)
        except ValueError:
            return None
        return judge_copy(self.name, original, truth, retouched=retouched)


def plan(paths: list[Path], scenes: Path | None, seed: int) -> list[Task]:
    """A copy and a retouched copy of each picture, as many unrelated pairs, and all of the scenes.

    `scenes` is a folder of folders, each with different photographs of one scene.
    """
    tasks = [
        Task(kind, path, number=number) for number, path in enumerate(paths) for kind in COPIES
    ]
    random = np.random.default_rng([seed, 1])
    for _ in paths:
        first, second = random.choice(len(paths), 2, replace=False)
        tasks.append(Task("unrelated", paths[first], paths[second]))
    folders = sorted(each for each in scenes.iterdir() if each.is_dir()) if scenes else []
    for folder in folders:
        pairs = combinations(sorted(folder.iterdir()), 2)
        tasks += [Task("scene", first, second) for first, second in pairs]
    return tasks


def judge_copy(name: str, original: Pixels, truth: Truth, *, retouched: bool) -> Outcome:
    """What the comparison says of a copy, against the truth."""
    pair = compare(original, truth.pixels)
    found = _pixel_figures(pair, truth) if retouched and pair.frame is not None else (None, None)
    return Outcome(
        "retouched" if retouched else "copy",
        name,
        pair.relation,
        pair.inliers,
        pair.agreement.share,
        _turned_right(pair, truth),
        crop_error(pair, original, truth),
        *found,
        len(pair.regions) if pair.relation == "same" else None,
    )


def crop_error(pair: Pair, original: Pixels, truth: Truth) -> float | None:
    """The largest error of the four edges, in pixels of whichever picture is coarser."""
    if pair.geometry is None:
        return None
    left, top, right, bottom = truth.box
    height, width = original.shape[:2]
    expected = (left, top, width - right, height - bottom)
    found = (pair.geometry.left, pair.geometry.top, pair.geometry.right, pair.geometry.bottom)
    error = max(abs(a - b) for a, b in zip(expected, found, strict=True))
    return float(error * min(1.0, truth.scale))


def _turned_right(pair: Pair, truth: Truth) -> bool | None:
    if pair.geometry is None:
        return None
    miss = (pair.geometry.angle - 90 * truth.turns + 180) % 360 - 180
    return pair.geometry.mirrored == truth.mirrored and abs(miss) < 2


def _pixel_figures(pair: Pair, truth: Truth) -> tuple[float | None, float | None]:
    """The AUROC of the pixels, and the share of the retouched pixels that regions hold."""
    if pair.frame is None or pair.difference is None:
        return None, None
    inside = pair.frame.mask
    mask = cv2.warpPerspective(
        truth.mask.astype(np.uint8),
        pair.frame.to_frame,
        inside.shape[::-1],
        flags=cv2.INTER_NEAREST,
    )
    labels, scores = mask[inside] == 1, pair.difference.times[inside]
    if not 0 < labels.sum() < len(labels):
        return None, None  # the retouched part was cut off
    ranks = rankdata(scores)
    positives = int(labels.sum())
    pairs = positives * (len(labels) - positives)
    area = (ranks[labels].sum() - positives * (positives + 1) / 2) / pairs
    return float(area), float(pair.difference.changed[inside][labels].mean())
