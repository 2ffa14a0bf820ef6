"""Writes the pictures of which people said what is true into folders that training takes."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.inference.names import printable
from detector.management.base import DetectorCommand

if TYPE_CHECKING:
    from detector.models import Feedback

TABLE = "feedback.csv"
COLUMNS = ("file", "sha256", "truth", "outcome", "was_right", "score", "version", "said", "reason")
# The names of the classes' folders for `manage.py prepare_genimage`.
FOLDERS = {"ai": "ai_images", "real": "real_images"}
PIECE = 2**20


class Command(DetectorCommand):
    help = (
        "Write the pictures that people agreed to have kept into FOLDER/ai_images and "
        "FOLDER/real_images, which manage.py prepare_genimage takes, and all feedback with its "
        f"reasons into FOLDER/{TABLE}. Look at the reasons before you train: anybody may say "
        "anything. Pictures that are there already are not written again."
    )
    expected = (OSError,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="folder to write to; made if need be")

    def handle(self, *, folder: Path, **options: Any) -> str:
        from detector.models import Feedback

        rows = Feedback.objects.order_by("created_at", "pk")
        for name in FOLDERS.values():
            (folder / name).mkdir(parents=True, exist_ok=True)
        draft = folder / f"{TABLE}.part"
        pictures = 0
        with draft.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS)
            for row in self.progress(rows.iterator(), total=rows.count(), unit="picture"):
                name = _write_picture(row, folder)
                pictures += bool(name)
                table.writerow(_describe(row, name))
        draft.replace(folder / TABLE)
        said = f"Wrote {rows.count()} statements, {pictures} of them with a picture, to "
        return f"{said}{printable(folder)}."


def _write_picture(row: Feedback, folder: Path) -> str:
    """The path of the picture below the folder; empty where none is kept or it is gone."""
    if not row.picture:
        return ""
    name = f"{FOLDERS[row.truth]}/{row.sha256[:32]}.{row.format.lower()}"
    path = folder / name
    if path.exists():
        return name
    draft = path.with_suffix(".part")
    try:
        with row.picture.open() as source, draft.open("wb") as target:
            while piece := source.read(PIECE):
                target.write(piece)
    except FileNotFoundError:  # deleted from the storage by hand
        return ""
    draft.replace(path)
    return name


def _describe(row: Feedback, name: str) -> list[str]:
    right = {True: "yes", False: "no", None: ""}[row.was_right]
    score = "" if row.score is None else f"{row.score:.4f}"
    said = row.created_at.isoformat(timespec="seconds")
    reason = _as_text(row.reason)
    return [name, row.sha256, row.truth, row.outcome, right, score, row.version, said, reason]


def _as_text(reason: str) -> str:
    """A reason that no spreadsheet takes for a formula."""
    line = printable(" ".join(reason.split()))
    return f"'{line}" if line[:1] in ("=", "+", "-", "@") else line
