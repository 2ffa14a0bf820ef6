"""Finds the pictures of a data folder, and reads label and source off their folders.

Two layouts, which may stand side by side; folder names match in any case:
`ai_images/[<source>/...]` and `real_images/[<source>/...]`, and GenImage's
`.../<generator>/{train,val}/{ai,nature}/...` at any depth.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from detector.inference.folders import Walk

from .splits import SPLITS_FOLDER

LAYOUTS = (
    "ai_images/ and real_images/, or <generator>/train/ai and <generator>/train/nature "
    "(val as well as train)"
)
CLASS_FOLDERS = {"ai_images": 1, "real_images": 0}
GENIMAGE_SPLITS = ("train", "val")
GENIMAGE_CLASSES = {"ai": 1, "nature": 0}
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Place:
    """The label and the source that the folders of a picture give.

    `source` is the folder that it came in, for both classes; `generator` is that of an AI picture
    and "" for a real one.
    """

    label: int
    source: str
    generator: str


def find_files(data_dir: Path) -> Walk:
    """The pictures below `data_dir`, but for its `splits` folder."""
    return Walk(data_dir, skip=frozenset({SPLITS_FOLDER}))


def place_of(path: str) -> Place | None:
    """The place of `path`, relative to the data folder; None outside both layouts."""
    return _place(path.rpartition("/")[0])


@lru_cache(maxsize=4096)  # a million pictures may be in a million folders
def _place(folder: str) -> Place | None:
    parts = folder.split("/")
    # GenImage's folders come first: they say more, also for a generator put below ai_images/.
    return _genimage_place(parts) or _class_folder_place(parts)


def _genimage_place(parts: list[str]) -> Place | None:
    for index, (outer, inner) in enumerate(zip(parts, parts[1:], strict=False)):
        if outer.lower() in GENIMAGE_SPLITS and inner.lower() in GENIMAGE_CLASSES:
            return _of(GENIMAGE_CLASSES[inner.lower()], parts[index - 1] if index else "")
    return None


def _class_folder_place(parts: list[str]) -> Place | None:
    label = CLASS_FOLDERS.get(parts[0].lower())
    return None if label is None else _of(label, parts[1] if len(parts) > 1 else "")


def _of(label: int, source: str) -> Place:
    names = {number: name for name, number in CLASS_FOLDERS.items()}
    generator = (source or UNKNOWN) if label else ""
    return Place(label, source or names[label], generator)
