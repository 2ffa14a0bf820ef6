"""Measures every method and the verdict on labelled pictures that were not trained on."""

from __future__ import annotations

import os
import shlex
from argparse import ArgumentParser
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from detector.accuracy.conditions import USUAL
from detector.inference.methods import METHODS
from detector.inference.names import printable
from detector.installation import get_detector
from detector.management.base import DetectorCommand, add_data, add_seed, add_workers, positive


class Command(DetectorCommand):
    help = (
        "Measure every method and the verdict on labelled pictures, unchanged and re-encoded. "
        "To resume, run it again. Re-encoding removes the data that method 3 reads."
    )
    needs = ("jinja2", "matplotlib")  # for the report, after the long work
    expected = (OSError, ValueError)
    stopped = "Stopped. The measurements are kept: the same command continues from here."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--split",
            default="test",
            help="train, val or test of --data-dir, or a folder with ai_images/ and real_images/, "
            "ai/ and real/, or ai/ and nature/ at any depth (default: %(default)s).",
        )
        add_data(
            parser,
            default=settings.BASE_DIR / "genimage_data",
            help="A folder that prepare_genimage has split, or a corpus (default: genimage_data).",
        )
        parser.add_argument("--conditions", nargs="+", help="Measure only under these conditions.")
        parser.add_argument(
            "--robustness",
            action="store_true",
            help="Also measure after JPEG 90 to 30, WebP, half size, blur and a screenshot.",
        )
        parser.add_argument(
            "--per-source", type=positive, help="Most pictures of each source and class."
        )
        parser.add_argument(
            "--report", type=Path, help="Folder for report.json, .csv, .md and .html."
        )
        add_seed(parser, 0, "Seed of --per-source and of the bootstrap.")
        add_workers(parser, "Number of threads.")

    def handle(self, **options: Any) -> str:
        from detector.inference.verdict.fusion import load_fusion
        from detector.inference.version import without_context
        from detector.training.measuring.data import find_labelled
        from detector.training.measuring.report import EvaluationRequest, build_report, write_report
        from detector.training.measuring.tables import to_markdown

        conditions = _conditions(options)
        _check_writable(options["report"])
        data = find_labelled(options["split"], options["data_dir"])
        for sentence in data.left_out:
            self.stderr.write(sentence)
        data = data.capped(options["per_source"], options["seed"])
        detector = get_detector()
        self._warn_of_known(detector.runtime.weights_dir, data.pictures)
        version = without_context(detector.version)
        measurement = self._measure(detector, version, data, conditions, options)
        request = EvaluationRequest(
            command_line(options, data.root.name), version, options["per_source"], options["seed"]
        )
        report = build_report(data, measurement, request, load_fusion(detector.runtime.weights_dir))
        if options["report"]:
            write_report(options["report"], report)
        return to_markdown(report)

    def _warn_of_known(self, weights_dir: Path, pictures: list[Any]) -> None:
        """Say so where a method has learnt from sources that it is to be measured on."""
        from detector.training.corpus.learnt_sources import known_to

        for folder in chain.from_iterable(spec.weights for spec in METHODS.values()):
            # Weights that are missing or of another origin are no reason not to measure the rest.
            with suppress(OSError, ValueError):
                if sources := known_to(weights_dir / folder, pictures):
                    names = ", ".join(map(printable, sources[:3])) + (
                        " and others" if len(sources) > 3 else ""
                    )
                    self.stderr.write(
                        f"Warning: {folder} has learnt from {len(sources)} of the sources "
                        f"({names}): its figures on these sources are too good."
                    )

    def _measure(
        self,
        detector: Any,
        version: str,
        data: Any,
        conditions: list[str],
        options: dict[str, Any],
    ) -> Any:
        from detector.training.measuring.cache import OutcomeCache
        from detector.training.measuring.run import measure

        cache = OutcomeCache(settings.DATA_DIR / "evaluations", data, version)
        return measure(
            detector,
            data,
            conditions,
            cache,
            workers=options["workers"],
            progress=self.progress,
        )


def _conditions(options: dict[str, Any]) -> list[str]:
    """The conditions to measure under, in the order of the table. Raises `CommandError`."""
    from detector.training.pictures.augment import CONDITIONS

    names = options["conditions"] or (CONDITIONS if options["robustness"] else USUAL)
    if unknown := set(names) - set(CONDITIONS):
        raise CommandError(f"Unknown condition {sorted(unknown)}; accepted are {list(CONDITIONS)}.")
    if options["conditions"] and options["robustness"]:
        raise CommandError("--conditions and --robustness both name the conditions; give only one.")
    return [name for name in CONDITIONS if name in names]


def _check_writable(folder: Path | None) -> None:
    """Raises `CommandError` before the long work instead of after it."""
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(None, "no permission to write")
    except OSError as error:
        raise CommandError(
            f"--report {folder} cannot be written: {error.strerror}. It must be a folder, or a "
            "name at which a folder can be made."
        ) from error


def command_line(options: dict[str, Any], folder: str) -> str:
    """The command as it can be typed again; of the data folder only its name."""
    words = ["manage.py", "evaluate", "--split"]
    words += [options["split"], "--data-dir", folder] if _is_split(options) else [folder]
    if options["conditions"]:
        words += ["--conditions", *options["conditions"]]
    if options["robustness"]:
        words.append("--robustness")
    if options["per_source"]:
        words += ["--per-source", str(options["per_source"])]
    return shlex.join([*words, "--seed", str(options["seed"])])


def _is_split(options: dict[str, Any]) -> bool:
    from detector.training.genimage.splits import SPLITS

    return options["split"] in SPLITS
