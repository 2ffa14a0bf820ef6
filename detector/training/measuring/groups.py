"""The figures of each generator, and of each source and each kind of real pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from detector.accuracy.figure import Figure
from detector.accuracy.groups import CalledAi, Group
from detector.accuracy.names import VERDICT
from detector.inference.methods import METHODS
from detector.training.corpus.labelled import Picture
from detector.training.figures.metrics import roc_auc, roc_auc_interval
from detector.training.genimage.layout import UNKNOWN

from .figures import share
from .outcome import Outcome, scores_of, titles

NOT_NAMED = "not named"
Groups = tuple[Group, ...]


def by_generator(pictures: Sequence[Picture], outcomes: Sequence[Outcome], seed: int) -> Groups:
    """A group for each generator: its pictures against all real ones, worst AUROC first."""
    labels = np.array([picture.label for picture in pictures])
    names = np.array([picture.generator or NOT_NAMED for picture in pictures])
    groups = _groups(names, labels, 1, outcomes, seed)
    return tuple(sorted(groups, key=lambda group: (_area(group), group.name)))


def by_source(pictures: Sequence[Picture], outcomes: Sequence[Outcome], seed: int) -> Groups:
    """A group for each source of real pictures, against all AI ones; most false positives first."""
    labels = np.array([picture.label for picture in pictures])
    names = np.array([picture.source for picture in pictures])
    return _most_false_positives_first(_groups(names, labels, 0, outcomes, seed))


def by_kind(pictures: Sequence[Picture], outcomes: Sequence[Outcome], seed: int) -> Groups:
    """A group for each kind of real pictures (photo, art, ...), against all AI ones.

    Most false positives first. `by_method` has those of each method alone.
    """
    labels = np.array([picture.label for picture in pictures])
    names = np.array([picture.kind or UNKNOWN for picture in pictures])
    groups = [
        replace(group, by_method=_by_method(outcomes, (names == group.name) & (labels == 0)))
        for group in _groups(names, labels, 0, outcomes, seed)
    ]
    return _most_false_positives_first(groups)


def _by_method(outcomes: Sequence[Outcome], own: np.ndarray) -> dict[str, CalledAi]:
    """Of the pictures `own` (n,) that a method gave a score: n, and the share at 0.5 or more.

    One half is where `balanced_accuracy` divides, too; the share is None where n is 0.
    """
    called = {}
    for key in METHODS:
        scores = scores_of(outcomes, key)[own]
        values = scores[~np.isnan(scores)]
        called[key] = CalledAi(len(values), share(values >= 0.5) if len(values) else Figure(None))
    return called


def _most_false_positives_first(groups: Iterable[Group]) -> Groups:
    return tuple(sorted(groups, key=lambda group: (-_share(group), _area(group), group.name)))


def _share(group: Group) -> float:
    return group.called_ai.value or 0.0


def _area(group: Group) -> float:
    area = group.areas[VERDICT].value
    return 1.0 if area is None else area


def _groups(
    names: np.ndarray, labels: np.ndarray, label: int, outcomes: Sequence[Outcome], seed: int
) -> Iterator[Group]:
    """A group for each of the `names` (n,) that pictures of the class `label` have."""
    scores = {key: scores_of(outcomes, key) for key in titles()}
    is_called_ai = np.array([outcome.label == "ai" for outcome in outcomes])
    for name in np.unique(names[labels == label]):
        own = (names == name) & (labels == label)
        compared = own | (labels != label)
        areas = {key: _measure_area(labels, p, compared, seed) for key, p in scores.items()}
        yield Group(str(name), int(own.sum()), share(is_called_ai[own]), areas)


def _measure_area(
    labels: np.ndarray, scores: np.ndarray, compared: np.ndarray, seed: int
) -> Figure:
    """AUROC and its interval over the pictures `compared` that have a score; None without both."""
    is_used = compared & ~np.isnan(scores)
    if len(set(labels[is_used])) < 2:
        return Figure(None)
    area = roc_auc(labels[is_used], scores[is_used])
    return Figure(area, *roc_auc_interval(labels[is_used], scores[is_used], seed))
