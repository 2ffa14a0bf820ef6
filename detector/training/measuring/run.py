"""Analyses the pictures under every condition, except those that the cache already has."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

from detector.inference.images import SourceImage
from detector.inference.names import printable
from detector.inference.pipeline import Detector
from detector.inference.pixels.likeness import size_of
from detector.training.corpus.labelled import Picture
from detector.training.pictures.preparation import Progress

from .cache import OutcomeCache, Outcomes
from .data import LabelledPictures
from .outcome import Outcome
from .scoring import score_pictures

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Measurement:
    """Outcomes of `pictures`, by condition in the same order; `unread` maps names to reasons."""

    pictures: list[Picture]
    outcomes: dict[str, list[Outcome]]
    unread: dict[str, str]


def measure(
    detector: Detector,
    data: LabelledPictures,
    conditions: Sequence[str],
    cache: OutcomeCache,
    *,
    workers: int,
    progress: Progress,
) -> Measurement:
    """The outcomes of the detector for every picture. Resumable: run it again.

    Raises `ValueError` if fewer than both classes can be read.
    """
    cached = cache.read(data.pictures)
    missing = [[name for name in conditions if name not in outcomes] for outcomes in cached]
    todo = [index for index, names in enumerate(missing) if names]
    n_cached = len(cached) - len(todo)
    logger.info(
        "%d of %d pictures were analysed before; %d to go", n_cached, len(cached), len(todo)
    )
    reasons: dict[int, str] = {}
    stream = _analyse(detector, data, todo, missing, workers, reasons)
    with closing(stream):
        for index, outcomes in progress(stream, total=len(todo), desc="Analysing", unit="picture"):
            if outcomes:
                cache.add(data.pictures[index], outcomes)
                cached[index].update(outcomes)
    return _collect(data, conditions, cached, reasons)


def _analyse(
    detector: Detector,
    data: LabelledPictures,
    todo: Sequence[int],
    missing: Sequence[Sequence[str]],
    workers: int,
    reasons: dict[int, str],
) -> Generator[tuple[int, Outcomes], None, None]:
    """(index, outcomes under `missing[index]`) for each index of `todo`; reasons into `reasons`."""

    def say(image: SourceImage) -> Outcome:
        return Outcome.of(detector.detect(image), size_of(image.width, image.height))

    stream = score_pictures(
        say,
        [data.pictures[index] for index in todo],
        lambda place: missing[todo[place]],
        workers,
        data.equalise,
        lambda place, reason: reasons.update({todo[place]: reason}),
    )
    for place, outcomes in stream:
        yield todo[place], outcomes


def _collect(
    data: LabelledPictures,
    conditions: Sequence[str],
    cached: Sequence[Outcomes],
    faults: dict[int, str],
) -> Measurement:
    readable = [index for index in range(len(cached)) if index not in faults]
    pictures = [data.pictures[index] for index in readable]
    if {picture.label for picture in pictures} != {0, 1}:
        name = printable(data.name)
        raise ValueError(f"{name} needs readable pictures of both classes, ai and real.")
    outcomes = {name: [cached[index][name] for index in readable] for name in conditions}
    reasons = {data.named(data.pictures[index]): faults[index] for index in sorted(faults)}
    return Measurement(pictures, outcomes, reasons)
