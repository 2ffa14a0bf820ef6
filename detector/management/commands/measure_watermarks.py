"""Measures how well method 3 finds invisible watermarks."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm


class Command(BaseCommand):
    help = (
        "Mark photographs with the public package invisible-watermark, treat them as pictures are "
        "on their way, and look for the marks; and look for marks in all pictures as they are."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data-dir", "--data", type=Path, required=True, help="Corpus folder.")
        parser.add_argument("--split", default="val", help="default: %(default)s")
        parser.add_argument("--count", type=int, default=200, help="Photographs to mark.")
        parser.add_argument(
            "--looks", type=int, default=10**9, help="Most to look at of each class; default: all."
        )
        parser.add_argument("--report", type=Path, help="JSON file to write.")
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, **options: Any) -> str:
        for name in ("count", "looks"):
            if options[name] < 1:
                said = f"--{name} is {options[name]}; accepted are whole numbers from 1 up."
                raise CommandError(said)
        from detector.lab.watermarks import to_markdown

        try:
            figures = self._figures(options)
            if options["report"]:
                options["report"].write_text(json.dumps(figures, indent=2) + "\n")
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        return to_markdown(figures)

    def _figures(self, options: dict[str, Any]) -> dict[str, Any]:
        from detector.lab.watermarks import (
            choose_photographs,
            draw_each,
            find_encoder,
            look,
            rates,
            summarise_looks,
        )
        from detector.training.corpus.labelled import read_corpus

        find_encoder()  # before minutes are spent on reading
        split, seed = options["split"], options["seed"]
        pictures = [p for p in read_corpus(options["data_dir"]) if p.split == split]
        photographs = choose_photographs(pictures, options["count"], seed)
        figures = {"split": split, "seed": seed, "photographs": len(photographs)}
        found = rates(self._progress(photographs, "marking"))
        drawn = draw_each(pictures, options["looks"], seed)
        looks = [seen for p in self._progress(drawn, "looking") if (seen := look(p))]
        return {**figures, "rates": found, **summarise_looks(looks)}

    def _progress(self, items: Iterable[Any], doing: str) -> Iterable[Any]:
        bar: Iterable[Any] = tqdm(items, desc=doing, file=self.stderr._out, disable=None)
        return bar
