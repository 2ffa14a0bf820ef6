"""The parent's side of the child process that reads Content Credentials.

One child serves all threads of a process, one picture at a time; it is started with the first
picture that carries a manifest and kept, since a start takes 0.15 s and a picture 0.01 s.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from detector.inference.methods.forensics.containers.metadata import Unreadable

from .credentials_child import MAX_REPORT, receive, send
from .credentials_child import __file__ as program

logger = logging.getLogger(__name__)

SECONDS = 2.0  # a picture
START_SECONDS = 20.0  # a busy machine may read the library from a cold disk

# The errors of a child that hangs, crashes or answers nonsense, and of a lack of memory.
FAILURES = (OSError, EOFError, ValueError, RuntimeError, MemoryError)

Child = subprocess.Popen[bytes]


class CredentialsProcess:
    """Asks the child, and replaces it when it has hung, crashed or answered nonsense."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: Child | None = None

    def report(self, mime: str, data: bytes, trust: str = "") -> dict[str, Any]:
        """The library's report on a file, or {"error": kind}; `trust` is a `Trust.request()`.

        Takes `SECONDS` at most, once the child runs and is free. Raises `Unreadable`.
        """
        with self._lock:
            child = self._running()
            try:
                return _ask_for_report(child, trust.encode(), mime.encode(), data)
            except BaseException as error:
                # Whatever it was: an answer left in the pipe would be taken for the next picture's.
                self._end()
                if isinstance(error, FAILURES):
                    raise Unreadable("no_answer") from error
                raise

    def _running(self) -> Child:
        if self._child is None or self._child.poll() is not None:
            self._end()
            self._child = _start()
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            _kill(child)
            _close_pipes(child)

    def forget(self) -> None:
        """After a fork: the child belongs to the parent, and another thread had the lock."""
        child, self._child, self._lock = self._child, None, threading.Lock()
        if child is not None:
            _close_pipes(child)  # or the child would not see the end of its own parent
            child.returncode = 0  # nothing to wait for


def _start() -> Child:
    # -P and another folder: modules that lie about must not be taken for those of the library.
    # No environment: it may hold the keys of the site.
    command = [sys.executable, "-P", program]
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    child = None
    try:
        child = subprocess.Popen(
            command, bufsize=0, stdin=pipe, stdout=pipe, stderr=nowhere, cwd="/", env={}
        )
        with _deadline(child, START_SECONDS):
            _ask(child)
    except BaseException as error:  # an interrupt, too, must not leave the child behind
        if child is not None:
            _kill(child)
            _close_pipes(child)
        if not isinstance(error, FAILURES):
            raise
        logger.warning("C2PA manifests cannot be read, since %s fails.", " ".join(command))
        raise Unreadable("no_start") from error
    return child


def _ask_for_report(child: Child, *frames: bytes) -> dict[str, Any]:
    with _deadline(child, SECONDS):
        answer = _ask(child, *frames)
    report = json.loads(answer)
    if not isinstance(report, dict):
        raise ValueError("The answer is no JSON object.")
    return report


@contextmanager
def _deadline(child: Child, seconds: float) -> Iterator[None]:
    """Kill the child unless the block ends in time; that also ends all waiting for its pipes."""
    timer = threading.Timer(seconds, _kill, [child])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _ask(child: Child, *frames: bytes) -> bytes:
    for frame in frames:
        send(cast("IO[bytes]", child.stdin), frame)
    return receive(cast("IO[bytes]", child.stdout), MAX_REPORT)


def _kill(child: Child) -> None:
    child.kill()
    child.wait()


def _close_pipes(child: Child) -> None:
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()


PROCESS = CredentialsProcess()
if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=PROCESS.forget)
