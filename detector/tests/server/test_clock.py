"""A clock that is set forth and back while pictures come in and are analysed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from detector.tests.factories.processes import ROOT
from detector.tests.factories.servers import migrate, wait_for
from detector.tests.factories.uploading import query
from detector.tests.factories.workers import PROGRAM, get_runs, send

# Processes of real programs: slow to start.
pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOURS = 3
# The time of day of a process is off by so many hours as a file says.
CLOCK = """
import os
from datetime import timedelta
from django.utils import timezone
now = timezone.now
def shifted():
    with open(os.environ["DATA_DIR"] + "/hours") as file:
        return now() + timedelta(hours=float(file.read() or 0))
timezone.now = shifted
"""


def set_clock(data_dir: Path, hours: float) -> None:
    draft = data_dir / "hours.draft"
    draft.write_text(str(hours))
    draft.rename(data_dir / "hours")


@contextmanager
def working(data_dir: Path, slowness: float) -> Iterator[subprocess.Popen[bytes]]:
    own = {"DJANGO_SETTINGS_MODULE": "ai_image_detector.settings", "DATA_DIR": str(data_dir)}
    own |= {"SLOWNESS": str(slowness)}
    code = f"{CLOCK}{PROGRAM}call_command('work')"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=os.environ | own)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def count_done(data_dir: Path) -> int:
    (row,) = query(data_dir, "SELECT count(*) FROM detector_analysis WHERE state = 'done'")
    return int(row[0])


@pytest.mark.parametrize("hours", [HOURS, -HOURS])
def test_a_clock_that_is_set_while_a_picture_is_analysed_loses_nothing(
    tmp_path: Path, hours: int
) -> None:
    data_dir = migrate(tmp_path)
    set_clock(data_dir, 0)
    send(data_dir, 2)
    with working(data_dir, 1):
        wait_for(lambda: get_runs(data_dir))
        set_clock(data_dir, hours)
        # By its clock the lease of the first has ended long ago, or ends in hours.
        with working(data_dir, 0):
            wait_for(lambda: count_done(data_dir) == 2)
    rows = query(data_dir, "SELECT attempts, result IS NULL, original FROM detector_analysis")
    assert all(attempts <= 2 and not lacks and not original for attempts, lacks, original in rows)
    assert query(data_dir, "SELECT count(*) FROM detector_upload") == [(2,)]
    assert not list((data_dir / "media" / "originals").iterdir())
