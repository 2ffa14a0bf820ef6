"""Was this made by an AI? The same answer as on the page, for files, folders and globs."""

from __future__ import annotations

import glob
import os
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from detector.checks import trust_lists_are_certificates
from detector.inference.images import SUFFIXES, ImageError
from detector.inference.methods import METHODS
from detector.inference.pipeline import Detector
from detector.renderings import RENDERINGS
from detector.services import get_runtime, read_image

Row = dict[str, Any]


class Command(BaseCommand):
    help = "Tell for each picture whether it was made by an AI."
    requires_system_checks: list[str] = []  # a missing method is said in every answer

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH", help="File, folder or glob.")
        parser.add_argument("--format", choices=list(RENDERINGS), default="table")
        parser.add_argument(
            "--only",
            action="append",
            choices=list(METHODS),
            help="Run this method alone; repeatable.",
        )

    def handle(
        self, *, paths: list[str], format: str, only: list[str] | None, **options: Any
    ) -> None:
        for fault in trust_lists_are_certificates():
            raise CommandError(f"{fault.msg} {fault.hint}")
        detector = Detector(get_runtime(), only=tuple(only) if only else None)
        header, render = RENDERINGS[format]
        if header:
            self.stdout.write(header())
        total = unread = 0
        pictures = list(find_pictures(paths))
        for row in self._with_progress(detect_paths(detector, pictures), len(pictures)):
            self.stdout.write(render(row))
            total += 1
            unread += "error" in row
        if not total:
            raise CommandError("There is no picture in the folders given.")
        if unread:
            raise CommandError(f"{unread} of {total} could not be read.")

    def _with_progress(self, rows: Iterable[Row], count: int) -> Iterator[Row]:
        """The rows, with a bar on standard error, out of the way while a row is written."""
        if count < 2:
            yield from rows  # one answer is not to wait for the import of the bar
            return
        from tqdm import tqdm

        with tqdm(total=count, file=self.stderr._out, disable=None, leave=False) as bar:
            for row in rows:
                with tqdm.external_write_mode(self.stdout._out):
                    yield row
                bar.update()


def find_pictures(arguments: Iterable[str]) -> Iterator[Path]:
    """The files that the arguments name; folders are searched for pictures at any depth."""
    for argument in arguments:
        # A name that exists is meant as it is, even with brackets in it.
        found = [] if os.path.exists(argument) else sorted(glob.glob(argument, recursive=True))
        for match in found or [argument]:
            yield from _pictures_in(Path(match)) if os.path.isdir(match) else [Path(match)]


def _pictures_in(folder: Path) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in files if path.suffix.lower() in SUFFIXES)


def detect_paths(detector: Detector, paths: Iterable[Path]) -> Iterator[Row]:
    """One JSON object a picture, with `error` where the file cannot be read."""
    for path in paths:
        # A name need not be UTF-8, but what is printed must be.
        name = os.fsencode(path).decode(errors="backslashreplace")
        try:
            image = read_image(path)
        except ImageError as error:
            yield {"path": name, "error": str(error)}
        else:
            result = detector.detect(image).to_dict()
            yield {"path": name, "sha256": image.sha256} | result
