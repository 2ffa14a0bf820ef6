"""A database that another process keeps locked for longer than anybody waits."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.servers import migrate, no_worker, serving, wait_for
from detector.tests.factories.uploading import get_reasons, get_state, query, send_picture
from detector.tests.factories.workers import get_runs, worker

# Processes of real programs: slow to start.
pytestmark = [pytest.mark.browser, pytest.mark.slow]

IMPATIENT = {"LOCK_SECONDS": "1"}
HOLD = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
database.execute("BEGIN IMMEDIATE")
print(flush=True)
sys.stdin.read()
"""


@contextmanager
def locked(data_dir: Path, seconds: float = 0) -> Iterator[None]:
    """Keep the database locked during the block, and at least for so long."""
    end = time.monotonic() + seconds
    command = [sys.executable, "-c", HOLD, str(data_dir / "db.sqlite3")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdout.readline()
        yield
        time.sleep(max(end - time.monotonic(), 0))
        process.stdin.close()


def picture(number: int) -> bytes:
    return encode(noise(64 + number, 32), "BMP")


# Two ways to the same promise: quickly, and as an installation is by default.
@pytest.mark.parametrize(
    ("seconds", "environment"), [(0, IMPATIENT), (30, {})], ids=["1 s", "30 s"]
)
def test_a_locked_database_refuses_with_a_sentence_and_loses_nothing(
    tmp_path: Path, seconds: int, environment: dict[str, str]
) -> None:
    data_dir = migrate(tmp_path)
    with no_worker(data_dir), serving(data_dir, **environment) as server:
        with worker(data_dir, 0.5, **environment):
            wait_for(lambda: not get_reasons(server))
            answer, told = send_picture(server, picture(0))
            url = told["items"][0]["url"]
            assert answer.status == 202
            wait_for(lambda: get_runs(data_dir))
            with locked(data_dir, seconds):  # its worker cannot write the result down
                wait_for(lambda: "database is locked" in get_reasons(server))
                answer, told = send_picture(server, picture(1))
                assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
                assert "What was accepted before is safe" in told["detail"]
                # What only reads goes on.
                assert get_state(server, url) == "running"
                for path in ("/", "/methods/", "/healthz"):
                    assert server.ask("GET", path)[0].status == 200
            wait_for(lambda: not get_reasons(server))
            assert send_picture(server, picture(1))[0].status == 202
            assert query(data_dir, "SELECT count(*) FROM detector_upload") == [(2,)]
            # A worker that could not even give its picture back keeps it for a minute.
            query(data_dir, "UPDATE detector_analysis SET lease_until = '2020-01-01 00:00:00'")
        with worker(data_dir, 0, **environment):
            states = "SELECT count(*) FROM detector_analysis WHERE state = 'done'"
            wait_for(lambda: query(data_dir, states) == [(2,)])
        assert not list((data_dir / "media" / "originals").iterdir())
        assert not list((data_dir / "tmp").iterdir())


def test_a_form_of_a_page_is_told_the_same(tmp_path: Path) -> None:
    data_dir = migrate(tmp_path)
    with no_worker(data_dir), serving(data_dir, **IMPATIENT) as server:
        page, _ = server.ask("GET", "/")
        token = page.headers["Set-Cookie"].partition(";")[0]
        form = f"csrfmiddlewaretoken={token.partition('=')[2]}&name=a&size=2".encode()
        sent = {"Cookie": token, "Content_Type": "application/x-www-form-urlencoded"}
        with locked(data_dir):
            answer, text = server.ask("POST", "/batches/", form, **sent)
            assert answer.status == 503 and answer.headers["Retry-After"] == "30"
            assert "<h1>Nothing can be stored at present</h1>" in text
            sent["Accept"] = "application/json"
            answer, text = server.ask("POST", "/batches/", form, **sent)
            assert answer.status == 503 and text.startswith('{"error": "The site cannot store')
        answer, text = server.ask("POST", "/batches/", form, **sent)
        assert answer.status == 201, text
