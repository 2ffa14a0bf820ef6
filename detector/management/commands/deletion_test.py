"""Tests whether the heat map of method 1 shows where its evidence is."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from detector.inference.images import ImageError
from detector.services import get_runtime, read_image


class Command(BaseCommand):
    help = (
        "Mask the tenth of each AI picture that argues most for AI, and tenths at random: the "
        "first must lower the score of method 1 more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data-dir", "--data", type=Path, required=True, help="Corpus folder.")
        parser.add_argument("--split", default="val", help="default: %(default)s")
        parser.add_argument("--per-source", type=int, default=10, help="Most of one source.")
        parser.add_argument("--report", type=Path, help="JSON file to write.")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--workers", type=int, default=4, help="Threads.")

    def handle(self, **options: Any) -> str:
        try:
            figures = self._figures(options)
            text = json.dumps(figures, indent=2)
            if options["report"]:
                options["report"].write_text(text + "\n")
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        return text

    def _figures(self, options: dict[str, Any]) -> dict[str, Any]:
        from detector.inference.methods.deep_learning import DeepLearning
        from detector.lab.deletion import falls, summarise_falls
        from detector.training.corpus.labelled import cap_sources, read_corpus

        wanted = [p for p in read_corpus(options["data_dir"]) if p.split == options["split"]]
        pictures = cap_sources(
            [p for p in wanted if p.label == 1], options["per_source"], options["seed"]
        )
        method = DeepLearning(get_runtime())

        def look(index: int) -> dict[str, float] | None:
            try:
                return falls(method, read_image(pictures[index].path), options["seed"] + index)
            except ImageError:
                return None

        with ThreadPoolExecutor(options["workers"]) as pool:
            found = pool.map(look, range(len(pictures)))
            bar = tqdm(found, total=len(pictures), file=self.stderr._out, disable=None)
            usable = [fall for fall in bar if fall]
        if not usable:
            raise ValueError(f"No AI picture of {options['split']} could be scored.")
        sources = len({picture.source for picture in pictures})
        return {"split": options["split"], "sources": sources, **summarise_falls(usable)}
