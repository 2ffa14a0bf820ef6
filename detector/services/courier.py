"""The thread of a worker that sends the messages whose time has come."""

from __future__ import annotations

import threading

from .patience import despite_errors
from .webhooks import deliver_due

LOOK_SECONDS = 2.0


class Courier:
    """Looks every LOOK_SECONDS; several of them, on several machines, share the work."""

    def __init__(self) -> None:
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._send, name="courier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ending.set()
        self._thread.join()

    def _send(self) -> None:
        while not self._ending.wait(LOOK_SECONDS):
            despite_errors(lambda: bool(deliver_due()))
