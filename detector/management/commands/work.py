"""Runs what waits in the queue of analyses: the worker, of which there may be any number."""

from __future__ import annotations

import os
import signal
import sys
import threading
import uuid
from argparse import ArgumentParser
from types import FrameType
from typing import TYPE_CHECKING, Any

from django.conf import settings

from detector.management.base import DetectorCommand, check_data_folder

if TYPE_CHECKING:
    from detector.worker import Worker


class Command(DetectorCommand):
    help = (
        "Analyse the pictures that wait, until this program is ended. `manage.py serve` starts one "
        "by itself; a server of another make that does not load wsgi.py needs one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--beside",
            metavar="NAME",
            help="as the worker NAME of a server, which wakes and ends it by its standard input",
        )

    def handle(self, *, beside: str | None, **options: Any) -> None:
        from detector.sweep import live_in_data_folder
        from detector.worker import Worker

        check_data_folder()
        live_in_data_folder()
        if settings.ANALYSIS_ENGINE == "CELERY":
            return _run_celery()
        worker = Worker(beside or f"{uuid.uuid4()} {os.uname().nodename}"[:100])
        worker.start()
        if beside:
            _listen(worker)
        else:
            _wait_for_end()
            worker.end()


def _run_celery() -> None:
    """Take messages of the broker, those of pictures that somebody waits for first."""
    from ai_image_detector.celery import app
    from detector.services.engines import QUEUES

    # Threads: what may run wild is in the analysis processes already.
    worker = app.Worker(
        hostname=f"{uuid.uuid4()}@%h",
        queues=",".join(QUEUES.values()),
        pool="threads",
        concurrency=settings.ANALYSIS_PROCESSES,
        loglevel="WARNING",
    )
    worker.start()


def _listen(worker: Worker) -> None:
    """Wake the worker at each byte; at the end of the input the server is gone, with its users."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while os.read(sys.stdin.fileno(), 4096):
        worker.wake()
    os._exit(0)  # what it is at goes back into the queue


def _wait_for_end() -> None:
    end = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        end.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    end.wait()
