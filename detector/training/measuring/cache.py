"""Keeps the measurements, one line for each picture, so that an interrupted run can resume."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from detector.training.corpus.labelled import Picture
from detector.training.pictures import augment

from .data import LabelledPictures
from .outcome import Outcome

LONGEST_NAME = 50  # letters of the data folder's name that the cache is found by
# By condition.
Outcomes = dict[str, Outcome]


class OutcomeCache:
    """A file of JSON lines below `folder`: what one version of the detector said about one data
    folder. Lines that were cut off, and those of pictures that have changed since, are ignored.
    """

    def __init__(self, folder: Path, data: LabelledPictures, version: str) -> None:
        key = repr((version, _conditions_digest(), str(data.root), data.equalise))
        digest = hashlib.sha256(key.encode()).hexdigest()[:16]
        self._path = folder / f"{data.root.name[:LONGEST_NAME]}-{digest}.jsonl"
        self._data = data

    def read(self, pictures: Iterable[Picture]) -> list[Outcomes]:
        """The known outcomes of each of `pictures`, in their order."""
        outcomes_by_name: dict[str, Outcomes] = {}
        lines = self._path.read_bytes().splitlines() if self._path.exists() else []
        for key, outcomes in filter(None, map(_parse, lines)):
            outcomes_by_name.setdefault(key, {}).update(outcomes)
        return [outcomes_by_name.get(self._key(picture), {}) for picture in pictures]

    def add(self, picture: Picture, outcomes: Outcomes) -> None:
        """Write down the outcomes, except those that an error may have changed."""
        values = {name: o.to_json() for name, o in outcomes.items() if not o.failed}
        line = json.dumps({"key": self._key(picture), "outcomes": values})
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab+") as file:
            # A line that was cut off is closed, so that this one stands by itself.
            if file.tell() and self._ends_torn():
                file.write(b"\n")
            file.write(line.encode() + b"\n")

    def _ends_torn(self) -> bool:
        with self._path.open("rb") as file:
            file.seek(-1, 2)
            return file.read() != b"\n"

    def _key(self, picture: Picture) -> str:
        """Name, size and time of the file: a picture that was replaced is measured anew."""
        try:
            status = picture.path.stat()
        except OSError:  # it is gone, which opening it will say
            return self._data.named(picture)
        return f"{self._data.named(picture)}|{status.st_size}|{status.st_mtime_ns}"


def _parse(line: bytes) -> tuple[str, Outcomes] | None:
    """Key and outcomes of a line; None for one that was cut off."""
    try:
        row = json.loads(line)
        outcomes = {name: Outcome.from_json(values) for name, values in row["outcomes"].items()}
        return row["key"], outcomes
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _conditions_digest() -> str:
    """A digest of the code that makes the conditions, which no version of inference tells."""
    return hashlib.sha256(Path(augment.__file__).read_bytes()).hexdigest()
