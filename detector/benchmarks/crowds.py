"""Many at once: a worker over hours, pages beside uploads, and clients that never stop."""

from __future__ import annotations

import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from itertools import count
from typing import Any

from .lines import Line, milliseconds
from .memory import megabytes, read_memory, read_peak
from .pictures import make_jpeg, make_mixed, vary
from .site import Answer, Site, open_site

PAGES = ("/", "/methods/", "/api/v1/version")
FILES = 25  # different files of a mixed lot; each is sent many times, as other bytes
SHARE = 10  # of the pictures: the first tenth is held against the last
BUSY = 503


def measure_worker(*, pictures: int = 1000, megapixels: float = 24.0) -> Iterator[Line]:
    """The memory of the worker and its analysis process after each of many mixed pictures."""
    files = list(make_mixed(min(FILES, pictures), megapixels))
    sizes, peak, states = [], 0, Counter[str]()
    with open_site(MAX_UPLOAD_MB="256", ANALYSIS_TIMEOUT="300") as site:
        for number in range(pictures):
            data = files[number % len(files)] + number.to_bytes(4, "big")
            states[site.finish(site.send(data, wait=60))["state"]] += 1
            programs = [site.worker, *site.analysts()]
            sizes.append(sum(map(read_memory, programs)))
            peak = max(peak, sum(map(read_peak, programs)))
    part = max(pictures // SHARE, 1)
    first, last = (statistics.median(some) for some in (sizes[:part], sizes[-part:]))
    named = f"{pictures} pictures of up to {megapixels:g} megapixels"
    yield Line(f"Memory of a worker after {named}", megabytes(sizes[-1]), "<= 900 MB")
    yield Line("at most, during a picture", megabytes(peak), "<= 900 MB")
    yield Line("the last tenth against the first", f"{last / first - 1:+.1%}", "<= 2 %")
    yield Line("Pictures with a verdict", f"{states['done']} of {pictures}")


def measure_pages(*, clients: int = 32, runs: int = 60, megapixels: float = 1.0) -> Iterator[Line]:
    """Pages while uploads are analysed, beside those of before; memory of the web process."""
    base = make_jpeg(megapixels)
    with open_site() as site:
        before = _time_pages(site, runs)
        sent = [site.send(vary(base, number)) for number in range(clients)]
        under_way = _time_pages(site, runs)
        waiting = _count_unfinished(site, sent)
        memory = read_peak(site.web)
        ends = [site.finish(answer) for answer in sent]
    yield Line("Pages of an idle site", milliseconds(before))
    named = f"Pages while {clients} uploads are analysed"
    yield Line(named, milliseconds(under_way), "95 %: <= 100 ms")
    yield Line("of these uploads unfinished at the end of the measurement", str(waiting))
    yield Line("Memory of the web process at most", megabytes(memory), "<= 150 MB")
    done = sum(item["state"] == "done" for item in ends)
    yield Line("Uploads with a verdict", f"{done} of {clients}", "all")
    for sentence, number in Counter(map(_find_error, ends)).items():
        if sentence:
            yield Line("without one, and why", f"{number}: {sentence}")


def _find_error(item: dict[str, Any]) -> str:
    return str((item["error"] or {}).get("detail", ""))


def _time_pages(site: Site, runs: int) -> list[float]:
    return [site.get(PAGES[number % len(PAGES)]).seconds for number in range(runs)]


def _count_unfinished(site: Site, sent: list[Answer]) -> int:
    states = (site.get(answer.body["items"][0]["url"]).body["state"] for answer in sent)
    return sum(state in ("queued", "running") for state in states)


def measure_clients(
    *, clients: int = 32, seconds: float = 60.0, queue: int = 16, megapixels: float = 1.0
) -> Iterator[Line]:
    """Clients that send one picture after another, more of them than may wait."""
    crowd = Crowd(make_jpeg(megapixels))
    with open_site(ANALYSIS_QUEUE=str(queue)) as site, ThreadPoolExecutor(clients) as threads:
        end = time.monotonic() + seconds
        for _ in range(clients):
            threads.submit(crowd.send_until, end, site)
        threads.shutdown()
    counts = crowd.counts
    named = f"{clients} clients for {seconds:g} s, {queue} places in the queue"
    yield Line(named, f"{counts['accepted']} pictures accepted, {counts['refused']} refused (503)")
    yield Line("Accepted pictures with a verdict", f"{counts['done']}", f"{counts['accepted']}")
    yield Line("Errors beside 503", f"{counts['errors']}", "0")
    if crowd.seconds:
        yield Line("From sending to verdict", milliseconds(crowd.seconds))


class Crowd:
    """What clients send and what becomes of it, counted by all of them together."""

    def __init__(self, picture: bytes) -> None:
        self.counts: Counter[str] = Counter()
        self.seconds: list[float] = []
        self._picture, self._numbers, self._lock = picture, count(), threading.Lock()

    def send_until(self, end: float, site: Site) -> None:
        """Send pictures one after another until the clock shows `end`."""
        while time.monotonic() < end:
            try:
                self._send_one(site)
            except (OSError, HTTPException, KeyError):
                self._add("errors")

    def _send_one(self, site: Site) -> None:
        start = time.monotonic()
        answer = site.send(vary(self._picture, next(self._numbers)), wait=5)
        if answer.status == BUSY:
            self._add("refused")
            time.sleep(1)
            return
        if answer.status not in (200, 202):
            return self._add("errors")
        self._add("accepted")
        if site.finish(answer)["state"] == "done":
            self._add("done")
            self.seconds.append(time.monotonic() - start)

    def _add(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1
