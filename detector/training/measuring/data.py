"""Which labelled pictures are measured: a split of a data folder, or a folder of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from detector.inference.folders import File
from detector.inference.names import brief, printable
from detector.training.corpus.labelled import LABELS, Picture, cap_sources, read_corpus
from detector.training.genimage.equalise import Equalise
from detector.training.genimage.layout import UNKNOWN, find_files
from detector.training.genimage.splits import SPLITS, SPLITS_FOLDER, read_equalise, read_split

CLASS_FOLDERS = {"ai": 1, "ai_images": 1, "real": 0, "real_images": 0, "nature": 0}
LAYOUTS = "ai_images/ and real_images/, ai/ and real/, or ai/ and nature/, at any depth"


@dataclass(frozen=True)
class LabelledPictures:
    """Pictures of both classes below `root`, of the split or folder `name`.

    `equalise` is what both classes go through before anything but "clean" is measured; `left_out`
    says what else was found there.
    """

    root: Path
    name: str
    pictures: list[Picture]
    equalise: Equalise | None = None
    left_out: tuple[str, ...] = ()

    def capped(self, limit: int | None, seed: int) -> LabelledPictures:
        """At most `limit` pictures of each source and class, drawn at random; None: all."""
        if limit is None:
            return self
        return replace(self, pictures=cap_sources(self.pictures, limit, seed))

    def named(self, picture: Picture) -> str:
        """The path of a picture within `root`."""
        path = picture.path.absolute()
        return str(path.relative_to(self.root) if path.is_relative_to(self.root) else path)


def find_labelled(split: str, data_dir: Path) -> LabelledPictures:
    """The pictures of the split of `data_dir`, or of the folder, that `split` names.

    Raises `ValueError` or `OSError` with a sentence on what is wrong and what is accepted.
    """
    if split in SPLITS:
        pictures = _of_split(split, data_dir)
    elif Path(split).is_dir():
        pictures = _of_folder(Path(split))
    else:
        raise ValueError(
            f"There is no split {split!r}, nor such a folder; accepted are {', '.join(SPLITS)} of "
            f"--data-dir, or a folder with {LAYOUTS}."
        )
    _check_classes(pictures)
    return pictures


def _of_split(split: str, data_dir: Path) -> LabelledPictures:
    root = data_dir.absolute()
    if (data_dir / SPLITS_FOLDER).is_dir():
        return LabelledPictures(root, split, read_split(data_dir, split), read_equalise(data_dir))
    try:
        pictures = read_corpus(root)
    except FileNotFoundError as error:
        raise ValueError(f"{error} Or let manage.py prepare_genimage write its splits.") from error
    splits = sorted({picture.split for picture in pictures})
    if split not in splits:
        raise ValueError(f"{printable(data_dir)} has no split {split}; it has {', '.join(splits)}.")
    return LabelledPictures(
        root, split, [picture for picture in pictures if picture.split == split]
    )


def _of_folder(folder: Path) -> LabelledPictures:
    root = folder.resolve()
    walk = find_files(root)
    pictures = sorted(_labelled_files(root, walk), key=lambda picture: picture.path)
    left_out = tuple(walk.left_out.sentences())
    if not pictures:
        sentence = f"There are no labelled pictures in {printable(folder)}; needed is {LAYOUTS}."
        raise ValueError(" ".join([sentence, *left_out]))
    return LabelledPictures(root, root.name, pictures, left_out=left_out)


def _labelled_files(root: Path, files: Iterable[File]) -> Iterator[Picture]:
    for file in files:
        folders = file.path.split("/")[:-1]
        places = [i for i, name in enumerate(folders) if name.lower() in CLASS_FOLDERS]
        labels = {CLASS_FOLDERS[folders[place].lower()] for place in places}
        if len(labels) > 1:
            raise ValueError(
                f"{brief(file.path)} lies below folders of both classes; which one is it?"
            )
        if labels:
            label = labels.pop()
            source = _source(root, folders, places[0])
            generator = (source or UNKNOWN) if label else ""
            yield Picture(root / file.path, "", label, source or root.name, generator)


def _source(root: Path, folders: list[str], place: int) -> str:
    """The folder that names where pictures come from; "" if none does.

    The one around GenImage's train and val, else the first below the folder of the class, else
    the one that the folder of the class stands in.
    """
    above = [*root.parts, *folders[:place]]
    if above[-1].lower() in SPLITS:
        return above[-2]
    below = folders[place + 1 : place + 2] or folders[max(place - 1, 0) : place]
    return "".join(below)


def _check_classes(data: LabelledPictures) -> None:
    """Raises `ValueError` if a class is missing."""
    labels = {picture.label for picture in data.pictures}
    if missing := [name for name, label in LABELS.items() if label not in labels]:
        raise ValueError(
            f"{printable(data.name)} of {printable(data.root)} has no "
            f"{' and no '.join(missing)} pictures; needed are both classes, ai and real. "
            + " ".join(data.left_out)
        )
