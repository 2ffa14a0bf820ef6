"""What stands in the log: everything that failed, and no traceback of what was refused."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from ai_image_detector.log import PlainFormatter
from detector.tests.factories.processes import run_python


def line(level: int, **extra: object) -> str:
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError as error:
        exc_info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("a", level, "f", 1, "It failed: %s", ("x",), exc_info)
    vars(record).update(extra)
    return PlainFormatter().format(record)


@pytest.mark.parametrize("extra", [{}, {"status_code": 500}, {"status_code": 503}])
@pytest.mark.parametrize("level", [logging.WARNING, logging.ERROR])
def test_what_failed_here_has_a_traceback(extra: dict[str, int], level: int) -> None:
    assert "Traceback" in line(level, **extra) and "ZeroDivisionError" in line(level, **extra)


@pytest.mark.parametrize("status", [400, 403, 404, 413])
def test_what_was_refused_has_a_line(status: int) -> None:
    said = line(logging.ERROR, status_code=status)
    assert said.endswith("ERROR It failed: x")


@pytest.mark.slow
@pytest.mark.parametrize("debug", ["true", "false"])
def test_warnings_of_everything_are_written_once(tmp_path: Path, debug: str) -> None:
    code = (
        "import django, logging; django.setup()\n"
        "for name in ('django.request', 'django.security.csrf', 'waitress', 'detector.x', 'other'):"
        "\n    logging.getLogger(name).warning('said %s', name)"
        "\nlogging.getLogger('detector').info('a line of ours')"
        "\nlogging.getLogger('waitress.queue').warning('queued')"
    )
    done = run_python("-c", code, data_dir=tmp_path, DEBUG=debug)
    assert done.returncode == 0 and done.stdout == ""
    lines = [part.split(" ", 2)[2] for part in done.stderr.splitlines()]
    names = ("django.request", "django.security.csrf", "waitress", "detector.x", "other")
    assert lines == [*(f"WARNING said {name}" for name in names), "INFO a line of ours"]
