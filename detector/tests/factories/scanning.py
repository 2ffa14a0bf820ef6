"""Scans without the networks: pools of the tests' own, and a program that may be killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from detector.analysis.answers import Assessment, BrokenOff, Job, Setup
from detector.tests.factories.pictures import encode, scene
from detector.tests.factories.processes import ROOT
from detector.tests.factories.stubs import Here

POISON = b"poison"

# A scan with a method of the tests' own, and a pool that writes down what it is asked.
PROGRAM = """
import hashlib, os, sys, time
import django; django.setup()
from django.core.management import call_command
from detector.inference.methods import METHODS
from detector.scanning import engines
from detector.tests.factories.scanning import HerePool
from detector.tests.factories.stubs import make_stub, spec_of
METHODS.clear()
METHODS["deep_learning"] = spec_of("deep_learning", make_stub())
class Slow(HerePool):
    def analyse(self, job):
        time.sleep(0.2)
        with open(os.environ["DATA_DIR"] + "/runs", "a") as file:
            file.write(hashlib.sha256(job.data).hexdigest() + "\\n")
        return super().analyse(job)
engines.Pool = Slow
call_command("scan", sys.argv[1], "--output", sys.argv[2], "--processes", "2")
"""


class HerePool(Here):
    """Stands for `Pool` in a scan; breaks off at every picture that holds POISON."""

    asked = 0

    def __init__(self, setup: Setup, *, processes: int) -> None:
        type(self).asked = 0

    def analyse(self, job: Job) -> Assessment:
        type(self).asked += 1
        if POISON in job.data:
            raise BrokenOff
        return super().analyse(job)

    def end(self) -> None:
        """There is no process."""


def save_pictures(folder: Path, count: int) -> Path:
    """A folder of so many pictures, unlike one another."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"{number:03}.png").write_bytes(encode(scene(number), "PNG"))
    return folder


def start_scan(source: Path, output: Path, data_dir: Path) -> subprocess.Popen[bytes]:
    """A scan in a process of its own, which takes 0.2 seconds for a picture."""
    own = {"DJANGO_SETTINGS_MODULE": "ai_image_detector.settings", "DATA_DIR": str(data_dir)}
    command = [sys.executable, "-c", PROGRAM, str(source), str(output)]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | own, stdout=subprocess.DEVNULL)
