"""The real worker in a process of its own, without the networks, and what it has run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from detector.tests.factories.processes import ROOT, run_python

# A method of the tests' own, and a pool that analyses right here and writes down what it was asked.
PROGRAM = """
import hashlib, os, time
import django; django.setup()
from django.core.management import call_command
from detector import installation
from detector.inference.methods import METHODS
from detector.tests.factories.stubs import Here, make_stub, spec_of
METHODS.clear()
METHODS["deep_learning"] = spec_of("deep_learning", make_stub())
class Slow(Here):
    def analyse(self, job):
        with open(os.environ["DATA_DIR"] + "/runs", "a") as file:
            file.write(f"{os.getpid()} {hashlib.sha256(job.data).hexdigest()}\\n")
        time.sleep(float(os.environ["SLOWNESS"]))
        return super().analyse(job)
installation.get_pool = Slow
"""
WORK = PROGRAM + "call_command('work')"
SEND = """
import uuid
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.queue import send
for side in range({first}, {first} + {count}):
    send(encode(noise(side, 32), "BMP"), owner=uuid.uuid4())
"""


def send(data_dir: Path, count: int, env: dict[str, str] | None = None, first: int = 32) -> None:
    """Submit so many small pictures, each of another person."""
    code = PROGRAM + SEND.format(count=count, first=first)
    done = run_python("-c", code, data_dir=data_dir, SLOWNESS="0", **(env or {}))
    assert done.returncode == 0, done.stderr


@contextmanager
def worker(data_dir: Path, slowness: float, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that takes `slowness` seconds for each picture; killed at the end."""
    own = {"DJANGO_SETTINGS_MODULE": "ai_image_detector.settings", "DATA_DIR": str(data_dir)}
    own |= {"SLOWNESS": str(slowness)}
    process = subprocess.Popen([sys.executable, "-c", WORK], cwd=ROOT, env=os.environ | own | env)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def get_runs(data_dir: Path) -> list[tuple[str, str]]:
    """Process and picture of each run, in order."""
    path = data_dir / "runs"
    lines = path.read_text().splitlines() if path.exists() else []
    return [(line.split()[0], line.split()[1]) for line in lines]
