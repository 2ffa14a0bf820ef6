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
        "FOLDER/real_images, which manage.py prepare_genimage takes, and all statements with "
        f"their reasons into FOLDER/{TABLE}. Look at the reasons before you train: anybody may "
        "say anything. A picture that people contradict each other about is left out. Run again, "
        "it writes what is new and deletes what was taken back."
    )
    expected = (OSError,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="folder to write to; made if need be")

    def handle(self, *, folder: Path, **options: Any) -> str:
        from detector.models import Feedback

        for name in FOLDERS.values():
            (folder / name).mkdir(parents=True, exist_ok=True)
        before, rows = _read_files(folder), Feedback.objects.order_by("created_at", "pk")
        disputed = _find_disputed()
        draft, names = folder / f"{TABLE}.part", []
        with draft.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS)
            for row in self.progress(rows.iterator(), total=rows.count(), unit="picture"):
                names.append("" if row.sha256 in disputed else _write_picture(row, folder))
                table.writerow(_describe(row, names[-1]))
        for name in before - set(names):
            (folder / name).unlink(missing_ok=True)
        draft.replace(folder / TABLE)
        return _summarise(names, disputed, folder)


def _read_files(folder: Path) -> set[str]:
    """The pictures that the last run has written, by their paths below the folder."""
    if not (folder / TABLE).exists():
        return set()
    with (folder / TABLE).open(newline="", encoding="utf-8") as file:
        names = {row.get("file") or "" for row in csv.DictReader(file)}
    # The table may have been edited: nothing but pictures of the two folders is ever deleted.
    parts = {name: Path(name).parts for name in names}
    return {n for n, part in parts.items() if len(part) == 2 and part[0] in FOLDERS.values()}


def _find_disputed() -> set[str]:
    """The digests of pictures of which some say that an AI made them, and others that none did."""
    from django.db.models import Count

    from detector.models import Feedback

    truths = Feedback.objects.order_by().values("sha256").annotate(n=Count("truth", distinct=True))
    return set(truths.filter(n__gt=1).values_list("sha256", flat=True))


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


def _summarise(names: list[str], disputed: set[str], folder: Path) -> str:
    pictures = len(set(filter(None, names)))
    said = f"Wrote {len(names)} statements and {pictures} pictures to {printable(folder)}."
    if disputed:
        said += f" Left out, because people contradict each other: {len(disputed)} pictures."
    return said
