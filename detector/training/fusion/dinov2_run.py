"""Trains the DINOv2 detector, and calibrates it with methods 1 and 2 on the very same sources.

With `cross_fit` every source that method 1 has not learnt from teaches the detector, the last
layers and the joint head of method 1, and the network of method 2, and calibrates them as well: by
log-odds of classifiers that have not seen the source (cross-fitting, Chernozhukov et al. 2018). The
number of sources decides how well they do, and they are too few to be shared out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.model_selection import StratifiedGroupKFold

from detector.accuracy.conditions import CLEAN
from detector.inference.methods import statistical
from detector.inference.methods.deep_learning import JOINT, LOOKS
from detector.inference.methods.neural_head import NeuralHead
from detector.inference.methods.statistical import STATISTICAL, features
from detector.inference.pixels import conditions, tiles
from detector.inference.pixels.kind import network_state
from detector.inference.pixels.tiles import Pixels
from detector.inference.verdict.calibration import Calibration
from detector.inference.weights.folder import files_state, write_digests
from detector.training.corpus.labelled import Picture, balanced_weights, read_corpus
from detector.training.corpus.learnt_sources import known_to
from detector.training.figures.metrics import roc_auc, summarise
from detector.training.learning.cards import write_card
from detector.training.learning.dinov2 import (
    Fit,
    assemble,
    fit_classifier,
    load_features,
    out_of_fold_log_odds,
    write_model,
)
from detector.training.learning.efficientnet import give_features
from detector.training.learning.export import describe_pictures, write_json
from detector.training.learning.last_layer import (
    fit_layer,
    load_pooled_features,
    read_layer,
    replace_layer,
)
from detector.training.learning.neural_head import fit_head, write_head
from detector.training.learning.statistical import fit_statistics, measure
from detector.training.learning.views import (
    Arrays,
    View,
    compute_missing,
    read_computed,
    views_in_turn,
)
from detector.training.pictures import augment
from detector.training.pictures.preparation import Progress

from .calibration_run import FOLDERS
from .fit import (
    FOLDS,
    THRESHOLDS_CHOSEN_FOR,
    Logits,
    RawLogits,
    Truth,
    calibrate,
    choose_thresholds,
    describe_subset,
    fit_calibrations,
    subsets_of,
    take,
)
from .stacking import Stack, fit_stack

# How often the sources are shared out anew: one picture more or less moves a threshold.
REPEATS = 3
# Pictures of each source and class under a condition: more sources tell more than more pictures.
MOST = {"JPEG 95": 6, "half size + JPEG 70": 3, CLEAN: 2, "screenshot chain": 1}
# Every treatment changes the statistics of method 2, so its network meets more of them: one that
# had met JPEG and half size alone took screenshots of AI pictures for real ones, and one that had
# met no WebP took photographs in that format for the work of an AI.
MORE_OF_STATISTICS = {
    "screenshot chain": 2, "JPEG 70": 1, "JPEG 50": 1, "half size": 1, "same size": 1,
    "WebP 80": 1, "WebP 50": 1, "blur": 1,
}  # fmt: skip
FOLDER = "dinov2"


@dataclass(frozen=True)
class Plan:
    """Where the encoder is, where features are kept, and the seed of the folds."""

    encoder: Path
    cache: Path
    seed: int


@dataclass(frozen=True)
class Reader:
    """Features (f,) of pixels (h, w, 3), and a digest of the files that decide on them.

    What one reader has computed and kept is not taken for that of another.
    """

    read: Callable[[Pixels], np.ndarray]
    state: str


@dataclass(frozen=True)
class Sample:
    """Views with their labels and sources, and by name what was computed of each.

    `most` is the number of pictures of each source and class under each condition.
    """

    views: list[View]
    labels: np.ndarray
    sources: np.ndarray
    arrays: Arrays
    most: dict[str, int]

    def take(self, rows: np.ndarray) -> Sample:
        """The views of these rows alone (a mask)."""
        views = [view for view, wanted in zip(self.views, rows, strict=True) if wanted]
        arrays = {name: values[rows] for name, values in self.arrays.items()}
        return Sample(views, self.labels[rows], self.sources[rows], arrays, self.most)

    def known(self) -> Truth:
        """What calibration and fusion need to know of the views."""
        weights = balanced_weights([view.picture for view in self.views])
        return Truth(self.labels, weights, self.sources)

    def alike(self) -> np.ndarray:
        """Which views are re-encoded, both classes alike: a mask (n,)."""
        return np.array([view.condition != CLEAN for view in self.views])


def train_and_write(
    pictures: Sequence[Picture], output: Path, plan: Plan, progress: Progress
) -> None:
    """Learn from the pictures and write the weights folder. Calibrate it with train_fusion.

    Raises `OSError` without an encoder, `ValueError` without pictures of both classes.
    """
    sample = look_at(pictures, plan, {FOLDER: _read_encoder(plan.encoder)}, progress)
    _write_model(sample, output, plan)


def train_and_calibrate(
    pictures: Sequence[Picture], output: Path, plan: Plan, progress: Progress
) -> dict[str, Any]:
    """Learn from the pictures, calibrate on them out of fold, write all; returns fused figures.

    `output` holds the networks of method 1, which must not have learnt from their sources; their
    last layers, their joint head and the network of method 2 are fitted anew. Raises as
    `train_and_write`, and as `read_layer`.
    """
    layers = {name: read_layer(output / name) for name in LOOKS}
    readers = {FOLDER: _read_encoder(plan.encoder)}
    readers |= {
        name: Reader(load_pooled_features(output / name), network_state(output / name))
        for name in layers
    }
    sample = look_at(pictures, plan, readers, progress)
    measured = {STATISTICAL: Reader(measure, _code_state(statistical, features, tiles))}
    statistics = look_at(pictures, plan, measured, progress, MOST | MORE_OF_STATISTICS)
    sample = _both_have(sample, statistics)
    folds = [_folds(sample, plan.seed + repeat) for repeat in range(REPEATS)]
    fits = {name: partial(fit_layer, before=layer) for name, layer in layers.items()}
    raw = {name: _unseen(sample, name, fit, folds) for name, fit in fits.items()}
    raw[FOLDER] = _unseen(sample, FOLDER, fit_classifier, folds)
    sample, fit_joint = _join(sample)
    raw[JOINT] = _unseen(sample, JOINT, fit_joint, folds)
    raw[STATISTICAL] = _unseen_by_more(statistics, sample, folds)
    _write_model(sample, output, plan)
    for name, fit in fits.items():
        layer = fit(sample.arrays[name], sample.labels, sample.sources)
        replace_layer(output / name, layer, _describe(sample, plan))
        give_features(output / name)
    _write_head(sample, JOINT, fit_joint, list(LOOKS), output, plan)
    _write_head(statistics, STATISTICAL, fit_statistics, [], output, plan)
    return write_fusion(raw, sample, output, folds[0])


def _read_encoder(encoder: Path) -> Reader:
    files = (file for file in encoder.iterdir() if file.is_file())
    return Reader(load_features(encoder), files_state(files))


def _code_state(*modules: ModuleType) -> str:
    return files_state(Path(str(module.__file__)) for module in modules)


def _join(sample: Sample) -> tuple[Sample, Callable[..., NeuralHead]]:
    """The sample with the features of both EfficientNets side by side, and what fits their head."""
    parts = [sample.arrays[name] for name in LOOKS]
    joined = sample.arrays | {JOINT: np.concatenate(parts, 1)}
    fit = partial(fit_head, sizes=[part.shape[1] for part in parts])
    return replace(sample, arrays=joined), fit


def _unseen(
    sample: Sample,
    name: str,
    fit: Fit,
    repeats: Sequence[Sequence[tuple[np.ndarray, np.ndarray]]],
) -> np.ndarray:
    """Raw log-odds (n,) by fits that have not seen the picture's source, the mean over repeats."""
    inputs, labels, sources = sample.arrays[name], sample.labels, sample.sources
    unseen = [out_of_fold_log_odds(fit, inputs, labels, sources, folds) for folds in repeats]
    return np.asarray(np.mean(unseen, 0))


