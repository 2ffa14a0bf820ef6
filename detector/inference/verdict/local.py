"""The threshold that an installation has measured on real pictures of its own.

`manage.py calibrate` writes it beside the fine-tuned models. It replaces the threshold above which
a picture is called AI; no score changes. It holds for the weights that it was measured with alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np

from detector.inference.results import Note, Thresholds
from detector.inference.weights.folder import files_state
from detector.inference.weights.ranges import read_fields

from .fusion import DECISIVE_SCORES

FOLDER, FILE = "thresholds", "thresholds.json"
MOST_PICTURES = 10**9
# A picture whose file proves that an AI made it has this score, and is to be called AI.
HIGHEST = DECISIVE_SCORES["ai"]
CONFIDENCE = 0.95


@dataclass(frozen=True)
class LocalThreshold:
    """From the score `ai` up a picture is called AI.

    Of `n` real pictures `alarms` have such a score. With `confidence` no more than the share
    `max_false_alarms` of other real pictures like them has one. `weights` is the digest of the
    weights that gave the scores, `measured` the day (ISO 8601).
    """

    ai: float
    max_false_alarms: float
    confidence: float
    n: int
    alarms: int
    weights: str
    measured: str

    def applied_to(self, thresholds: Thresholds) -> Thresholds:
        """The thresholds with this one; what is called real does not reach beyond it."""
        return Thresholds(min(thresholds.real, self.ai), self.ai)

    def note(self) -> Note:
        """The sentence of a result that was judged by it."""
        return Note(
            "thresholds.local",
            {"limit": self.max_false_alarms, "n": self.n, "measured": self.measured},
        )

    @classmethod
    def read(cls, folder: Path) -> LocalThreshold:
        """Raises `OSError`, or `ValueError` for what is out of range."""
        path = file_in(folder)
        return _read(path, path.stat().st_mtime_ns)

    def write(self, folder: Path) -> None:
        """Put it into a folder of fine-tuned models, in one step: a server may be reading."""
        path = file_in(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n")
        draft.replace(path)


def pictures_needed(limit: float) -> int:
    """How many real pictures it takes to promise at most the share `limit`, in (0, 1), of alarms.

    Were the share larger, one of them would be an alarm with the probability CONFIDENCE.
    """
    return math.ceil(math.log(1 - CONFIDENCE) / math.log(1 - limit))


def choose_threshold(scores: Sequence[float], limit: float) -> float:
    """The lowest threshold that keeps the promise for scores of real pictures in [0, 1].

    A one-sided tolerance limit (Wilks 1941), which holds whatever the scores are distributed like:
    the largest number of alarms of which `limit` is still the upper end of the exact interval. It
    takes the pictures for independent of each other. Raises `ValueError` if there are fewer than
    `pictures_needed`, or if the threshold would lie above HIGHEST.
    """
    from scipy.stats import beta

    n = len(scores)
    if n < pictures_needed(limit):
        raise ValueError(f"{n} pictures; accepted are {pictures_needed(limit)} or more")
    alarms = np.arange(n)
    allowed = int((beta.ppf(CONFIDENCE, alarms + 1, n - alarms) <= limit).sum()) - 1
    # A score at the threshold is called AI, so the next thousandth above the first that is not.
    first_quiet = sorted(scores, reverse=True)[allowed]
    threshold = round((math.floor(first_quiet * 1000) + 1) / 1000, 3)
    if threshold > HIGHEST:
        raise ValueError(f"the threshold {threshold}; accepted are thresholds up to {HIGHEST}")
    return threshold


def file_in(folder: Path) -> Path:
    """Where the threshold is kept in a folder of fine-tuned models."""
    return folder / FOLDER / FILE


def local_state(folder: Path) -> str:
    """A digest of the threshold; empty if there is none."""
    path = file_in(folder)
    return files_state([path]) if path.is_file() else ""


def find_local(folder: Path, weights: str) -> tuple[LocalThreshold | None, Note | None]:
    """The threshold that holds for these weights, and the note that says which one is used.

    Neither of them if none was measured here.
    """
    if not file_in(folder).is_file():
        return None, None
    try:
        local = LocalThreshold.read(folder)
    except (OSError, ValueError):
        return None, Note("thresholds.unusable")
    if local.weights != weights:
        return None, Note("thresholds.outdated", {"measured": local.measured})
    return local, local.note()


@cache
def _read(path: Path, _mtime_ns: int) -> LocalThreshold:
    fields = read_fields(path)
    n = fields.whole("n", 1, MOST_PICTURES)
    return LocalThreshold(
        ai=fields.number("ai", 0, HIGHEST),
        max_false_alarms=fields.number("max_false_alarms", 0, 1),
        confidence=fields.number("confidence", 0, 1),
        n=n,
        alarms=fields.whole("alarms", 0, n),
        weights=fields.text("weights", 64),
        measured=fields.text("measured", 10),
    )
