"""Keeps what a process is at: renews its leases and heartbeat, and takes back what others lost."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from detector import installation
from detector.models import Heartbeat

from .leases import reap, renew
from .patience import despite_errors

# How often leases are renewed, and lost ones taken back.
CARE_SECONDS = 10.0


class Keeper:
    """The leases of one process, which is known by `name`; `look` is called where work may wait."""

    def __init__(self, name: str, look: Callable[[], None]) -> None:
        self.name = name
        self._look = look
        self._at_work: set[uuid.UUID] = set()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._care, name="keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ending.set()
        self._thread.join()
        despite_errors(lambda: bool(Heartbeat.objects.filter(worker=self.name).delete()))

    @property
    def is_idle(self) -> bool:
        return not self._at_work

    @contextmanager
    def at(self, analysis: uuid.UUID) -> Iterator[None]:
        """Keep the lease of an analysis during the block."""
        self._at_work.add(analysis)
        try:
            yield
        finally:
            self._at_work.discard(analysis)

    def _care(self) -> None:
        while True:
            despite_errors(self._look_after_leases)
            if self._ending.wait(CARE_SECONDS):
                return

    def _look_after_leases(self) -> bool:
        renew(tuple(self._at_work), self.name)
        Heartbeat.objects.beat(self.name, installation.get_pool().count_running())
        reap()
        self._look()
        return True
