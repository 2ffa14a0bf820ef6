"""The real server in a process of its own, and clients that send whatever they like."""

from __future__ import annotations

import fcntl
import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from detector.tests.factories.processes import ROOT, run_python

PATIENCE = 60  # seconds: the machine may be busy


@dataclass
class RunningServer:
    port: int
    data_dir: Path
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        return (self.data_dir / "log").read_text()

    def connect(self, sent: bytes = b"") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        connection.sendall(sent)
        return connection

    def ask(
        self, method: str, path: str, body: bytes | Iterator[bytes] | None = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, str]:
        """An answer and its body; `_` in the names of headers stands for `-`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response, text


def migrate(data_dir: Path) -> Path:
    """The folder with an empty database in it, as `make run` makes it."""
    done = run_python("manage.py", "migrate", "--verbosity", "0", data_dir=data_dir)
    assert done.returncode == 0, done.stderr
    return data_dir


@contextmanager
def no_worker(data_dir: Path) -> Iterator[None]:
    """Servers of this folder start no worker, because another process has the lock of it."""
    with open(data_dir / "worker.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


@contextmanager
def serving(data_dir: Path, program: Path = ROOT, /, **env: str) -> Iterator[RunningServer]:
    """`manage.py serve` on a free port, with its data in `data_dir`; killed at the end.

    `program` is the folder of the project, or of a copy of it.
    """
    own = {"DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "ai_image_detector.settings"}
    with open(data_dir / "log", "ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-u", "manage.py", "serve", "--port", "0"],
            cwd=program,
            env=os.environ | own | env,
            stdout=log,
            stderr=log,
        )
    seen = len((data_dir / "log").read_text())
    server = RunningServer(0, data_dir, process)
    try:
        said = wait_for(lambda: re.search(r"http://127\.0\.0\.1:(\d+)", server.log[seen:]), process)
        server.port = int(said[1])
        yield server
    finally:
        process.kill()
        process.wait()


def wait_for(happens: Callable[[], object], process: subprocess.Popen[bytes] | None = None):
    """What `happens` returns as soon as that is true; fails after PATIENCE."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := happens():
            return found
        assert process is None or process.poll() is None, "the server has ended"
        time.sleep(0.02)
    raise AssertionError("it never happened")
