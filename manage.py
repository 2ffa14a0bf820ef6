#!/usr/bin/env python
"""Django's command-line utility for administrative tasks."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ai_image_detector.settings")
    from django.core.management import execute_from_command_line

    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # file names may hold what cannot be printed
    try:
        execute_from_command_line(sys.argv)
    except BrokenPipeError:
        # The reader of `detect ... | head` has seen enough. Python would complain once more when
        # it flushes at exit, unless there is somewhere to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
