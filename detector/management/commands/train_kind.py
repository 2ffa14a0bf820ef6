"""Trains the probe that tells kinds of pictures."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from detector.accuracy.conditions import CLEAN
from detector.installation import get_runtime
from detector.management.training_command import TrainingCommand


class Command(TrainingCommand):
    help = (
        "Train the probe that tells photographs, art, graphics, renders, screenshots and documents "
        "apart, on the features of method 1's network. It changes no score."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--per-kind",
            type=int,
            default=400,
            help="Approximate number of pictures of each kind, spread over its sources "
            "(default: %(default)s).",
        )
        parser.add_argument(
            "--relabel",
            type=_relabelling,
            nargs="+",
            default=[],
            metavar="SOURCE=KIND",
            help="Sources whose kind is wrong in the corpus.",
        )

    def train(self, options: dict[str, Any]) -> str:
        from detector.training.learning.kind_run import KindTraining, train_and_write

        training = KindTraining(
            options["data_dir"],
            options["more"],
            options["cache"],
            options["output"],
            options["per_kind"],
            dict(options["relabel"]),
            options["seed"],
            options["workers"],
        )
        metrics = train_and_write(training, get_runtime(), self.progress)
        figures = metrics["val"][CLEAN]["all"]
        return (
            f"Wrote {options['output'] / 'kind'}. Of {figures['n']} pictures of "
            f"{figures['sources']} other sources, {figures['right']['share']:.1%} got the right "
            f"kind, {figures['wrong']['share']:.1%} a wrong one, and "
            f"{figures['unknown']['share']:.1%} none."
        )


def _relabelling(text: str) -> tuple[str, str]:
    from detector.inference.pixels.kind import KINDS

    source, _, kind = text.rpartition("=")
    if not source or kind not in KINDS:
        raise ArgumentTypeError(f"{text!r} is not SOURCE=KIND with one of {', '.join(KINDS)}")
    return source, kind
