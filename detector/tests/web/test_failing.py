"""What a visitor is told where database or disk take nothing, and where the program fails."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import InterfaceError, OperationalError
from django.test import Client

from detector.models import Upload

pytestmark = pytest.mark.django_db

STORED = "What was accepted before is safe"
FULL = "The disk of the server is full"


def of_sqlite(name: str) -> OperationalError:
    """As Django raises it."""
    cause = sqlite3.OperationalError("a word of SQLite")
    cause.sqlite_errorname = name
    error = OperationalError(*cause.args)
    error.__cause__ = cause
    return error


@pytest.fixture
def fail(client: Client, monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Let the database answer an upload with this error."""
    client.raise_request_exception = False

    def let(error: Exception) -> None:
        def refuse(*args: object, **named: object) -> None:
            raise error

        monkeypatch.setattr(Upload, "save", refuse)

    return let


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (of_sqlite("SQLITE_BUSY"), 503, STORED),
        (of_sqlite("SQLITE_READONLY"), 503, STORED),
        (OperationalError("connection refused"), 503, STORED),
        (InterfaceError("connection already closed"), 503, STORED),
        (OSError(errno.EROFS, "Read-only file system"), 503, STORED),
        (of_sqlite("SQLITE_FULL"), 507, FULL),
        (OSError(errno.ENOSPC, "No space left on device"), 507, FULL),
    ],
    ids=str,
)
@pytest.mark.parametrize("url", ["/", "/api/detect", "/api/v1/detections"])
def test_what_passes_is_told_with_when_to_try_again(
    client: Client, fail: Callable[[Exception], None], jpeg: bytes,
    url: str, error: Exception, status: int, said: str,
) -> None:  # fmt: skip
    fail(error)
    answer = client.post(url, {"image": SimpleUploadedFile("a.jpg", jpeg)})
    assert answer.status_code == status and answer.headers["Retry-After"] == "30"
    assert said in answer.content.decode() and "SQLite" not in answer.content.decode()
    kind = answer.headers["Content-Type"].partition(";")[0]
    kinds = {"/": "text/html", "/api/detect": "application/json"}
    assert kind == kinds.get(url, "application/problem+json")


FAULTS = [of_sqlite("SQLITE_ERROR"), ValueError("a fault"), OSError(2, "")]


@pytest.mark.parametrize("error", FAULTS)
def test_a_fault_of_the_program_is_called_one(
    client: Client, fail: Callable[[Exception], None], jpeg: bytes, error: Exception
) -> None:
    fail(error)
    answer = client.post("/", {"image": SimpleUploadedFile("a.jpg", jpeg)})
    assert answer.status_code == 500 and "Retry-After" not in answer.headers


def test_a_visitor_reads_it_in_his_language(
    client: Client, fail: Callable[[Exception], None], jpeg: bytes
) -> None:
    fail(of_sqlite("SQLITE_BUSY"))
    form = {"image": SimpleUploadedFile("a.jpg", jpeg)}
    for accept in ("text/html", "application/json"):
        headers = {"accept-language": "de", "accept": accept}
        answer = client.post("/", form, headers=headers)
        said = answer.json()["error"] if "json" in accept else answer.content.decode()
        assert answer.status_code == 503 and "im Moment nichts speichern" in said
