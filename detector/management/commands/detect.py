"""Was this made by an AI? The same answer as on the page, for files, folders and globs."""

from __future__ import annotations

import glob
import os
import re
import uuid
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from detector.analysis.answers import NeedsMemory
from detector.checks import trust_lists_are_certificates
from detector.inference.folders import Tally, Walk
from detector.inference.images import ImageError
from detector.inference.methods import METHODS
from detector.inference.names import brief
from detector.inference.pipeline import Detector
from detector.inference.reshipping import check_stability
from detector.installation import get_runtime, read_image
from detector.management.base import DetectorCommand
from detector.renderings import RENDERINGS

Row = dict[str, Any]


class Command(DetectorCommand):
    help = "Say for each picture whether an AI made it."
    needs_site = False  # it reads no database, and starts in half the time
    requires_system_checks: list[str] = []  # a missing method is said in every answer

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH", help="File, folder or glob.")
        parser.add_argument("--format", choices=list(RENDERINGS), default="table")
        parser.add_argument(
            "--only",
            action="append",
            choices=list(METHODS),
            help="Run only this method; repeatable.",
        )
        parser.add_argument(
            "--stability",
            action="store_true",
            help="Also check whether the result stays the same when the picture is passed on.",
        )

    def handle(
        self,
        *,
        paths: list[str],
        format: str,
        only: list[str] | None,
        stability: bool,
        **options: Any,
    ) -> None:
        for fault in trust_lists_are_certificates():
            raise CommandError(f"{fault.msg} {fault.hint}")
        detector = Detector(get_runtime(), only=tuple(only) if only else None)
        header, render = RENDERINGS[format]
        if header:
            self.stdout.write(header())
        total = failures = 0
        search = Search()
        pictures = search.find(paths)
        for sentence in search.left_out:
            self.stderr.write(sentence)
        rows = detect_paths(detector, pictures, with_stability=stability)
        for row in self._with_progress(rows, len(pictures)):
            self.stdout.write(render(row))
            total += 1
            failures += "error" in row
        if failures:
            raise CommandError(f"{failures} of {total} could not be read.")
        if search.unread:
            raise CommandError(f"{search.unread} folders or files in them could not be read.")
        if not total:
            raise CommandError("There is no picture in these folders.")

    def _with_progress(self, rows: Iterable[Row], count: int) -> Iterator[Row]:
        """The rows, with a bar on standard error, out of the way while a row is written."""
        if count < 2:
            yield from rows  # one answer is not to wait for the import of the bar
            return
        from tqdm import tqdm

        with tqdm(total=count, disable=None, leave=False) as bar:
            for row in rows:
                with tqdm.external_write_mode():
                    yield row
                bar.update()


class Search:
    """The pictures that arguments name. `left_out` says what folders hold beside, `unread` counts
    what could not be read in them.
    """

    def __init__(self) -> None:
        self.left_out: list[str] = []
        self.unread = 0
        self._links = Tally()

    def find(self, arguments: Iterable[str]) -> list[Path]:
        """The files named, each once an argument; folders are searched at any depth."""
        paths = [path for argument in arguments for path in dict.fromkeys(self._match(argument))]
        if self._links.count:
            self.left_out.append(
                f"Left out: {self._links.count:,} links to folders that a glob has met; the first "
                f"is {brief(self._links.first)}. Name such a folder to search it."
            )
        return paths

    def _match(self, argument: str) -> Iterator[Path]:
        # A name that exists is meant as it is, even with brackets in it.
        if os.path.exists(argument) or not glob.has_magic(argument):
            yield from self._pictures_at(Path(argument))
            return
        matches = expand(argument)
        for base, inner in matches:
            if link := first_link(base, inner):
                self._links.add(str(link))
            else:
                yield from self._pictures_at(base / inner)
        if not matches:
            yield Path(argument)

    def _pictures_at(self, path: Path) -> list[Path]:
        if not os.path.isdir(path):
            return [path]
        walk = Walk(path)
        files = sorted(path / file.path for file in walk)
        self.unread += walk.left_out.faults.count
        self.left_out += [f"{brief(path)}: {sentence}" for sentence in walk.left_out.sentences()]
        return files


def expand(pattern: str) -> list[tuple[Path, Path]]:
    """What a glob matches, sorted: the folder that it starts from, and the path below that.

    Hidden names are matched where the pattern asks for them. pathlib's `**` does not follow links
    to folders, as that of `glob` does.
    """
    parts = Path(pattern).parts
    start = next(place for place, part in enumerate(parts) if glob.has_magic(part))
    base, patterns = Path(*parts[:start]), parts[start:]
    if patterns[-1] == "**":  # it matches folders alone; this finds what is in them as well
        patterns = (*patterns, "*")
    try:
        paths = [path.relative_to(base) for path in base.glob(str(Path(*patterns)))]
    except (OSError, ValueError, re.error, NotImplementedError):
        return []  # no pattern: it is said that there is no such file
    with_hidden = any(part.startswith(".") for part in patterns)
    visible = (
        path for path in paths if with_hidden or not any(n.startswith(".") for n in path.parts)
    )
    return [(base, path) for path in sorted(visible)]


def first_link(base: Path, inner: Path) -> Path | None:
    """The first link to a folder on the way from `base` to a match, if there is one."""
    steps = [base / above for above in reversed(inner.parents) if above != Path()] + [base / inner]
    return next((step for step in steps if step.is_symlink() and step.is_dir()), None)


def detect_paths(
    detector: Detector, paths: Iterable[Path], *, with_stability: bool = False
) -> Iterator[Row]:
    """For each picture its `path` and its result, or `error` where it cannot be read."""
    for path in paths:
        # A name need not be UTF-8, but what is printed must be.
        name = os.fsencode(path).decode(errors="backslashreplace")
        try:
            image = read_image(path)
            verdict = detector.detect(image)
            if with_stability:
                verdict = check_stability(detector, image, verdict)
            full_verdict = verdict.named(
                Path(name).name, id=str(uuid.uuid4()), created=timezone.now()
            )
            yield {"path": name, **full_verdict.to_dict()}
        except ImageError as error:
            yield {"path": name, "error": str(error)}
        except MemoryError:
            yield {"path": name, "error": str(NeedsMemory())}