def _both_have(sample: Sample, statistics: Sample) -> Sample:
    """The views of `sample` whose statistics are there, too: a picture may be read once only."""
    known = set(statistics.views)
    return sample.take(np.array([view in known for view in sample.views]))


def _unseen_by_more(
    statistics: Sample,
    sample: Sample,
    repeats: Sequence[Sequence[tuple[np.ndarray, np.ndarray]]],
) -> np.ndarray:
    """Raw log-odds (n,) of method 2 for the views of `sample`, which `statistics` has and more.

    As `_unseen`: each fit learns from all views of the sources that it has seen.
    """
    places = {view: place for place, view in enumerate(statistics.views)}
    at = np.array([places[view] for view in sample.views])
    inputs, unseen = statistics.arrays[STATISTICAL], np.zeros((len(repeats), len(at)))
    for log_odds, folds in zip(unseen, repeats, strict=True):
        for seen, held in folds:
            taught = statistics.take(np.isin(statistics.sources, sample.sources[seen]))
            fitted = fit_statistics(taught.arrays[STATISTICAL], taught.labels, taught.sources)
            log_odds[held] = fitted.log_odds(inputs[at[held]])
    return np.asarray(unseen.mean(0))


def _write_head(
    sample: Sample,
    name: str,
    fit: Callable[..., NeuralHead],
    networks: Sequence[str],
    output: Path,
    plan: Plan,
) -> None:
    head = fit(sample.arrays[name], sample.labels, sample.sources)
    write_head(head, output / name, networks, _describe(sample, plan))


