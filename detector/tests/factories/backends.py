"""Real servers on free ports, in folders of their own: PostgreSQL, Redis, and an S3 over HTTP.

Debian has an S3 server only as a part of Ceph and of Swift, which need a cluster. That one is the
server of moto: a maintained emulator that speaks S3 over HTTP.
"""

from __future__ import annotations

import getpass
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PATIENCE = 60  # seconds: the machine may be busy
BUCKET = "pictures"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def leave_out(what: str) -> None:
    """Skip where something is not installed; where CI promises it, its absence is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is not installed")
    pytest.skip(f"{what} is not installed")


def need_packages(*names: str) -> None:
    for name in names:
        if importlib.util.find_spec(name) is None:
            leave_out(f"the package {name} of the group scale (`make scale`)")


def find_program(name: str) -> str:
    """Its path, also where Debian keeps it apart."""
    apart = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    path = str(apart[-1]) if apart else shutil.which(name)
    if path is None:
        leave_out(name)
    return str(path)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server does not answer")


class Server:
    """A server that can be stopped and started again on its port."""

    def __init__(self, port: int, command: list[str], user: str | None = None) -> None:
        self.port, self._command, self._user = port, command, user
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self._command, user=self._user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for_port(self.port, self.process)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE)


@contextmanager
def folder_of(user: str) -> Iterator[Path]:
    """A temporary folder of a user who may not see the folders of the tests."""
    with tempfile.TemporaryDirectory() as name:
        shutil.chown(name, user)
        yield Path(name)


@contextmanager
def postgres() -> Iterator[tuple[str, Server]]:
    """The address of an empty database, and its server."""
    initdb, program = find_program("initdb"), find_program("postgres")
    user = getpass.getuser() if os.getuid() else _unprivileged()
    with folder_of(user) as folder:
        data, port = str(folder / "data"), free_port()
        made = [initdb, "-D", data, "-U", "test", "-A", "trust", "-E", "UTF8", "--no-sync"]
        owner = None if os.getuid() else user
        subprocess.run(made, user=owner, check=True, stdout=subprocess.DEVNULL, cwd=folder)
        started = [program, "-D", data, "-p", str(port), "-k", str(folder), "-c", "fsync=off"]
        server = Server(port, started, owner)
        try:
            yield f"postgres://test@127.0.0.1:{port}/postgres", server
        finally:
            server.stop()


def _unprivileged() -> str:
    """PostgreSQL refuses to run as root."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def redis(folder: Path) -> Iterator[tuple[str, Server]]:
    """The address of an empty Redis, and its server, which forgets all when it is stopped."""
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = Server(port, [find_program("redis-server"), *options])
    try:
        yield f"redis://127.0.0.1:{port}/0", server
    finally:
        server.stop()


@contextmanager
def s3() -> Iterator[tuple[str, Server]]:
    """The address of an empty bucket, and its server."""
    need_packages("moto", "boto3", "flask")
    port = free_port()
    server = Server(port, [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)])
    endpoint = f"http://127.0.0.1:{port}"
    try:
        connect_s3(endpoint).create_bucket(Bucket=BUCKET)
        yield f"s3://{BUCKET}/folder?endpoint_url={endpoint}&region_name=us-east-1", server
    finally:
        server.process.kill()
        server.process.wait()


def connect_s3(endpoint: str):
    import boto3

    keys = {name.lower(): value for name, value in KEYS.items()}
    return boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)


def wait_until(happens: Callable[[], object], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.1)
