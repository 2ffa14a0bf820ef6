"""Fits method 2: features of augmented crops into histogram gradient boosting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier

from detector.inference.methods.statistical import MODEL
from detector.inference.methods.statistical.features import CROP, extract_features
from detector.training.corpus.labelled import balanced_weights
from detector.training.pictures.augment import Augmentation
from detector.training.pictures.preparation import Preparation, Progress
from detector.training.pictures.regions import JoinedRegions

from .export import describe, start_metrics, write_folder

# The fields that are read from a node of scikit-learn's trees.
NODE_FIELDS = ("feature_idx", "num_threshold", "left", "right", "value", "depth", "is_leaf")


def fit_and_write(
    preparation: Preparation,
    folder: Path,
    *,
    crops: int,
    seed: int,
    workers: int,
    progress: Progress,
) -> None:
    """Extract features of `crops` crops a picture, fit, and write the weights folder."""
    regions, learn = preparation.regions, preparation.learn
    stream = build_features(regions, learn, crops=crops, seed=seed, workers=workers)
    bar = progress(stream, total=len(learn), desc="Features", unit="picture")
    features = np.concatenate(list(bar))
    pictures = preparation.learnt
    labels = np.repeat([p.label for p in pictures], crops)
    model = fit(features, labels, np.repeat(balanced_weights(pictures), crops), seed)

    def write(draft: Path) -> None:
        np.savez_compressed(draft / MODEL, allow_pickle=False, **tree_arrays(model))
        training = describe(preparation, {"crops": crops, "seed": seed})
        start_metrics(draft, folder.name, training)

    write_folder(folder, write)


def build_features(
    regions: JoinedRegions, indices: np.ndarray, *, crops: int, seed: int, workers: int
) -> Iterator[np.ndarray]:
    """Features of augmented crops, shape (crops, 885) for each picture of `indices` in turn."""
    with ProcessPoolExecutor(workers, initializer=_open, initargs=(regions,)) as pool:
        jobs = [(int(i), crops, seed) for i in indices]
        yield from pool.map(_features_of, jobs, chunksize=16)


_regions: JoinedRegions


def _open(regions: JoinedRegions) -> None:
    global _regions
    _regions = regions


def _features_of(job: tuple[int, int, int]) -> np.ndarray:
    index, crops, seed = job
    rng = np.random.default_rng((seed, index))
    augmentation = Augmentation()
    count = _regions.count(index)
    cut = (
        augmentation.random_crop(_regions.get(index, j % count), CROP, rng) for j in range(crops)
    )
    return np.stack([extract_features(crop) for crop in cut])


def fit(
    features: np.ndarray, labels: np.ndarray, weights: np.ndarray, seed: int = 0
) -> HistGradientBoostingClassifier:
    """Boosted trees over features (n, 885), labels (n,) 1 = AI and sample weights (n,)."""
    model = HistGradientBoostingClassifier(
        max_iter=500,
        learning_rate=0.06,
        max_leaf_nodes=24,
        min_samples_leaf=40,
        l2_regularization=1.0,
        max_features=0.25,
        random_state=seed,
    )
    # The boosting's regularisation counts samples, so the weights must average 1.
    return model.fit(features, labels, sample_weight=weights / weights.mean())


def tree_arrays(model: HistGradientBoostingClassifier) -> dict[str, np.ndarray]:
    """The fitted trees as the arrays that `BoostedTrees` reads, padded to the largest tree.

    The features hold no missing values, so the side that those would take is not kept.
    """
    trees, baseline = fitted_trees(model)
    size = max(len(nodes) for nodes in trees)

    def padded(values: Iterable[np.ndarray], dtype: type) -> np.ndarray:
        return np.stack([np.pad(v, (0, size - len(v))) for v in values]).astype(dtype)

    own = [np.arange(len(nodes)) for nodes in trees]
    return {
        "feature": padded((nodes["feature_idx"] for nodes in trees), np.int32),
        "threshold": padded((nodes["num_threshold"] for nodes in trees), np.float64),
        "left": padded(map(_children("left"), trees, own), np.int32),
        "right": padded(map(_children("right"), trees, own), np.int32),
        "value": padded((_values(nodes, model.learning_rate) for nodes in trees), np.float64),
        "baseline": np.asarray(baseline, np.float64),
        "depth": np.asarray(max(nodes["depth"].max() for nodes in trees), np.int32),
    }


def fitted_trees(model: HistGradientBoostingClassifier) -> tuple[list[np.ndarray], float]:
    """The nodes of each tree, in the order of boosting, and the log-odds to which they add.

    scikit-learn has no public way to them (its trees can only be pickled or asked), so this is the
    one place that reads its private attributes. Raises `RuntimeError` where they are not what they
    were in the version that is pinned.
    """
    try:
        trees = [predictor.nodes for (predictor,) in model._predictors]
        baseline = float(model._baseline_prediction.item())
    except (AttributeError, TypeError, ValueError) as error:
        raise RuntimeError(_changed(str(error))) from error
    if not trees or any(not set(NODE_FIELDS) <= set(nodes.dtype.names or ()) for nodes in trees):
        raise RuntimeError(_changed(f"its nodes need {', '.join(NODE_FIELDS)}"))
    return trees, baseline


def _changed(reason: str) -> str:
    return f"scikit-learn {sklearn.__version__} keeps its trees in another way: {reason}"


def _children(side: str) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """For each node its child on one side; a leaf is its own child."""
    return lambda nodes, own: np.where(nodes["is_leaf"], own, nodes[side])


def _values(nodes: np.ndarray, learning_rate: float) -> np.ndarray:
    """The amount that each node adds to the log-odds: scikit-learn shrinks the leaves only."""
    return np.where(nodes["is_leaf"], nodes["value"], nodes["value"] * learning_rate)
