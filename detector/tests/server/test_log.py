"""What stands in the log: everything that failed, and no traceback of what was refused."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from ai_image_detector.log import (
    JsonFormatter,
    PlainFormatter,
    analysis_id,
    at,
    make_discreet,
    request_id,
)
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


def test_a_line_names_the_request_and_the_analysis_that_it_is_of() -> None:
    with at(request_id, "r-1"), at(analysis_id, "a-1"):
        assert line(logging.ERROR, status_code=404).endswith("x [request r-1] [analysis a-1]")
        assert "\nTraceback" in line(logging.ERROR)
    assert line(logging.ERROR, status_code=404).endswith("failed: x")


def record(message: str, **extra: object) -> logging.LogRecord:
    record = logging.LogRecord("detector.x", logging.ERROR, "f", 1, message, (), None)
    vars(record).update(extra)
    return record


def test_json_has_a_line_with_named_fields() -> None:
    with at(request_id, "r-1"):
        written = JsonFormatter().format(record("a\nb", view="index", request=object()))
    assert "\n" not in written
    told = json.loads(written)
    time = told.pop("time")
    assert len(time) == len("2026-11-28T01:02:03+0000")
    assert told == {
        "level": "ERROR",
        "logger": "detector.x",
        "message": "a\nb",
        "view": "index",
        "request_id": "r-1",
    }


DIGEST = "0123456789abcdef" * 4


@pytest.mark.parametrize("formatter", [PlainFormatter, JsonFormatter])
@pytest.mark.parametrize("secret", [DIGEST, "203.0.113.9", "2001:db8::17", "2001:db8:1:2:3:4:5:6"])
def test_digests_and_addresses_are_written_only_with_details(formatter: type, secret: str) -> None:
    said = record(f"{secret} failed: ({secret})")
    assert secret not in formatter().format(said)
    assert secret in formatter(details=True).format(said)


@pytest.mark.parametrize(
    "harmless",
    ["127.0.0.1:8000", "at 12:30:45,123", "a[::2]", "[::1]", "detector:index", "file.py:12:3: E5"],
)
def test_what_only_looks_like_an_address_stays(harmless: str) -> None:
    assert make_discreet(harmless) == harmless


@pytest.mark.slow
def test_settings_choose_the_form(tmp_path: Path) -> None:
    code = "import django, logging; django.setup(); logging.getLogger('detector').info('said')"
    done = run_python("-c", code, data_dir=tmp_path, LOG_FORMAT="json")
    assert json.loads(done.stderr)["message"] == "said"
    done = run_python("-c", code, data_dir=tmp_path, LOG_FORMAT="xml")
    assert done.returncode and "LOG_FORMAT is 'XML'; accepted are PLAIN, JSON" in done.stderr


@pytest.mark.parametrize("formatter", [PlainFormatter, JsonFormatter])
def test_what_django_says_of_a_request_at_its_end_has_its_id_too(formatter: type) -> None:
    class Request:
        log_id = "r-1"

    assert "r-1" in formatter().format(record("Not Found: /x", request=Request()))
