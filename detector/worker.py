"""The worker: takes pictures from the queue, as many at once as there are analysis processes."""

from __future__ import annotations

import threading

from django.conf import settings

from detector import installation, services
from detector.services.courier import Courier
from detector.services.keeper import Keeper
from detector.services.patience import despite_errors

# How often an idle thread looks into the queue though nobody has woken it.
LOOK_SECONDS = 0.5


class Worker:
    """Threads that run what waits, one that keeps the leases, and one that sends messages."""

    def __init__(self, name: str) -> None:
        self._keeper = Keeper(name, self.wake)
        self._courier = Courier()
        self._news = threading.Condition()
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin; the models load while the first picture is on its way."""
        installation.get_pool()
        self._keeper.start()
        self._courier.start()
        for number in range(settings.ANALYSIS_PROCESSES):
            thread = threading.Thread(target=self._work, name=f"worker {number}", daemon=True)
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
        self._keeper.end()
        self._courier.end()

    def _work(self) -> None:
        while not self._ending.is_set():
            if not despite_errors(self._run_next):
                with self._news:
                    self._news.wait(LOOK_SECONDS)

    def _run_next(self) -> bool:
        """Run the next comparison or picture; False where none waits."""
        if comparison := services.claim_comparison():
            services.run_comparison(comparison)
            return True
        analysis = services.claim_next(self._keeper.name)
        if analysis is None:
            return False
        with self._keeper.at(analysis.pk):
            services.run(analysis)
        return True
