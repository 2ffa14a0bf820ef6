#!/usr/bin/env python
"""Django's command-line utility for administrative tasks."""

import errno
import gc
import io
import os
import sys
from pathlib import Path
from typing import TextIO

MANAGEMENT = Path(__file__).parent / "detector" / "management"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ai_image_detector.settings")
    from django.core.exceptions import ImproperlyConfigured

    sys.stdout, sys.stderr = map(printable, (sys.stdout, sys.stderr))
    try:
        run(sys.argv)
        sys.stdout.flush()  # else a full disk would show only when it is too late to say so
    except ImproperlyConfigured as error:
        sys.exit(f"The settings are not right: {error}")
    except ModuleNotFoundError as error:
        settings = os.environ["DJANGO_SETTINGS_MODULE"]  # or what --settings says
        if not f"{settings}.".startswith(f"{error.name}."):
            raise
        sys.exit(f"The settings are not right: DJANGO_SETTINGS_MODULE is {settings!r}: {error}.")
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell tells it
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.ENOSPC):
            raise
        # Python would complain once more when it flushes at exit, unless it has somewhere to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # The reader of `detect ... | head` has seen enough; a full disk must be told.
        sys.exit(1 if error.errno == errno.EPIPE else f"Not all could be written: {error}.")


def printable(stream: TextIO | None) -> TextIO:
    """The stream, fit for names of files that hold what cannot be printed; None if it is closed."""
    if stream is None:
        return open(os.devnull, "w")
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


def run(argv: list[str]) -> None:
    """A command of Django's or ours.

    Django sets all applications up before it looks at a command. Ours may say that they need none
    (`needs_site = False`), and then start in half the time; their other arguments are read by
    themselves, `--settings` and `--pythonpath` among them.
    """
    gc.disable()  # what is imported stays: looking for garbage in it only takes time
    from django.core.management import execute_from_command_line, find_commands, load_command_class

    name = argv[1] if len(argv) > 1 else ""
    is_ours = name in find_commands(str(MANAGEMENT))
    command = load_command_class("detector", name) if is_ours else None
    gc.enable()
    if command and not getattr(command, "needs_site", True):
        return command.run_from_argv(argv)
    execute_from_command_line(argv)


if __name__ == "__main__":
    main()
