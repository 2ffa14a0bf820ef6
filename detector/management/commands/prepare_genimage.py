"""Splits labelled pictures into train, val and test for fine-tuning and evaluation."""

from __future__ import annotations

from argparse import ArgumentParser, BooleanOptionalAction
from pathlib import Path
from typing import Any

from django.conf import settings

from detector.inference.names import printable
from detector.management.base import DetectorCommand, add_data, add_seed, add_workers, share


class Command(DetectorCommand):
    help = (
        "Split pictures in ai_images/ and real_images/, or in GenImage's folders, into train, val "
        "and test: balanced, duplicates together, the same for the same seed. Resumable."
    )
    requires_system_checks: list[str] = []  # no method is needed to split pictures
    needs = ("sklearn",)  # after the scan, which may take hours
    expected = (OSError, ValueError, RuntimeError)
    stopped = "Stopped. Run the command again: it goes on from here."

    def add_arguments(self, parser: ArgumentParser) -> None:
        folder = settings.BASE_DIR / "genimage_data"
        add_data(parser, default=folder, help="Folder of the pictures (default: %(default)s).")
        parser.add_argument("--val-split", type=share, default=0.15, help="Share of val, 0 to 1.")
        parser.add_argument("--test-split", type=share, default=0.15, help="Share of test, 0 to 1.")
        add_seed(parser, 42)
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
        add_workers(parser)

    def handle(self, *, data_dir: Path, equalise: bool | None, **options: Any) -> str:
        from detector.training.genimage.prepare import split_folder
        from detector.training.genimage.summary import summarise

        metadata = split_folder(data_dir, _plan(equalise, options), self.progress)
        text = summarise(metadata, by_user=equalise is not None)
        wrote = f"Wrote {printable(data_dir / 'splits')}."
        return (
            f"{text}\n{wrote} Next: manage.py finetune_hf_models --data-dir {printable(data_dir)}"
        )


def _plan(equalise: bool | None, options: dict[str, Any]) -> Any:
    """Raises `ValueError` for an option that is out of range."""
    from detector.training.genimage.prepare import SplitPlan
    from detector.training.genimage.splitting import Ratios

    ratios = Ratios(options["val_split"], options["test_split"])
    held_out = tuple(options["holdout_generator"] or ())
    return SplitPlan(ratios, options["seed"], held_out, equalise, options["workers"])
