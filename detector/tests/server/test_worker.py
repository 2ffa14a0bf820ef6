"""Workers as processes of their own, at one SQLite file: shared work, and their end."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.servers import RunningServer, migrate, serving, wait_for
from detector.tests.factories.workers import get_runs, send, worker

pytestmark = pytest.mark.browser  # processes of the real program: slow to start


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return migrate(tmp_path)


def query(data_dir: Path, sql: str) -> list[Any]:
    with sqlite3.connect(data_dir / "db.sqlite3") as database:
        return database.execute(sql).fetchall()


def count(data_dir: Path, state: str) -> int:
    sql = f"SELECT count(*) FROM detector_analysis WHERE state = '{state}'"
    return query(data_dir, sql)[0][0]


def test_two_workers_share_the_work_and_do_nothing_twice(data_dir: Path) -> None:
    send(data_dir, 12)
    with worker(data_dir, 0.2), worker(data_dir, 0.2):
        wait_for(lambda: count(data_dir, "done") == 12)
    workers, pictures = zip(*get_runs(data_dir), strict=True)
    assert len(pictures) == len(set(pictures)) == 12 and len(set(workers)) == 2
    assert not list((data_dir / "media" / "originals").iterdir())


def test_a_worker_that_is_killed_loses_nothing(data_dir: Path) -> None:
    send(data_dir, 1)
    with worker(data_dir, 60) as first:
        wait_for(lambda: get_runs(data_dir), first)
    assert count(data_dir, "running") == 1
    with sqlite3.connect(data_dir / "db.sqlite3") as database:  # as if a minute had passed
        database.execute("UPDATE detector_analysis SET lease_until = '2020-01-01 00:00:00'")
    with worker(data_dir, 0):
        wait_for(lambda: count(data_dir, "done") == 1)
    assert len(get_runs(data_dir)) == 2
    assert query(data_dir, "SELECT attempts FROM detector_analysis") == [(2,)]


def test_a_worker_that_is_told_to_end_finishes_its_picture(data_dir: Path) -> None:
    send(data_dir, 2)
    with worker(data_dir, 1) as process:
        wait_for(lambda: get_runs(data_dir), process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert (count(data_dir, "done"), count(data_dir, "queued")) == (1, 1)


def children(pid: int) -> list[int]:
    """The processes that a process has started and that have not ended."""
    tasks = Path(f"/proc/{pid}/task")
    found = (path.read_text().split() for path in tasks.glob("*/children"))
    return [int(child) for line in found for child in line]


def get_worker(server: RunningServer) -> int:
    """The worker beside the server, once it has processes of its own."""
    (pid,) = wait_for(lambda: [one for one in children(server.process.pid) if children(one)])
    return int(pid)


@pytest.fixture
def server(data_dir: Path) -> Iterator[RunningServer]:
    with serving(data_dir) as server:
        yield server


def is_stopped_outside_a_write(pid: int, data_dir: Path) -> bool:
    """Stop a process for good, unless it holds the database, which nobody else could write then."""
    os.kill(pid, signal.SIGSTOP)
    try:
        with sqlite3.connect(data_dir / "db.sqlite3", timeout=0.5) as database:
            database.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        os.kill(pid, signal.SIGCONT)
        return False
    return True


def test_a_worker_that_dies_is_replaced_and_its_picture_analysed_once_more(
    server: RunningServer,
) -> None:
    first = get_worker(server)
    wait_for(lambda: is_stopped_outside_a_write(first, server.data_dir))
    data = encode(noise(64, 64), "PNG")
    head = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
    body = head + data + b"\r\n--b--\r\n"
    header = f"POST /api/detect HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    form = b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    connection = server.connect(header.encode() + form + body)
    wait_for(lambda: count(server.data_dir, "queued") == 1)
    with sqlite3.connect(server.data_dir / "db.sqlite3") as database:
        name = re.findall(r"beside [0-9a-f-]{36}", Path(f"/proc/{first}/cmdline").read_text())
        database.execute(
            "UPDATE detector_analysis SET state = 'running', attempts = 1, worker = ?, "
            "lease_until = '2099-01-01 00:00:00'",
            [name[0].replace("\0", " ")],
        )
    os.kill(first, signal.SIGKILL)
    answer = connection.recv(2**16)
    assert answer.startswith(b"HTTP/1.1 200")
    assert query(server.data_dir, "SELECT attempts FROM detector_analysis") == [(2,)]
    assert "The worker has ended with -9" in server.log


def test_the_worker_and_its_processes_end_with_the_server(server: RunningServer) -> None:
    worker = get_worker(server)
    (child,) = children(worker)
    server.process.kill()
    server.process.wait()
    wait_for(lambda: is_dead(worker) and is_dead(child))


def is_dead(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_of_two_servers_one_has_the_worker_and_the_other_takes_over(data_dir: Path) -> None:
    with serving(data_dir) as first:
        get_worker(first)
        with serving(data_dir) as second:
            assert not children(second.process.pid)
            first.process.kill()
            first.process.wait()
            get_worker(second)
