"""Reads what `manage.py prepare_genimage` has written: the pictures of a split, and their terms."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from detector.inference.names import printable
from detector.training.corpus.labelled import LABELS, Picture

from .equalise import Equalise

SPLITS = ("train", "val", "test")
SPLITS_FOLDER = "splits"
METADATA = "metadata.json"
VERSION = 1  # of the files below `splits/`
AGAIN = "run manage.py prepare_genimage"


def read_splits_metadata(data_dir: Path) -> dict[str, Any]:
    """The contents of `splits/metadata.json`.

    Raises `FileNotFoundError` if there are no splits, `ValueError` if the file is damaged or of
    another version.
    """
    path = data_dir / SPLITS_FOLDER / METADATA
    metadata = _read(path)
    if not isinstance(metadata, dict):
        raise ValueError(f"{printable(path)} is damaged (no JSON object); {AGAIN} again.")
    if metadata.get("version") != VERSION:
        version = metadata.get("version")
        raise ValueError(
            f"{printable(path)} has version {version}, needed is {VERSION}; {AGAIN} again."
        )
    return metadata


def read_split(data_dir: Path, name: str) -> list[Picture]:
    """The pictures of the split `name` (train, val or test), in the order of their paths.

    Raises `FileNotFoundError` if there are no splits, `ValueError` if a file of them is damaged.
    """
    if name not in SPLITS:
        raise ValueError(f"There is no split {name!r}; there are {', '.join(SPLITS)}.")
    read_splits_metadata(data_dir)  # written last: where it is missing, the rest is not whole
    path = data_dir / SPLITS_FOLDER / f"{name}.json"
    # Each row turns into a picture as it is parsed: dictionaries of a million rows need gigabytes.
    pictures = _read(path, partial(_picture, data_dir.absolute(), name))
    if not isinstance(pictures, list) or not all(isinstance(p, Picture) for p in pictures):
        raise ValueError(
            f"{printable(path)} is damaged (no JSON array of pictures); {AGAIN} again."
        )
    return pictures


def read_equalise(data_dir: Path) -> Equalise | None:
    """How pictures are to be equalised in training and evaluation; None: they stay as they are.

    Raises what `read_splits_metadata` raises.
    """
    equalise = read_splits_metadata(data_dir).get("equalise")
    if equalise is None:
        return None
    try:
        return Equalise(int(equalise["side"]))
    except (KeyError, TypeError, ValueError) as error:
        path = data_dir / SPLITS_FOLDER / METADATA
        raise ValueError(
            f"{printable(path)} is damaged (equalise: {equalise!r}); {AGAIN} again."
        ) from error


def _read(path: Path, object_hook: Any = None) -> Any:
    try:
        return json.loads(path.read_bytes(), object_hook=object_hook)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"There is no {printable(path)}; {AGAIN}.") from error
    except KeyError as error:
        raise ValueError(
            f"{printable(path)} is damaged (a row lacks {error}); {AGAIN} again."
        ) from error
    except (TypeError, ValueError) as error:
        raise ValueError(f"{printable(path)} is damaged ({error}); {AGAIN} again.") from error


def _picture(data_dir: Path, split: str, row: dict[str, Any]) -> Picture:
    """Raises `KeyError`, `TypeError` or `ValueError` for anything but a row of `writing.py`."""
    label = row["label"]
    if label not in LABELS.values():
        raise ValueError(f"label {label!r}")
    path, source, generator = data_dir / row["path"], row["source"], row["generator"]
    return Picture(path, split, label, source, generator, sha256=row["sha256"])
