"""The site and its commands, ended in the middle of their work by whatever signal."""

from __future__ import annotations

import http.client
import itertools
import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from detector.inference.results import Verdict
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.processes import ROOT, run_python
from detector.tests.factories.servers import (
    RunningServer,
    migrate,
    no_worker,
    serving,
    wait_for,
)
from detector.tests.factories.uploading import get_state, query, send_picture

# Processes of real programs: slow to start.
pytestmark = [pytest.mark.browser, pytest.mark.slow]

SENDERS, ENOUGH = 4, 3
SIGNALS = [signal.SIGKILL, signal.SIGTERM]


class Crowd:
    """Threads that send pictures until the server is gone, and what was accepted of them."""

    def __init__(self, server: RunningServer) -> None:
        self.accepted: list[str] = []
        self._server, self._numbers = server, itertools.count()
        self._threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        try:
            while True:
                # Too long to be kept in memory.
                picture = encode(noise(900, 300 + next(self._numbers)), "BMP")
                answer, told = send_picture(self._server, picture)
                assert answer.status in (202, 503), told
                self.accepted += [item["url"] for item in told.get("items", [])]
        except (OSError, http.client.HTTPException):
            return


@pytest.mark.parametrize("number", SIGNALS)
def test_a_server_that_is_ended_in_uploads_loses_none_and_leaves_nothing(
    tmp_path: Path, number: signal.Signals
) -> None:
    data_dir = migrate(tmp_path)
    with no_worker(data_dir):
        with serving(data_dir) as server:
            crowd = Crowd(server)
            wait_for(lambda: len(crowd.accepted) >= ENOUGH)
            server.process.send_signal(number)
            code = server.process.wait(60)
            crowd.join()
        assert code == (0 if number == signal.SIGTERM else -number)
        with serving(data_dir) as server:
            # An answer that was on its way may not have come through.
            rows = query(data_dir, "SELECT original FROM detector_analysis")
            assert len(crowd.accepted) <= len(rows) <= len(crowd.accepted) + SENDERS
            assert {get_state(server, url) for url in crowd.accepted} == {"queued"}
            originals = {f"originals/{p.name}" for p in (data_dir / "media/originals").iterdir()}
            assert originals == {original for (original,) in rows}
            assert not [path for path in (data_dir / "tmp").iterdir() if path.is_file()]
            assert query(data_dir, "PRAGMA integrity_check") == [("ok",)]


# A migration

ROWS = 1500
BEFORE, UNDER_WAY = "0003_schema_1", "0004_upload_and_analysis"


def fill(data_dir: Path, result: dict[str, Any]) -> None:
    """Detections as the program of then wrote them, each of other bytes."""
    text = json.dumps(result)
    with closing(sqlite3.connect(data_dir / "db.sqlite3")) as database, database:
        names = [row[1] for row in database.execute("PRAGMA table_info(detector_detection)")]
        row = dict.fromkeys(names, "") | {"result": text, "size": 9, "width": 5, "height": 4}
        row |= {"created_at": "2026-11-01 00:00:00", "owner": uuid.uuid4().hex, "score": 0.5}
        marks = ", ".join(f":{name}" for name in names)
        database.executemany(
            f"INSERT INTO detector_detection ({', '.join(names)}) VALUES ({marks})",
            [row | {"id": uuid.uuid4().hex, "sha256": f"{n:064}"} for n in range(ROWS)],
        )


def get_applied(data_dir: Path) -> set[str]:
    rows = query(data_dir, "SELECT name FROM django_migrations WHERE app = 'detector'")
    return {name for (name,) in rows}


@pytest.mark.parametrize("number", SIGNALS)
def test_a_migration_that_is_ended_is_done_once_more_and_carries_every_row(
    tmp_path: Path, number: signal.Signals, verdict: Callable[..., Verdict]
) -> None:
    done = run_python("manage.py", "migrate", "-v0", "detector", BEFORE, data_dir=tmp_path)
    assert done.returncode == 0, done.stderr
    fill(tmp_path, verdict().to_dict() | {"file": {"name": "a.jpg"}})
    own = {"DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "manage.py", "migrate", "-v0"]
    with subprocess.Popen(command, cwd=ROOT, env=own) as process:
        wait_for(lambda: UNDER_WAY in get_applied(tmp_path))
        time.sleep(0.1)  # so that some rows are carried over, but not all
        process.send_signal(number)
        assert process.wait(60) == -number
    assert query(tmp_path, "PRAGMA integrity_check") == [("ok",)]
    assert "0005_carry_detections_over" not in get_applied(tmp_path)
    assert query(tmp_path, "SELECT count(*) FROM detector_upload") == [(0,)]
    done = run_python("manage.py", "migrate", "-v0", data_dir=tmp_path)
    assert done.returncode == 0, done.stderr
    for table in ("upload", "analysis"):
        assert query(tmp_path, f"SELECT count(*) FROM detector_{table}") == [(ROWS,)]
