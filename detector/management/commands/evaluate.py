"""Measures every pixel method and the verdict on labelled pictures that were not trained on."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from detector.services import get_detector


class Command(BaseCommand):
    help = (
        "Measure methods 1, 2 and 4 and the verdict on one split of a corpus, both classes "
        "re-encoded alike. Method 3 is left out: re-encoding removes what it reads."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="Corpus folder.")
        parser.add_argument("--split", default="val", choices=["train", "val"])
        parser.add_argument("--conditions", nargs="+", help="Of the re-encodings (default: all).")
        parser.add_argument(
            "--per-source", type=int, default=60, help="At most so many of a source."
        )
        parser.add_argument("--report", type=Path, help="Folder for report.json and report.md.")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--workers", type=int, default=4, help="Threads.")

    def handle(self, **options: Any) -> str:
        from detector.training.augment import CONDITIONS
        from detector.training.evaluation import to_markdown

        unknown = set(options["conditions"] or ()) - set(CONDITIONS)
        if unknown:
            raise CommandError(
                f"Unknown condition {sorted(unknown)}; there are {list(CONDITIONS)}."
            )
        report = self._measure(options["conditions"] or list(CONDITIONS), options)
        text = to_markdown(report)
        if folder := options["report"]:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "report.json").write_text(json.dumps(report, indent=2) + "\n")
            (folder / "report.md").write_text(text)
        return text

    def _measure(self, conditions: list[str], options: dict[str, Any]) -> dict[str, Any]:
        from detector.training.corpus import cap_sources, read_corpus
        from detector.training.evaluation import evaluate_condition
        from detector.training.scoring import score_pictures

        try:
            pictures = [p for p in read_corpus(options["data"]) if p.split == options["split"]]
        except OSError as error:
            raise CommandError(str(error)) from error
        pictures = cap_sources(pictures, options["per_source"], options["seed"])
        detector = get_detector()
        stream = score_pictures(detector.detect, pictures, lambda _: conditions, options["workers"])
        bar = tqdm(stream, total=len(pictures), file=self.stderr._out, disable=None)
        found = {index: verdicts for index, verdicts in bar if verdicts}
        kept = [pictures[index] for index in found]
        if {picture.label for picture in kept} != {0, 1}:
            raise CommandError(f"Split {options['split']} needs readable pictures of both classes.")
        return {
            "split": options["split"],
            "about": _about(kept, options["per_source"], detector.version),
            "conditions": {
                name: evaluate_condition(kept, [verdicts[name] for verdicts in found.values()])
                for name in conditions
            },
        }


def _about(pictures: list[Any], per_source: int, version: str) -> str:
    sources = len({picture.source for picture in pictures})
    generators = len({picture.generator for picture in pictures if picture.generator})
    return (
        f"{len(pictures)} pictures of {sources} sources (at most {per_source} of one source and "
        f"class), {generators} generator names; version {version}. Intervals: bootstrap over "
        'pictures for AUROC, Wilson for shares. Under "clean" the files are as they are, and a '
        "method may read the format; under the others both classes were re-encoded alike."
    )
