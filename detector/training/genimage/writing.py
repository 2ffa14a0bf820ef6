"""Writes `splits/`: rows streamed into a JSON array for each split, then metadata.json."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from detector.training.corpus.labelled import LABELS

from .index import Index
from .layout import place_of
from .splits import METADATA, SPLITS

LABEL_NAMES = {number: name for name, number in LABELS.items()}


def write_splits(folder: Path, index: Index, split: np.ndarray, metadata: dict[str, Any]) -> None:
    """Write `folder`/{train,val,test,metadata}.json; `split` is that of each readable picture.

    Without metadata.json the rest does not count: a kill leaves the old splits, or none.
    """
    drafts = [_draft(folder, f"{name}.json") for name in SPLITS]
    with ExitStack() as stack:
        files = [stack.enter_context(draft.open("w")) for draft in drafts]
        _write_rows(files, index, split)
    (folder / METADATA).unlink(missing_ok=True)
    for draft, name in zip(drafts, SPLITS, strict=True):
        draft.replace(folder / f"{name}.json")
    draft = _draft(folder, METADATA)
    draft.write_text(json.dumps(metadata, indent=2) + "\n")
    draft.replace(folder / METADATA)


def _draft(folder: Path, name: str) -> Path:
    return folder / f".{name}.draft"


def _write_rows(files: Sequence[TextIO], index: Index, split: np.ndarray) -> None:
    separators = ["[\n"] * len(files)
    for row, number in zip(_rows(index), split, strict=True):
        files[number].write(separators[number] + json.dumps(row))
        separators[number] = ",\n"
    for file, separator in zip(files, separators, strict=True):
        file.write("[]\n" if separator == "[\n" else "\n]\n")


def _rows(index: Index) -> Iterator[dict[str, Any]]:
    for path, _, facts in index.readable():
        place = place_of(path)
        assert place  # others never come into the index
        yield {
            "path": path,
            "label": place.label,
            "label_name": LABEL_NAMES[place.label],
            "generator": place.generator,
            "source": place.source,
            "sha256": facts.sha256.hex(),
            "width": facts.width,
            "height": facts.height,
            "format": facts.format,
        }
