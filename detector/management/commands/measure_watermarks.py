"""Measures how well method 3 finds invisible watermarks."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from detector.management.base import DetectorCommand, add_corpus, positive


class Command(DetectorCommand):
    help = (
        "Mark photographs with the public package invisible-watermark, treat them as pictures are "
        "on their way, and look for the marks; and look for marks in all pictures as they are."
    )
    expected = (OSError, ValueError)

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_corpus(parser)
        parser.add_argument("--count", type=positive, default=200, help="Photographs to mark.")
        parser.add_argument(
            "--looks",
            type=positive,
            default=10**9,
            help="Most pictures of each class to look at (default: all).",
        )

    def handle(self, **options: Any) -> str:
        from detector.lab.watermarks import to_markdown

        figures = self._figures(options)
        if options["report"]:
            options["report"].write_text(json.dumps(figures, indent=2) + "\n")
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
        counts = rates(self.progress(photographs, desc="marking"))
        sample = draw_each(pictures, options["looks"], seed)
        looks = [answer for p in self.progress(sample, desc="looking") if (answer := look(p))]
        return {**figures, "rates": counts, **summarise_looks(looks)}
