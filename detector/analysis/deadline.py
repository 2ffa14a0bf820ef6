"""How long an analysis may take: so many seconds, and longer where others have the processors."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path

PROC = Path("/proc")
# A process that has had less than this share of one processor by then was kept waiting by others.
SHARE = 0.5
# So many times its seconds such a process has at most: it may as well hang without doing anything.
LONGEST = 3
# Looks during its seconds, and as often after them.
LOOKS = 10


class Deadline(threading.Timer):
    """Kills an analysis process when its time is over, unless `cancel` comes first.

    The time are `seconds`, and `longest` times as many for a process that others keep waiting.
    `late` is set when it is killed. Without /proc nobody can tell who had the processors: then the
    clock alone counts.
    """

    def __init__(self, process: subprocess.Popen[bytes], seconds: float, longest: int) -> None:
        super().__init__(seconds, process.kill)
        self.daemon = True
        self.late = threading.Event()
        self._process, self._longest = process, longest

    def run(self) -> None:
        """As `threading.Timer`, which the thread calls."""
        began, before = time.monotonic(), read_work(self._process.pid)
        pause = self.interval
        while not self.finished.wait(pause):
            worked = read_work(self._process.pid) - before
            if self._is_over(time.monotonic() - began, worked):
                self.late.set()
                self.function()
                return
            pause = self.interval / LOOKS

    def _is_over(self, passed: float, worked: float) -> bool:
        is_starved = PROC.is_dir() and worked < SHARE * self.interval
        return passed >= self.interval * (self._longest if is_starved else 1)


def read_work(pid: int) -> float:
    """Seconds of processors that a process has used; 0 for an ended one, and where that is unknown.

    Those of Linux, see proc(5): what it did itself, and what the system did for it.
    """
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
