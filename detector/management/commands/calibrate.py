"""Sets the threshold of this installation, by real pictures of its own."""

from __future__ import annotations

import datetime
import json
import shutil
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from detector.inference.folders import Walk
from detector.inference.images import ImageError
from detector.inference.names import printable
from detector.inference.pipeline import Detector
from detector.inference.results import Verdict
from detector.inference.verdict.fusion import load_fusion
from detector.inference.verdict.local import (
    CONFIDENCE,
    HIGHEST,
    LocalThreshold,
    choose_threshold,
    file_in,
    pictures_needed,
)
from detector.installation import get_runtime, read_image
from detector.management.base import DetectorCommand, percent


@dataclass(frozen=True)
class Score:
    """A real picture: its P(AI), and whether something in its file gave the outcome."""

    score: float
    by_file: bool


class Command(DetectorCommand):
    help = (
        "Measure the verdict on real pictures of your own, and set the threshold above which a "
        "picture is called AI by the share of false alarms that you accept. Resumable: scores are "
        "kept until the weights change."
    )
    needs_site = False
    expected = (OSError,)
    stopped = "Interrupted. The threshold is as it was; run the command again to go on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument(
            "--real",
            type=Path,
            metavar="FOLDER",
            help="Real pictures like those that will be checked, from many occasions.",
        )
        what.add_argument(
            "--remove", action="store_true", help="Go back to the threshold that ships."
        )
        parser.add_argument(
            "--max-false-alarms",
            type=percent,
            default=1.0,
            metavar="PERCENT",
            help="At most so many real pictures of a hundred are called AI (default: 1).",
        )

    def handle(
        self, *, real: Path | None, remove: bool, max_false_alarms: float, **options: Any
    ) -> str:
        if remove or real is None:
            return _remove(settings.FINETUNED_DIR)
        limit = max_false_alarms / 100
        files = self._find(real)
        _check_enough(len(files), limit)
        detector = Detector(get_runtime())
        scores = self._scores(detector, files)
        by_file = sum(score.by_file for score in scores)
        if by_file:
            self.stderr.write(
                f"Left out: {by_file} pictures whose file says by itself what they are."
            )
        values = [score.score for score in scores if not score.by_file]
        _check_enough(len(values), limit)
        return self._set(values, limit, detector)

    def _find(self, folder: Path) -> list[Path]:
        walk = Walk(folder)
        files = sorted(folder / file.path for file in walk)
        for sentence in walk.left_out.sentences():
            self.stderr.write(sentence)
        return files

    def _scores(self, detector: Detector, files: list[Path]) -> list[Score]:
        """The scores of all pictures that can be read, each picture once."""
        kept = Kept(settings.DATA_DIR / "calibrate", detector.weights_digest)
        found: dict[str, Score] = {}
        for path in self.progress(files, desc="Scoring", unit="picture"):
            try:
                image = read_image(path)
            except ImageError as error:
                self.stderr.write(f"Left out: {printable(path.name)}: {error}")
                continue
            if image.sha256 not in kept.scores:
                kept.add(image.sha256, _score(detector.detect(image)))
            found[image.sha256] = kept.scores[image.sha256]
        return list(found.values())

    def _set(self, scores: list[float], limit: float, detector: Detector) -> str:
        try:
            threshold = choose_threshold(scores, limit)
        except ValueError as error:
            highest = sum(score > HIGHEST for score in scores)
            raise CommandError(
                f"{highest} of these {len(scores)} real pictures have a score above {HIGHEST}, so "
                f"no threshold keeps false alarms at {limit:.2%}. Accept more of them, or look "
                "whether these pictures are real."
            ) from error
        local = LocalThreshold(
            ai=threshold,
            max_false_alarms=limit,
            confidence=CONFIDENCE,
            n=len(scores),
            alarms=_alarms(scores, threshold),
            weights=detector.weights_digest,
            measured=datetime.date.today().isoformat(),
        )
        local.write(settings.FINETUNED_DIR)
        shipped = load_fusion(detector.runtime.weights_dir).thresholds.ai
        return (
            f"From a score of {threshold} up, a picture is now called AI here (as shipped: "
            f"{shipped}). Of these {local.n} real pictures, {local.alarms} have such a score (as "
            f"shipped: {_alarms(scores, shipped)}). Of other pictures like them, at most "
            f"{limit:.2%} will, with {CONFIDENCE:.0%} confidence, if these are independent of each "
            "other. A running server uses it at once; --remove takes it back."
        )


class Kept:
    """Scores that were computed before, by the digest of the picture: a line of JSON for each."""

    def __init__(self, folder: Path, weights: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / f"{weights[:16]}.jsonl"
        self.scores = dict(self._read())

    def add(self, sha256: str, score: Score) -> None:
        """Keep the score of a picture."""
        self.scores[sha256] = score
        with self.file.open("a") as lines:
            lines.write(json.dumps([sha256, score.score, score.by_file]) + "\n")

    def _read(self) -> Iterator[tuple[str, Score]]:
        for line in self.file.read_text().splitlines() if self.file.exists() else ():
            try:
                sha256, score, by_file = json.loads(line)
            except ValueError:  # the line at which a run was stopped
                continue
            yield sha256, Score(score, by_file)


def _score(verdict: Verdict) -> Score:
    """A picture that is not assessed is called nothing, so it is never a false alarm."""
    return Score(verdict.score or 0.0, verdict.basis in ("trusted_signature", "file"))


def _alarms(scores: Iterable[float], threshold: float) -> int:
    return sum(score >= threshold for score in scores)


def _check_enough(n: int, limit: float) -> None:
    needed = pictures_needed(limit)
    if n < needed:
        raise CommandError(
            f"{n} real pictures; for at most {limit:.2%} of false alarms with {CONFIDENCE:.0%} "
            f"confidence, at least {needed} are needed: {needed - n} more. With --max-false-alarms "
            f"{100 * _least_limit(n):.2g} or above, these would do."
            if n
            else f"There are no pictures in the folder; at least {needed} are needed."
        )


def _least_limit(n: int) -> float:
    """The smallest share, rounded up to a tenth of a per cent, that `n` pictures can promise."""
    limit = 0.001
    while pictures_needed(limit) > n and limit < 0.5:
        limit += 0.001
    return limit


def _remove(folder: Path) -> str:
    if not file_in(folder).exists():
        return "This installation has no threshold of its own."
    shutil.rmtree(file_in(folder).parent)
    return "Removed. The threshold that ships is used again."
