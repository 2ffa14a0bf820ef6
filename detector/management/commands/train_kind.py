"""Trains the probe that tells kinds of pictures."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from detector.installation import get_runtime
from detector.management.training_command import TrainingCommand


class Command(TrainingCommand):
    help = (
        "Train the probe that tells photographs, art, graphics, renders, screenshots and documents "
        "apart, on the features of method 1's network. It moves no score."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--per-kind",
            type=int,
            default=400,
            help="About so many pictures of each kind, spread over its sources "
            "(default: %(default)s).",
        )
        parser.add_argument(
            "--relabel",
            type=_relabelling,
            nargs="+",
            default=[],
            metavar="SOURCE=KIND",
            help="Sources whose kind the corpus has wrong.",
        )

    def train(self, options: dict[str, Any]) -> str:
        from detector.training.learning.kind_run import Asked, train_and_write

        asked = Asked(
            options["data"],
            options["more"],
            options["cache"],
            options["output"],
            options["per_kind"],
            dict(options["relabel"]),
            options["seed"],
            options["workers"],
        )
        metrics = train_and_write(asked, get_runtime(), self.progress)
        told = metrics["val"]["clean"]["all"]
        return (
            f"Wrote {options['output'] / 'kind'}. Of {told['n']} pictures of {told['sources']} "
            f"other sources, {told['right']['share']:.1%} were named right, "
            f"{told['wrong']['share']:.1%} wrong, and {told['unknown']['share']:.1%} are unknown."
        )


def _relabelling(text: str) -> tuple[str, str]:
    from detector.inference.pixels.kind import KINDS

    source, _, kind = text.rpartition("=")
    if not source or kind not in KINDS:
        raise ArgumentTypeError(f"{text!r} is not SOURCE=KIND with one of {', '.join(KINDS)}")
    return source, kind