def unlearnt(pictures: Sequence[Picture], output: Path) -> list[Picture]:
    """The pictures of whose sources no network of method 1 in `output` has learnt."""
    learnt = {source for name in LOOKS for source in known_to(output / name, pictures)}
    return [picture for picture in pictures if picture.source not in learnt]


def pictures_of(data: Path, more: Sequence[Path], splits: Sequence[str]) -> list[Picture]:
    """The pictures of these splits of all corpora. Raises `FileNotFoundError` if there are none."""
    found = [picture for folder in (data, *more) for picture in read_corpus(folder)]
    return [picture for picture in found if picture.split in splits]


def look_at(
    pictures: Sequence[Picture],
    plan: Plan,
    readers: dict[str, Reader],
    progress: Progress,
    most: dict[str, int] = MOST,
) -> Sample:
    """What the readers say of `most` views. Raises `ValueError` without views of both classes."""
    views = views_in_turn(pictures, most)
    views_state = _code_state(augment, conditions)
    states = [f"{name}-{readers[name].state[:8]}" for name in sorted(readers)]
    folder = plan.cache / "-".join(["views", views_state[:8], *states])

    def compute(pixels: Pixels) -> Arrays:
        return {name: reader.read(pixels) for name, reader in readers.items()}

    todo = compute_missing(views, folder, compute)
    for _ in progress(todo, total=len(views), desc="Looking", unit="view"):
        pass
    kept, arrays = read_computed(views, folder)
    labels = np.array([view.picture.label for view in kept])
    if {*labels.tolist()} != {0, 1}:
        raise ValueError("Learning needs readable pictures of both classes, ai and real.")
    sources = np.array([view.picture.source for view in kept])
    arrays = {name: values.astype(np.float32) for name, values in arrays.items()}
    return Sample(kept, labels, sources, arrays, dict(most))


def _write_model(sample: Sample, output: Path, plan: Plan) -> None:
    classifier = fit_classifier(sample.arrays[FOLDER], sample.labels, sample.sources)
    model = assemble(plan.encoder, classifier)
    write_model(model, output / FOLDER, _describe(sample, plan))


def _describe(sample: Sample, plan: Plan) -> dict[str, Any]:
    pictures = list({view.picture.path: view.picture for view in sample.views}.values())
    return describe_pictures(pictures, {"pictures": json.dumps(sample.most)}, plan.seed)


