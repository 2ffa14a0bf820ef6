"""Tests whether the heat map of a method shows where its evidence is."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from detector.inference.images import ImageError
from detector.installation import get_runtime, read_image
from detector.management.base import DetectorCommand, add_corpus, add_workers, positive


class Command(DetectorCommand):
    help = (
        "Mask the tenth of each AI picture that argues most for AI, and random tenths: the "
        "first must lower the score of the method more."
    )
    expected = (OSError, ValueError)

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_corpus(parser)
        parser.add_argument(
            "--method",
            choices=["deep_learning", "huggingface"],
            default="deep_learning",
            help="default: %(default)s",
        )
        parser.add_argument(
            "--per-source", type=positive, default=10, help="Most pictures of one source."
        )
        add_workers(parser, "Number of threads.", default=4)

    def handle(self, **options: Any) -> str:
        text = json.dumps(self._figures(options), indent=2)
        if options["report"]:
            options["report"].write_text(text + "\n")
        return text

    def _figures(self, options: dict[str, Any]) -> dict[str, Any]:
        from detector.inference.methods import METHODS
        from detector.lab.deletion import falls, middle_square, summarise_falls
        from detector.training.corpus.labelled import cap_sources, read_corpus

        pictures_of_split = [
            p for p in read_corpus(options["data_dir"]) if p.split == options["split"]
        ]
        pictures = cap_sources(
            [p for p in pictures_of_split if p.label == 1], options["per_source"], options["seed"]
        )
        method = METHODS[options["method"]].method_class()(get_runtime())

        def look(index: int) -> dict[str, float] | None:
            try:
                image = read_image(pictures[index].path)
                seen = middle_square(image) if options["method"] == "huggingface" else image
                return falls(method, seen, options["seed"] + index)
            except ImageError:
                return None

        with ThreadPoolExecutor(options["workers"]) as pool:
            results = pool.map(look, range(len(pictures)))
            usable = [fall for fall in self.progress(results, total=len(pictures)) if fall]
        if not usable:
            raise ValueError(f"No AI picture of {options['split']} could be scored.")
        sources = len({picture.source for picture in pictures})
        return {"split": options["split"], "sources": sources, **summarise_falls(usable)}
