"""Analyses the pictures under every condition, but for what the cache knows already."""

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
from .data import Labelled
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
    data: Labelled,
    conditions: Sequence[str],
    cache: OutcomeCache,
    *,
    workers: int,
    progress: Progress,
) -> Measurement:
    """What the detector says about every picture. Resumable: run it again.

    Raises `ValueError` if fewer than both classes can be read.
    """
    known = cache.read(data.pictures)
    missing = [[name for name in conditions if name not in said] for said in known]
    todo = [index for index, names in enumerate(missing) if names]
    done = len(known) - len(todo)
    logger.info("%d of %d pictures were analysed before; %d to go", done, len(known), len(todo))
    unread: dict[int, str] = {}
    stream = _analyse(detector, data, todo, missing, workers, unread)
    with closing(stream):
        for index, said in progress(stream, total=len(todo), desc="Analysing", unit="picture"):
            if said:
                cache.add(data.pictures[index], said)
                known[index].update(said)
    return _collect(data, conditions, known, unread)


def _analyse(
    detector: Detector,
    data: Labelled,
    todo: Sequence[int],
    missing: Sequence[Sequence[str]],
    workers: int,
    unread: dict[int, str],
) -> Generator[tuple[int, Outcomes], None, None]:
    """(index, outcomes under `missing[index]`) for each index of `todo`; reasons into `unread`."""

    def say(image: SourceImage) -> Outcome:
        return Outcome.of(detector.detect(image), size_of(image.width, image.height))

    stream = score_pictures(
        say,
        [data.pictures[index] for index in todo],
        lambda place: missing[todo[place]],
        workers,
        data.equalise,
        lambda place, reason: unread.update({todo[place]: reason}),
    )
    for place, said in stream:
        yield todo[place], said


def _collect(
    data: Labelled, conditions: Sequence[str], known: Sequence[Outcomes], unread: dict[int, str]
) -> Measurement:
    kept = [index for index in range(len(known)) if index not in unread]
    pictures = [data.pictures[index] for index in kept]
    if {picture.label for picture in pictures} != {0, 1}:
        name = printable(data.name)
        raise ValueError(f"{name} needs readable pictures of both classes, ai and real.")
    outcomes = {name: [known[index][name] for index in kept] for name in conditions}
    reasons = {data.named(data.pictures[index]): unread[index] for index in sorted(unread)}
    return Measurement(pictures, outcomes, reasons)
