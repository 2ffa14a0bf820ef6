"""How far a scan is: pictures a second, and the time left once the source is counted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from .errors import ScanError
from .sources import Source

# Seconds between two lines in a log; a terminal has a bar instead.
INTERVAL = 60.0


class Progress:
    """Counts rows, and says so: by a bar in a terminal, else by a sentence now and then.

    The pictures are counted by a thread, since the analysis is not to wait for that.
    """

    def __init__(self, source: Source, say: Callable[[str], object]) -> None:
        from tqdm import tqdm  # not at the top: a wrong argument is not to wait for it

        self.done = self.skipped = self.errors = 0
        self._total: int | None = None
        self._say, self._started = say, time.monotonic()
        self._last = self._started
        self._bar = tqdm(disable=None, unit=" pictures", leave=False)
        self._counting = threading.Thread(target=self._count, args=(source,), daemon=True)
        self._counting.start()

    def _count(self, source: Source) -> None:
        try:
            self._total = source.count()
        except (OSError, ScanError):
            return  # the scan meets the same, and says so

    def skip(self) -> None:
        """One picture was finished before this run."""
        self.skipped += 1

    def add(self, *, failed: bool) -> None:
        """One more row is written."""
        self.done += 1
        self.errors += failed
        self._bar.total = self._total and self._total - self.skipped
        self._bar.update()
        if self._bar.disable and time.monotonic() - self._last >= INTERVAL:
            self._last = time.monotonic()
            self._say(self.sentence())

    def sentence(self) -> str:
        """What is done up to now."""
        seconds = time.monotonic() - self._started
        rate = self.done / seconds if seconds else 0.0
        sentence = f"{self.done:,} pictures in {seconds:,.0f} s, {rate:,.1f} a second"
        if self.skipped:
            sentence += f"; {self.skipped:,} were finished before"
        left = self._total and self._total - self.skipped - self.done
        return f"{sentence}; {_duration(left / rate)} left." if left and rate else f"{sentence}."

    def close(self) -> None:
        """Remove the bar."""
        self._bar.close()


def _duration(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min"
