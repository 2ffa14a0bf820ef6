"""Writes the digests by which serving knows that the weights are those that ship."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from detector.inference.runtime import WEIGHTS_DIR
from detector.inference.weights.folder import DIGESTS, write_digests
from detector.management.base import DetectorCommand


class Command(DetectorCommand):
    help = (
        f"Write {DIGESTS} of every weights folder from the files that are in it now. Training does "
        "so by itself; this command is for weights that were changed by hand."
    )
    requires_system_checks: list[str] = []  # what the checks miss is mended here
    expected = (OSError,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--weights", type=Path, default=WEIGHTS_DIR, help="Weights folder.")

    def handle(self, *, weights: Path, **options: Any) -> str:
        folders = sorted(folder for folder in weights.iterdir() if folder.is_dir())
        for folder in folders:
            write_digests(folder)
        if not folders:
            raise CommandError(f"There is no weights folder in {weights}.")
        return f"Wrote {DIGESTS} of {', '.join(folder.name for folder in folders)}."
