"""Detection for folders, lists and buckets of any size, into one table that a kill leaves whole."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from detector.analysis.answers import NotReady
from detector.checks import trust_lists_are_certificates
from detector.inference.methods import METHODS
from detector.inference.pipeline import Detector
from detector.installation import get_limits, get_runtime, get_setup
from detector.management.base import DetectorCommand, positive
from detector.renderings import csv_line, to_jsonl
from detector.scanning.engines import ENGINES, Engine, Order
from detector.scanning.errors import ScanError
from detector.scanning.ledger import Ledger, make_key
from detector.scanning.pictures import Picture
from detector.scanning.progress import Progress
from detector.scanning.sources import Source, open_source
from detector.scanning.targets import Target, open_target


class Command(DetectorCommand):
    help = (
        "Analyse all pictures of a folder, of a text file of paths, or of s3://bucket/prefix. "
        "After an interruption the same command goes on where it ended."
    )
    needs_site = False
    requires_system_checks: list[str] = []  # a missing method is said in every answer
    expected = (ScanError, NotReady, OSError)
    stopped = "Stopped. All finished pictures are in the output; the same command does the rest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", help="Folder, text file of paths, or s3://bucket/prefix.")
        parser.add_argument(
            "--output",
            type=Path,
            required=True,
            help="File that ends with .jsonl or .csv, or folder that ends with .parquet.",
        )
        parser.add_argument("--engine", choices=list(ENGINES), default="local")
        parser.add_argument("--address", help="ray://host:port of a cluster, for --engine ray.")
        parser.add_argument(
            "--only",
            action="append",
            choices=list(METHODS),
            help="Run this method alone; repeatable.",
        )
        parser.add_argument(
            "--processes",
            type=positive,
            help="Number of pictures that are analysed at once; default: the number of cores.",
        )

    def handle(
        self,
        *,
        source: str,
        output: Path,
        engine: str,
        address: str | None,
        only: list[str] | None,
        processes: int | None,
        **options: Any,
    ) -> str:
        for fault in trust_lists_are_certificates():
            raise CommandError(f"{fault.msg} {fault.hint}")
        if address and engine != "ray":
            raise CommandError("--address is for --engine ray.")
        order = _make_order(only, processes)
        pictures = open_source(source)
        run = ENGINES[engine](order, address)
        with closing(open_target(output, to_jsonl, csv_line)) as target:
            progress = self._scan(run, order.version, pictures, target)
        return self._report(progress, pictures)

    def _scan(self, run: Engine, version: str, source: Source, target: Target) -> Progress:
        progress = Progress(source, self.stderr.write)
        with closing(Ledger(target.keys())) as ledger, closing(progress):
            for row in run(_unfinished(source, ledger, version, progress)):
                target.append(row)
                progress.add(failed="error" in row)
        return progress

    def _report(self, progress: Progress, source: Source) -> str:
        for sentence in source.left_out:
            self.stderr.write(sentence)
        if not progress.done + progress.skipped:
            raise CommandError("There is no picture in the source.")
        if source.unread:
            raise CommandError(f"{source.unread} folders or files could not be read.")
        errors = f" {progress.errors:,} have an error in their row." if progress.errors else ""
        return progress.sentence() + errors


def _make_order(only: list[str] | None, processes: int | None) -> Order:
    methods = tuple(only) if only else None
    # One thread for each process: as many processes as cores keep all cores busy already.
    runtime = replace(get_runtime(), threads=1)
    setup = get_setup(runtime, methods)
    version = Detector(runtime, only=methods).version
    return Order(setup, get_limits(), settings.ANALYSIS_TIMEOUT, version, processes)


def _unfinished(
    source: Iterable[Picture], ledger: Ledger, version: str, progress: Progress
) -> Iterator[Picture]:
    """The pictures without a row of this version; the others are counted."""
    for picture in source:
        if ledger.claim(make_key(picture, version)):
            yield picture
        else:
            progress.skip()
