"""Splits labelled pictures into train, val and test for fine-tuning and evaluation."""

from __future__ import annotations

import os
from argparse import ArgumentParser, BooleanOptionalAction
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from detector.inference.names import shown


class Command(BaseCommand):
    help = (
        "Split pictures in ai_images/ and real_images/, or in GenImage's folders, into train, val "
        "and test: balanced, duplicates together, the same for the same seed. Resumable."
    )
    requires_system_checks: list[str] = []  # no method is needed to prepare pictures

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--data-dir",
            type=Path,
            default=settings.BASE_DIR / "genimage_data",
            help="Folder of the pictures (default: %(default)s).",
        )
        parser.add_argument("--val-split", type=float, default=0.15, help="Share of val, 0 to 1.")
        parser.add_argument("--test-split", type=float, default=0.15, help="Share of test, 0 to 1.")
        parser.add_argument("--seed", type=int, default=42, help="Of the draws.")
        parser.add_argument(
            "--holdout-generator",
            nargs="+",
            action="extend",
            metavar="NAME",
            help="Put all AI pictures of these generators into test.",
        )
        parser.add_argument(
            "--equalise",
            action=BooleanOptionalAction,
            help="Let training and evaluation re-encode and rescale both classes alike (default: "
            "where the class can be told from file format and size).",
        )
        parser.add_argument("--workers", type=int, default=os.cpu_count(), help="Processes.")

    def handle(self, *, data_dir: Path, equalise: bool | None, **options: Any) -> str:
        from detector.training.genimage.prepare import prepare
        from detector.training.genimage.summary import summarise

        progress = partial(tqdm, file=self.stderr._out, disable=None)
        try:
            metadata = prepare(data_dir, _plan(equalise, options), progress)
        except (OSError, ValueError, RuntimeError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as error:
            raise CommandError("Stopped. Run the command again: it goes on from here.") from error
        text = summarise(metadata, chosen=equalise is not None)
        wrote = f"Wrote {shown(data_dir / 'splits')}."
        return f"{text}\n{wrote} Next: manage.py finetune_hf_models --data-dir {shown(data_dir)}"


def _plan(equalise: bool | None, options: dict[str, Any]) -> Any:
    """Raises `ValueError` for an option that is out of range."""
    from detector.training.genimage.prepare import Plan
    from detector.training.genimage.splitting import Ratios

    ratios = Ratios(options["val_split"], options["test_split"])
    held_out = tuple(options["holdout_generator"] or ())
    return Plan(ratios, options["seed"], held_out, equalise, options["workers"])
