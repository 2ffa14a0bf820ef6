"""The worker beside the web process: `manage.py work`, started again whenever it has ended.

One for each data folder, however many web processes there are: whoever holds a lock on it has the
worker. What is written into its standard input wakes it; the end of that, which is also the end of
the web process, ends it.
"""

from __future__ import annotations

import fcntl
import logging
import subprocess
import sys
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, close_old_connections

from .alive import say_failing
from .leases import give_back_all

logger = logging.getLogger(__name__)

ROOT = Path(settings.BASE_DIR)
# Seconds before another process is asked for the lock, or a worker that has ended is replaced.
PAUSE = 1.0
# The pause doubles up to this while one worker after the other ends before it has lived so long.
LONGEST_PAUSE = 30.0
# So many workers, one after the other, may end so early before uploads are refused.
EARLY_ENDS = 3


class Worker:
    """The worker of this process, as far as it has one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._early_ends = 0

    def watch(self) -> None:
        """Have a worker as long as this process lives; never returns."""
        pause = threading.Event()  # that nobody sets
        with open(settings.DATA_DIR / "worker.lock", "a") as file:
            while not _lock(file.fileno()):
                pause.wait(PAUSE)
            seconds = PAUSE
            say_failing(False)
            while True:
                began = time.monotonic()
                self._have_one()
                if time.monotonic() - began > LONGEST_PAUSE:
                    seconds, self._early_ends = PAUSE, 0
                self._count_early_end()
                pause.wait(seconds)
                seconds = min(2 * seconds, LONGEST_PAUSE)

    def wake(self) -> None:
        """Let it look into the queue now; without one here, the worker elsewhere looks soon."""
        process = self._process
        if process is not None and process.stdin is not None:
            with suppress(OSError, ValueError):  # it has just ended: another one begins by looking
                process.stdin.write(b".")

    def _count_early_end(self) -> None:
        self._early_ends += 1
        if self._early_ends >= EARLY_ENDS:
            logger.critical(
                "%d workers have ended one after the other; uploads are refused until one lives "
                "for %d s.",
                self._early_ends,
                LONGEST_PAUSE,
            )
            say_failing(True)

    def _have_one(self) -> None:
        """Start a worker, wait for its end, and take back what it was at."""
        name = f"beside {uuid.uuid4()}"
        try:
            self._process = _start(name)
            code = _wait(self._process)
            logger.error("The worker has ended with %s; another one begins.", code)
            give_back_all(name)
        except OSError as error:
            logger.error("The worker cannot be started: %s", error)
        except DatabaseError as error:  # then its leases end by themselves
            logger.error("What the worker was at cannot be taken back now: %s", error)
        finally:
            close_old_connections()


def _wait(process: subprocess.Popen[bytes]) -> int:
    """The exit code, as soon as there is one; a worker that lives for long is none that fails."""
    try:
        return process.wait(LONGEST_PAUSE)
    except subprocess.TimeoutExpired:
        say_failing(False)
        return process.wait()


def _start(name: str) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C in a terminal is meant for the server, whose end then ends it.
    return subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "work", "--beside", name],
        stdin=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
    )


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:  # another process has the worker
        return False


_worker = Worker()
wake = _worker.wake


def start_worker() -> None:
    """Let this process have the worker, if no other one has."""
    threading.Thread(target=_worker.watch, name="worker", daemon=True).start()
