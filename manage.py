#!/usr/bin/env python
"""Django's command-line utility for administrative tasks."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ai_image_detector.settings")
    from django.core.exceptions import ImproperlyConfigured

    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # file names may hold what cannot be printed
    try:
        run(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"The settings are not right: {error}")
    except BrokenPipeError:
        # The reader of `detect ... | head` has seen enough. Python would complain once more when
        # it flushes at exit, unless there is somewhere to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def run(argv: list[str]) -> None:
    """A command of Django's or ours.

    `detect` reads no database, so it starts without Django's applications: in half of the time.
    """
    # Which settings to read must be known before any are.
    other_settings = any(part.startswith(("--settings", "--pythonpath")) for part in argv)
    if argv[1:2] != ["detect"] or other_settings:
        from django.core.management import execute_from_command_line

        return execute_from_command_line(argv)

    from logging.config import dictConfig

    from django.conf import settings

    from detector.management.commands.detect import Command

    dictConfig(settings.LOGGING)
    Command().run_from_argv(argv)


if __name__ == "__main__":
    main()
