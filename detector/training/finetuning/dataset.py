"""The user's pictures as `datasets.Dataset`s whose rows turn into tensors when they are read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset

from detector.checkpoints.preprocess import Batch
from detector.inference.images import ImageError, open_image
from detector.inference.names import printable
from detector.inference.pixels.tiles import Pixels
from detector.training.corpus.labelled import Picture
from detector.training.genimage.equalise import Equalise

from .views import Views

Columns = dict[str, list[Any]]


def training_set(pictures: Sequence[Picture], views: Views, equalise: Equalise | None) -> Dataset:
    """Rows of pixel_values (3, height, width) and labels, a new random view each time."""
    return _rows(pictures).with_transform(RandomViews(views, equalise))


def validation_set(pictures: Sequence[Picture], views: Views, equalise: Equalise | None) -> Dataset:
    """`views.per_picture` rows for each picture, one after the other, always the same."""
    return _rows(pictures, views.per_picture).with_transform(FixedViews(views, equalise))


@dataclass
class RandomViews:
    """Turns rows into tensors for learning. A class: worker processes have to unpickle it."""

    views: Views
    equalise: Equalise | None

    def __call__(self, rows: Columns) -> Columns:
        # PyTorch's generator: the Trainer seeds it in every worker.
        seeds = torch.randint(2**31, (len(rows["path"]),)).tolist()
        views = [
            self.views.random(_read(path, sha256, self.equalise), np.random.default_rng(seed))
            for path, sha256, seed in zip(rows["path"], rows["sha256"], seeds, strict=True)
        ]
        return {"pixel_values": [torch.from_numpy(view) for view in views], "labels": rows["label"]}


@dataclass
class FixedViews:
    """Turns rows into tensors for validation."""

    views: Views
    equalise: Equalise | None
    opened: tuple[bytes, Batch] | None = None

    def __call__(self, rows: Columns) -> Columns:
        names = zip(rows["path"], rows["sha256"], rows["view"], strict=True)
        tensors = [torch.from_numpy(self._open(path, sha)[view]) for path, sha, view in names]
        return {"pixel_values": tensors, "labels": rows["label"]}

    def _open(self, path: bytes, sha256: str) -> Batch:
        # The rows of one picture follow one another: it is opened once.
        if self.opened is None or self.opened[0] != path:
            self.opened = path, self.views.fixed(_read(path, sha256, self.equalise))
        return self.opened[1]


def _rows(pictures: Sequence[Picture], repeat: int = 1) -> Dataset:
    rows = [(picture, view) for picture in pictures for view in range(repeat)]
    return Dataset.from_dict(
        {
            # As bytes: a name need not be UTF-8, and a text in a dataset must be.
            "path": [os.fsencode(picture.path) for picture, _ in rows],
            "sha256": [picture.sha256 for picture, _ in rows],
            "label": [picture.label for picture, _ in rows],
            "view": [view for _, view in rows],
        }
    )


def _read(path: bytes, sha256: str, equalise: Equalise | None) -> Pixels:
    return read_pixels(Path(os.fsdecode(path)), sha256, equalise)


def read_pixels(picture: Path, sha256: str, equalise: Equalise | None) -> Pixels:
    """The pixels of a picture of the splits, equalised. Raises `ImageError` with what mends it."""
    try:
        pixels = open_image(picture).pixels
    except ImageError as error:
        sentence = f"{printable(picture)}: {error} Run manage.py prepare_genimage again."
        raise ImageError(sentence) from error
    return equalise(pixels, sha256) if equalise else pixels
