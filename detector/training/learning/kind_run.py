"""Trains the probe for kinds of pictures, measures it on other sources, and writes its folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from detector.inference.pixels.kind import KIND_FOLDER, KINDS, PROBE, KindProbe, network_state
from detector.inference.runtime import Network, Runtime
from detector.inference.weights.folder import write_digests
from detector.training.corpus.labelled import read_corpus
from detector.training.figures.intervals import wilson_interval
from detector.training.pictures.preparation import Progress

from .efficientnet import give_features
from .export import describe_pictures, write_folder, write_json
from .kind import (
    FOLDS,
    NEEDED,
    NETWORK,
    NEVER,
    VARIANTS,
    WANTED,
    Sample,
    chances_of,
    choose_pictures,
    find_basis,
    fit,
    out_of_fold,
    read_sample,
    weigh,
)

Row = dict[str, Any]
# Confidences to choose from.
STEPS = tuple(percent / 100 for percent in range(30, 100))


@dataclass(frozen=True)
class KindTraining:
    """How the training was called; `relabel` are kinds of sources that the corpus has wrong."""

    data: Path
    more: Sequence[Path]
    cache: Path
    weights_dir: Path
    per_kind: int
    relabel: dict[str, str]
    seed: int
    workers: int


def train_and_write(training: KindTraining, runtime: Runtime, progress: Progress) -> Row:
    """Train on the train split, measure on the val split; returns metrics.json.

    Raises `OSError` or `ValueError` with a sentence.
    """
    network_folder = training.weights_dir / NETWORK
    give_features(network_folder)
    network = Network(network_folder / "openvino_model.xml", runtime)
    learn, test = (_read(training, network, split, progress) for split in ("train", "val"))
    _check_apart(learn, test)
    chances = out_of_fold(learn, training.seed)
    strength = min(chances, key=lambda strength: log_loss(learn, chances[strength]))
    confidence = choose_confidence(learn, chances[strength])
    probe = fit(learn, strength, find_basis(learn))
    probe = replace(probe, confidence=tuple(confidence[kind] for kind in probe.kinds))
    arguments = {
        "per_kind": training.per_kind,
        "relabel": training.relabel,
        "strength": strength,
        "folds": FOLDS,
        "conditions": list(VARIANTS),
    }
    metrics = {
        "model": KIND_FOLDER,
        "confidence": confidence,
        "confidence_chosen_for": WANTED,
        "training": describe_pictures(learn.pictures, arguments, training.seed),
        "calibration": measure(learn, chances[strength], confidence),
        "val": measure(test, chances_of(probe, test.features), confidence),
    }
    write_folder(
        training.weights_dir / KIND_FOLDER, lambda d: _fill(d, probe, network_folder, metrics)
    )
    return metrics


def _read(training: KindTraining, network: Network, split: str, progress: Progress) -> Sample:
    pictures = read_corpus(training.data)
    pictures += [p for folder in training.more for p in read_corpus(folder) if p.split == "train"]
    choices = choose_pictures(pictures, split, training.relabel, training.per_kind, training.seed)
    if not choices:
        raise ValueError(f"{training.data}: no picture of the {split} split has a kind.")
    state = network_state(training.weights_dir / NETWORK)
    return read_sample(
        network, state, choices, training.cache, workers=training.workers, progress=progress
    )


def _check_apart(learn: Sample, test: Sample) -> None:
    """Raises `ValueError` if a source is in both."""
    if both := sorted(set(learn.sources) & set(test.sources)):
        raise ValueError(f"{', '.join(both)}: in the train and in the val split.")


def log_loss(sample: Sample, chances: np.ndarray) -> float:
    """The mean log-loss of chances (n, conditions, kinds), with the weights of training."""
    right = chances[np.arange(len(sample.kinds)), :, sample.kinds]
    losses = -np.log(np.maximum(right, 1e-9)).mean(1)
    return float(np.average(losses, weights=weigh(sample)))


def choose_confidence(sample: Sample, chances: np.ndarray) -> dict[str, float]:
    """For each kind the least of STEPS from which on WANTED of the pictures named so are right.

    NEVER where there is none, or where fewer than NEEDED would be named.
    """
    certain, likeliest = chances.max(2), chances.argmax(2)
    right = likeliest == sample.kinds[:, None]
    weights = np.repeat(weigh(sample)[:, None], chances.shape[1], 1)

    def fits(kind: int, step: float) -> bool:
        is_named = (likeliest == kind) & (certain >= step)
        enough = is_named.sum() >= NEEDED * chances.shape[1]
        return bool(enough and np.average(right[is_named], weights=weights[is_named]) >= WANTED)

    return {
        name: next((step for step in STEPS if fits(kind, step)), NEVER)
        for kind, name in enumerate(KINDS)
    }


def measure(sample: Sample, chances: np.ndarray, confidence: dict[str, float]) -> Row:
    """Under each condition, for each kind: how many are named right, named wrong and unknown."""
    return {
        name: _measure(sample, chances[:, place], confidence) for place, name in enumerate(VARIANTS)
    }


def _measure(sample: Sample, chances: np.ndarray, confidence: dict[str, float]) -> Row:
    likeliest = chances.argmax(1)
    limits = np.array([confidence[kind] for kind in KINDS])
    is_named, right = chances.max(1) >= limits[likeliest], likeliest == sample.kinds
    kinds = [
        {"kind": kind, **_shares(sample, is_named, right, sample.kinds == place)}
        | {"called_so_right": _share(right[is_named & (likeliest == place)])}
        for place, kind in enumerate(KINDS)
        if (sample.kinds == place).any()
    ]
    return {
        "all": _shares(sample, is_named, right, np.full(len(right), True)),
        "kinds": kinds,
        "called": _confusion(sample.kinds, np.where(is_named, likeliest, len(KINDS))),
    }


def _shares(sample: Sample, is_named: np.ndarray, right: np.ndarray, own: np.ndarray) -> Row:
    return {
        "n": int(own.sum()),
        "sources": len(set(sample.sources[own])),
        "right": _share((is_named & right)[own]),
        "wrong": _share((is_named & ~right)[own]),
        "unknown": _share(~is_named[own]),
        "right_if_named": _share(right[own & is_named]),
    }


def _share(hits: np.ndarray) -> Row:
    """Of (n,) booleans: n, the share, and its 95 % interval (Wilson); None of none."""
    if not len(hits):
        return {"n": 0, "share": None, "interval": None}
    low, high = wilson_interval(int(hits.sum()), len(hits))
    share = round(float(hits.mean()), 4)
    return {"n": len(hits), "share": share, "interval": [round(low, 4), round(high, 4)]}


def _confusion(kinds: np.ndarray, answers: np.ndarray) -> dict[str, dict[str, int]]:
    names = (*KINDS, "unknown")
    return {
        kind: {name: int((answers[kinds == i] == j).sum()) for j, name in enumerate(names)}
        for i, kind in enumerate(KINDS)
    }


def _fill(folder: Path, probe: KindProbe, network: Path, metrics: Row) -> None:
    np.savez(folder / PROBE, weight=probe.weight.astype("f4"), bias=probe.bias.astype("f4"))
    config = {
        "kinds": list(probe.kinds),
        "confidence": dict(zip(probe.kinds, probe.confidence, strict=True)),
        "network": network.name,
        "network_state": network_state(network),
    }
    write_json(folder / "config.json", config)
    write_json(folder / "metrics.json", metrics)
    write_card(folder)
    write_digests(folder)


def write_card(folder: Path) -> None:
    """Write README.md from metrics.json."""
    metrics = json.loads((folder / "metrics.json").read_text())
    training = metrics["training"]
    limits = ", ".join(f"{kind} {limit:g}" for kind, limit in metrics["confidence"].items())
    (folder / "README.md").write_text(
        "---\nlicense: apache-2.0\npipeline_tag: image-classification\n---\n\n"
        "# Kind of picture\n\n"
        f"Multinomial logistic regression over the features of {NETWORK}, which is not trained for "
        f"it. Kinds, and the confidence below which each is “unknown” instead: {limits}. A limit "
        f"of {NEVER:g} says that the kind is never named, since it was not told well enough. "
        "The kind chooses which measured errors are shown beside a verdict; it never moves a "
        f"score.\n\n## Training\n\n{training['n_ai']} AI pictures and {training['n_real']} real "
        f"ones from {training['sources']} public sources.\n\n"
        f"## Accuracy\n\n### Sources kept apart by folds\n\n{_table(metrics['calibration'])}\n"
        f"### Sources of the val split\n\n{_table(metrics['val'])}\n"
        "The intervals take every picture as drawn by itself; pictures of one source are alike, so "
        "where there are few sources they are too narrow.\n\n## Limits\n\nKinds overlap: a "
        "photorealistic rendering is often called a photograph, a photographed painting either. "
        "Renders and documents were learnt from few sources.\n"
    )


def _table(metrics: Row) -> str:
    lines = ["| condition | kind | n | sources | right | wrong | unknown |", "|---" * 7 + "|"]
    for name, shares in metrics.items():
        for row in [*shares["kinds"], {"kind": "all", **shares["all"]}]:
            cells = (_cell(row[key]) for key in ("right", "wrong", "unknown"))
            lines.append(
                f"| {name} | {row['kind']} | {row['n']} | {row['sources']} | {' | '.join(cells)} |"
            )
    return "\n".join(lines) + "\n"


def _cell(share: Row) -> str:
    low, high = share["interval"]
    return f"{share['share']:.0%} ({low:.0%} to {high:.0%})"
