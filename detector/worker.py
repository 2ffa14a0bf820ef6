"""The worker: takes pictures from the queue, as many at once as there are analysis processes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, close_old_connections

from detector import installation, services

logger = logging.getLogger(__name__)

# How often an idle thread looks into the queue though nobody has woken it.
LOOK_SECONDS = 0.5
# How often leases are renewed, and lost ones taken back.
CARE_SECONDS = 10.0
ERROR_SECONDS = 2.0


class Worker:
    """Threads that run what waits, and one that cares for the leases."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._news = threading.Condition()
        self._at_work: set[UUID] = set()
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin; the models load while the first picture is on its way."""
        installation.get_pool()
        works = [self._work] * settings.ANALYSIS_PROCESSES
        for number, target in enumerate([self._care, *works]):
            thread = threading.Thread(target=target, name=f"worker {number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def wake(self) -> None:
        """Look into the queue now."""
        with self._news:
            self._news.notify_all()

    def end(self) -> None:
        """Finish what is being analysed, and take nothing more."""
        self._ending.set()
        self.wake()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while not self._ending.is_set():
            if not _despite_errors(self._run_next):
                with self._news:
                    self._news.wait(LOOK_SECONDS)

    def _run_next(self) -> bool:
        """Run the next picture; False where none waits."""
        analysis = services.claim_next(self.name)
        if analysis is None:
            return False
        self._at_work.add(analysis.pk)
        try:
            services.run(analysis)
        finally:
            self._at_work.discard(analysis.pk)
        return True

    def _care(self) -> None:
        while True:
            _despite_errors(self._look_after_leases)
            if self._ending.wait(CARE_SECONDS):
                return

    def _look_after_leases(self) -> bool:
        services.renew(tuple(self._at_work), self.name)
        if services.reap():
            self.wake()
        return True


def _despite_errors(step: Callable[[], bool]) -> bool:
    """What `step` returns; False, after a pause, where the database is away, say."""
    try:
        return step()
    except DatabaseError as error:  # before the first `migrate`, or it is away
        logger.error("The worker cannot use the database: %s", error)
    except Exception:
        logger.exception("The worker goes on after an error.")
    finally:
        close_old_connections()
    time.sleep(ERROR_SECONDS)
    return False