def _folds(sample: Sample, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    return list(splitter.split(sample.labels, sample.labels, sample.sources))


def write_fusion(
    raw: Logits, sample: Sample, output: Path, folds: list[tuple[np.ndarray, np.ndarray]]
) -> dict[str, Any]:
    """Write the calibrations of the methods and every subset of the fusion.

    Returns the figures of all together, out of fold, re-encoded alike.
    """
    by_method = {key: {name: raw[name] for name in names} for key, names in FOLDERS.items()}
    known, alike = sample.known(), sample.alike()
    subsets: dict[tuple[str, ...], Subset] = {
        keys: _subset({key: by_method[key] for key in keys}, known, alike, folds)
        for keys in subsets_of(by_method)
    }
    together = max(subsets, key=len)
    report = summarise(known.labels[alike], subsets[together].scores[alike])
    report |= {"sources": len(set(known.sources.tolist()))}
    figures = {
        key: summarise(known.labels[alike], subsets[key,].scores[alike]) for key in by_method
    }
    for key, raw_of_method in by_method.items():
        fits = fit_calibrations(take(raw_of_method, alike), known.take(np.flatnonzero(alike)))
        for name, calibration in fits.items():
            alone = round(roc_auc(known.labels[alike], raw[name][alike]), 4)
            _write_calibration(output / name, calibration, figures[key] | {"roc_auc_alone": alone})
    _update_fusion(output / "fusion", subsets, report, figures)
    return report


@dataclass(frozen=True)
class Subset:
    """How some methods are fused: the fit, thresholds, and scores (n,) out of fold."""

    stack: Stack
    thresholds: dict[str, float]
    scores: np.ndarray


def _subset(
    raw: RawLogits,
    known: Truth,
    alike: np.ndarray,
    folds: list[tuple[np.ndarray, np.ndarray]],
) -> Subset:
    """Fitted on re-encoded views; thresholds keep their promise on those and files as they are.

    On all at once: a source has too few views of one condition for a threshold of its own.
    """
    scores = np.empty(len(alike))
    for seen, unseen in folds:
        fused = _fit_fused(raw, known, seen[alike[seen]])
        scores[unseen] = fused(unseen)[1]
    stack, _ = _fit_fused(raw, known, np.flatnonzero(alike))(np.flatnonzero(alike))
    return Subset(stack, choose_thresholds(scores, known), scores)


def _fit_fused(
    raw: RawLogits, known: Truth, seen: np.ndarray
) -> Callable[[np.ndarray], tuple[Stack, np.ndarray]]:
    """A function from indices to the fit on the views `seen`, and its scores of these indices."""
    learnt = known.take(seen)
    fits = {key: fit_calibrations(take(x, seen), learnt) for key, x in raw.items()}

    def inputs(indices: np.ndarray) -> np.ndarray:
        return np.stack([calibrate(take(x, indices), fits[key]) for key, x in raw.items()], 1)

    stack = fit_stack(inputs(seen), learnt.labels, learnt.weights)
    return lambda indices: (stack, np.asarray(expit(stack.log_odds(inputs(indices)))))


def _write_calibration(folder: Path, calibration: Calibration, figures: dict[str, Any]) -> None:
    calibration.write(folder)
    path = folder / "metrics.json"
    write_json(path, json.loads(path.read_text()) | {"calibration": figures})
    write_card(folder)
    write_digests(folder)


def _update_fusion(
    folder: Path,
    subsets: dict[tuple[str, ...], Subset],
    report: dict[str, Any],
    figures: dict[str, dict[str, Any]],
) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["subsets"] = {
        "+".join(keys): describe_subset(keys, subset.stack, subset.thresholds)
        for keys, subset in subsets.items()
    }
    config["thresholds"] = subsets[max(subsets, key=len)].thresholds
    write_json(folder / "config.json", config)
    metrics = json.loads((folder / "metrics.json").read_text())
    metrics |= {"calibration": report, "methods": metrics["methods"] | figures}
    metrics["thresholds_chosen_for"] = THRESHOLDS_CHOSEN_FOR
    write_json(folder / "metrics.json", metrics)
    write_digests(folder)
