"""How fast this installation is: a table for each promise about speed and memory."""

from __future__ import annotations

import inspect
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from detector.benchmarks.blocks import put_block
from detector.benchmarks.clock import Failed
from detector.benchmarks.lines import Line, describe_machine, to_markdown
from detector.inference.images import ImageError
from detector.management.base import DetectorCommand, above_zero, positive

# Sizes that several measurements have; each has defaults of its own.
SIZES: dict[str, tuple[Any, str]] = {
    "runs": (positive, "repetitions"),
    "pictures": (positive, "pictures in all"),
    "megapixels": (above_zero, "size of a picture, or of the largest one"),
    "clients": (positive, "clients or uploads at once"),
    "rate": (positive, "malformed files a second"),
    "seconds": (above_zero, "how long clients send"),
    "queue": (positive, "places in the queue"),
    "layers": (positive, "layers of the members; fewer than 12 are a trial"),
    "only": (str, "one method"),
    "rows": (positive, "rows of the scratch database"),
    "full": (positive, "one row of so many has a result"),
    "database": (str, "postgres:// address of a server that lets a scratch database be made"),
    "picture": (Path, "a picture of your own"),
}
# Not said in a document: where something is on this machine.
PRIVATE = ("picture", "database")
# What follows the name of a block about another server than the one of `make run`.
SERVER = "-postgresql"


def _measurements() -> dict[str, Any]:
    from detector.benchmarks.table import MEASUREMENTS  # not at the top: it needs the models

    return dict(MEASUREMENTS)


class Command(DetectorCommand):
    help = "Measure speed and memory on this machine, and print a table beside what was promised."
    expected = (ImageError, Failed)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = "\n".join(map(_describe, _measurements()))
        parser.add_argument(
            "names",
            nargs="*",
            metavar="NAME",
            help=f"{', '.join(_measurements())}; default: methods",
        )
        for name, (kind, text) in SIZES.items():
            parser.add_argument(f"--{name}", type=kind, help=text)
        parser.add_argument(
            "--into", type=Path, help="Document whose blocks of these names take the tables."
        )

    def handle(self, *, names: list[str], into: Path | None, **options: Any) -> None:
        names = names or ["methods"]
        if unknown := set(names) - _measurements().keys():
            accepted = ", ".join(_measurements())
            raise CommandError(
                f"There is no measurement {min(unknown)!r}; accepted are {accepted}."
            )
        sizes = {name: options[name] for name in SIZES if options[name] is not None}
        _check_sizes(names, sizes)
        for name in names:
            text = self._measure(name, sizes)
            if into:
                put_block(into, _name_block(name, sizes), text)

    def _measure(self, name: str, sizes: dict[str, Any]) -> str:
        """Print the table of one measurement; returns it with the command that made it."""
        own = {size: value for size, value in sizes.items() if size in _sizes_of(name)}
        machine = describe_machine()
        self.stderr.write(f"{name}: {machine}")
        lines = list(self._say_each(_measurements()[name](**own)))
        given = "".join(f" --{size} {value}" for size, value in own.items() if size not in PRIVATE)
        text = f"`manage.py benchmark {name}{given}`: {machine}\n\n{to_markdown(lines)}\n"
        self.stdout.write(text)
        return text

    def _say_each(self, lines: Iterator[Line]) -> Iterator[Line]:
        """The lines; a terminal sees each as soon as it is known."""
        for line in lines:
            self.stderr.write(f"  {line.name}: {line.value}")
            yield line


def _sizes_of(name: str) -> set[str]:
    return set(inspect.signature(_measurements()[name]).parameters)


def _name_block(name: str, sizes: dict[str, Any]) -> str:
    on_server = "database" in _sizes_of(name) and sizes.get("database")
    return name + SERVER if on_server else name


def _describe(name: str) -> str:
    measure = _measurements()[name]
    defaults = inspect.signature(measure).parameters.values()
    sizes = ", ".join(f"--{size.name} {size.default}" for size in defaults if size.default)
    text = " ".join((measure.__doc__ or "").split())
    return f"{name:<9} {text} ({sizes})"


def _check_sizes(names: list[str], sizes: dict[str, Any]) -> None:
    """Raises `CommandError` for a size that none of the measurements has."""
    accepted = set().union(*map(_sizes_of, names))
    if unknown := sizes.keys() - accepted:
        raise CommandError(
            f"--{min(unknown)} is no size of {', '.join(names)}; accepted are "
            f"{', '.join(f'--{size}' for size in SIZES if size in accepted)}."
        )
