"""Learns to tell kinds of pictures: a linear probe over the features of a network that ships.

The network is not trained. What is chosen here, the regularisation and the confidence below which
a kind is called unknown, is chosen out of fold, with all pictures of a source in one fold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from scipy.linalg import eigh
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from detector.accuracy.conditions import CLEAN, HALF_SIZE_JPEG_70
from detector.inference.images import ImageError, open_image
from detector.inference.methods.deep_learning import LOOKS, look
from detector.inference.pixels.abstention import reason_to_abstain
from detector.inference.pixels.kind import KINDS, KindProbe
from detector.inference.runtime import Network
from detector.training.corpus.kinds import OF_CORPUS
from detector.training.corpus.labelled import Picture, cap_sources, fingerprint
from detector.training.pictures.augment import CONDITIONS
from detector.training.pictures.preparation import Progress

from .views import write_arrays

NETWORK = "efficientnet_whole"
# Features are read from the picture itself, and from a copy as it is after it was shared.
VARIANTS = (CLEAN, HALF_SIZE_JPEG_70)
FOLDS = 5
COMPONENTS = 256
STRENGTHS = (3e-4, 1e-3, 3e-3, 1e-2)
# Share of the pictures named so that shall be right, where the confidence of a kind is chosen, and
# how many of them it takes to choose one; the confidence of a kind that is not to be named.
WANTED, NEEDED, NEVER = 0.9, 25, 1.0


@dataclass(frozen=True)
class Sample:
    """Pictures with kinds (n,), indices into KINDS, and features (n, len(VARIANTS), f)."""

    pictures: list[Picture]
    kinds: np.ndarray
    features: np.ndarray

    def of(self, indices: np.ndarray) -> Sample:
        """The part with these indices."""
        pictures = [self.pictures[i] for i in indices]
        return Sample(pictures, self.kinds[indices], self.features[indices])

    @property
    def sources(self) -> np.ndarray:
        return np.array([picture.source for picture in self.pictures])


def choose_pictures(
    pictures: Sequence[Picture], split: str, relabel: dict[str, str], limit: int, seed: int
) -> list[tuple[Picture, str]]:
    """The pictures of a split with kinds; about `limit` of each kind, spread over its sources.

    `relabel` gives the kind of sources whose own is wrong.
    """
    by_kind: dict[str, list[Picture]] = {kind: [] for kind in KINDS}
    for picture in pictures:
        kind = relabel.get(picture.source) or OF_CORPUS.get(picture.kind)
        if picture.split == split and kind:
            by_kind[kind].append(picture)
    return [
        (picture, kind) for kind, own in by_kind.items() for picture in _spread(own, limit, seed)
    ]


def _spread(pictures: Sequence[Picture], limit: int, seed: int) -> list[Picture]:
    """About `limit` of the pictures, with the same limit for each source, at least one."""
    sizes = np.array(list(Counter((p.source, p.label) for p in pictures).values()))
    limits = [n for n in range(1, limit + 1) if np.minimum(sizes, n).sum() <= limit]
    return cap_sources(pictures, max(limits, default=1), seed) if pictures else []


def read_sample(
    network: Network,
    state: str,
    choices: Sequence[tuple[Picture, str]],
    cache: Path,
    *,
    workers: int,
    progress: Progress,
) -> Sample:
    """Features of the pictures that can be read, as serving reads them.

    They are kept in `cache`, apart for each network, of which `state` is a digest.
    """
    pictures = [picture for picture, _ in choices]
    file = cache / "kind" / f"{fingerprint(pictures)}-{state[:8]}.npz"
    if not file.exists():
        with ThreadPoolExecutor(workers) as pool:
            rows = pool.map(partial(_features, network), pictures)
            bar = progress(rows, total=len(pictures), desc="Features", unit="picture")
            features = _stack(list(bar))
        write_arrays(file, {"features": features})
    with np.load(file) as arrays:
        features = arrays["features"]
    kinds = np.array([KINDS.index(kind) for _, kind in choices])
    read = np.flatnonzero(np.isfinite(features).all((1, 2)))
    return Sample([pictures[i] for i in read], kinds[read], features[read])


def _features(network: Network, picture: Picture) -> np.ndarray | None:
    """(len(VARIANTS), f) of a picture; None where serving would say nothing."""
    try:
        image = open_image(picture.path)
    except ImageError:
        return None
    if reason_to_abstain(image):
        return None
    variants = (CONDITIONS[name](image.pixels) for name in VARIANTS)
    rows = [look(network, LOOKS[NETWORK], pixels).features for pixels in variants]
    return np.stack([features for features in rows if features is not None]).astype(np.float32)


def _stack(rows: Sequence[np.ndarray | None]) -> np.ndarray:
    """(n, len(VARIANTS), f), NaN for None. Raises `ValueError` if all are None."""
    if all(row is None for row in rows):
        raise ValueError("None of the pictures can be read.")
    nothing = np.full_like(next(row for row in rows if row is not None), np.nan)
    return np.stack([nothing if row is None else row for row in rows])


def weigh(sample: Sample) -> np.ndarray:
    """Weights (n,) with mean 1: each source of each kind alike.

    So a kind that many sources have is expected more often, as it is among what people upload.
    """
    groups = [f"{kind}:{source}" for kind, source in zip(sample.kinds, sample.sources, strict=True)]
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    weights = 1 / sizes[group]
    return np.asarray(weights / weights.mean())


@dataclass(frozen=True)
class Basis:
    """Features less `mean` (f,) times `directions` (f, d): principal components, standardised."""

    mean: np.ndarray
    directions: np.ndarray


def find_basis(sample: Sample) -> Basis:
    """The leading components of the standardised features: as telling, and quicker to learn on."""
    features = flat(sample.features)
    mean, scale = features.mean(0), features.std(0) + 1e-6
    standard = (features - mean) / scale
    size = standard.shape[1]
    span = max(size - COMPONENTS, 0), size - 1
    _, vectors = eigh(standard.T @ standard / len(standard), subset_by_index=span)
    return Basis(mean, vectors / scale[:, None])


def fit(sample: Sample, strength: float, basis: Basis) -> KindProbe:
    """Logistic regression on the basis, which is folded into the numbers of the probe."""
    features = (flat(sample.features) - basis.mean) @ basis.directions
    kinds, weights = (np.repeat(x, sample.features.shape[1]) for x in (sample.kinds, weigh(sample)))
    model = LogisticRegression(C=strength, max_iter=200, tol=1e-3)
    model.fit(features, kinds, sample_weight=weights)
    coefficients, intercept = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn has one row for both
        coefficients, intercept = (np.stack([-x[0], x[0]]) / 2 for x in (coefficients, intercept))
    weight = coefficients @ basis.directions.T
    names = tuple(KINDS[kind] for kind in model.classes_)
    return KindProbe(names, weight, intercept - weight @ basis.mean, (), NETWORK)


def out_of_fold(sample: Sample, seed: int) -> dict[float, np.ndarray]:
    """For each of STRENGTHS probabilities (n, len(VARIANTS), len(KINDS)), by probes that have not
    seen the source.
    """
    answers = {s: np.zeros((*sample.features.shape[:2], len(KINDS))) for s in STRENGTHS}
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for learn, test in folds.split(sample.features, sample.kinds, sample.sources):
        part = sample.of(learn)
        basis = find_basis(part)
        for strength, chances in answers.items():
            chances[test] = chances_of(fit(part, strength, basis), sample.features[test])
    return answers


def flat(features: np.ndarray) -> np.ndarray:
    """Features (..., f) as (n, f), in double precision."""
    return features.reshape(-1, features.shape[-1]).astype(np.float64)


def chances_of(probe: KindProbe, features: np.ndarray) -> np.ndarray:
    """Probabilities of KINDS (..., len(KINDS)) for features (..., f)."""
    chances = np.zeros((int(np.prod(features.shape[:-1])), len(KINDS)))
    chances[:, [KINDS.index(kind) for kind in probe.kinds]] = probe.probabilities(flat(features))
    return chances.reshape(*features.shape[:-1], len(KINDS))
