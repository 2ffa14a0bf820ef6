"""Hostile visitors beside good ones: malformed files, slow senders, and more than can wait."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException
from itertools import count

import numpy as np

from detector.analysis.deadline import read_work

from .crowds import PAGES
from .lines import Line, milliseconds
from .malformed import make_bases, make_malformed
from .pictures import make_jpeg, vary
from .site import Answer, Site, open_site

BUSY = 503
# Threads that send malformed files: so many may be on their way at once.
SENDERS = 16
# How often a slow sender sends a byte; the server closes who is silent for 30 s.
TRICKLE_SECONDS = 5.0
SMALL = 0.05  # megapixels of the files that are damaged
WAIT = 120  # seconds for a verdict
# Addresses that RFC 5737 keeps for examples.
GOOD_ADDRESS, BAD_ADDRESS = "192.0.2.1", "198.51.100.{}"
FIRST_ADDRESS, COSTLY_ADDRESS = "203.0.113.{}", "192.0.2.2"
CROWD_ADDRESS = "192.0.2.10{}"
# Files whose cost is measured: so few of one address that it need not wait.
BATCH, BATCHES = 10, 4
TAKEN = (200, 202)


class Times:
    """Seconds from sending a picture to its verdict, and of pages meanwhile.

    `refused` had to come again later (503), `failed` have no verdict though they were accepted.
    """

    def __init__(self) -> None:
        self.verdicts: list[float] = []
        self.pages: list[float] = []
        self.refused = self.failed = 0


def measure_hostile(
    *,
    runs: int = 10,
    rate: int = 20,
    clients: int = 200,
    queue: int = 16,
    addresses: int = 16,
    megapixels: float = 1.0,
) -> Iterator[Line]:
    """Good uploads and pages: alone, beside malformed files, beside slow senders, over capacity."""
    visitor = Visitor(make_jpeg(megapixels))
    with open_site() as site:
        good = site.seen_from(GOOD_ADDRESS)
        alone = visitor.visit(good, runs)
        costs = list(_say_costs(site))
        pours = []
        for number in (1, addresses):
            with pouring(site, rate, number) as pour:
                beside_bad = visitor.visit(good, runs)
            pours.append((number, beside_bad, pour.describe()))  # waits for those accepted
        with trickling(site, clients) as senders:
            beside_slow = visitor.visit(good, runs)
            held = senders.count_open()
    yield from _say_times("", alone, alone)
    yield from costs
    for number, beside_bad, malformed in pours:
        came = f"{rate} malformed files come a second from {_count_addresses(number)}"
        yield from _say_times(f" while {came}", beside_bad, alone)
        yield Line("Malformed files that came", malformed)
    yield from _say_times(f" beside {clients} slow senders", beside_slow, alone)
    yield Line("Slow senders with a connection at the end", f"{held} of {clients}")
    yield from _say_capacity(visitor, queue)


def _say_times(when: str, times: Times, alone: Times) -> Iterator[Line]:
    yield Line(f"Good uploads{when}, from sending to verdict", _describe(times.verdicts))
    if times is not alone:
        yield Line("their 95th percentile against that alone", _compare(times, alone), "<= 2 times")
    yield Line(f"Pages{when}", milliseconds(times.pages), "95 %: <= 200 ms")
    ends = f"{times.refused} refused (503), {times.failed} failed"
    yield Line("Good uploads without a verdict", ends, "0 failed")


def _say_costs(site: Site) -> Iterator[Line]:
    """What one malformed file costs that is looked at, and one of an address that has to wait."""
    bases, numbers = make_bases(SMALL), count(1_000_000)

    def spend(address: str) -> float:
        """Seconds of processors of the site, all its processes together."""
        processes = [site.web, site.worker, *site.analysts()]
        before = sum(map(read_work, processes))
        sender = site.seen_from(address)
        answers = [sender.send(make_malformed(bases, next(numbers))) for _ in range(BATCH)]
        for answer in answers:
            if answer.status in TAKEN:
                sender.finish(answer)
        return sum(map(read_work, processes)) - before

    first = sum(spend(FIRST_ADDRESS.format(each)) for each in range(BATCHES)) / BATCHES / BATCH
    for _ in range(2):  # beyond what an address may send without waiting
        spend(COSTLY_ADDRESS)
    later = spend(COSTLY_ADDRESS) / BATCH
    yield Line("Processors for a malformed file that is looked at", f"{first * 1000:.0f} ms")
    yield Line("for one more of an address that sent no others", f"{later * 1000:.0f} ms")


def _count_addresses(number: int) -> str:
    return "one address" if number == 1 else f"{number} addresses"


def _describe(seconds: list[float]) -> str:
    return milliseconds(seconds) if seconds else "none came to one"


def _compare(times: Times, alone: Times) -> str:
    if not (times.verdicts and alone.verdicts):
        return "nothing to compare"
    ratio = np.percentile(times.verdicts, 95) / np.percentile(alone.verdicts, 95)
    return f"{ratio:.2f} times"


class Visitor:
    """Sends one good picture after another, each of other bytes, and looks at pages between."""

    def __init__(self, picture: bytes) -> None:
        self._picture, self._numbers = picture, count()

    def next_picture(self) -> bytes:
        """The next file."""
        return vary(self._picture, next(self._numbers))

    def visit(self, site: Site, runs: int) -> Times:
        """The times of so many pictures, and of each of the pages after each of them."""
        times = Times()
        for _ in range(runs):
            start = time.monotonic()
            answer = site.send(self.next_picture(), wait=WAIT)
            if answer.status == BUSY:
                times.refused += 1
            elif site.finish(answer)["state"] == "done":
                times.verdicts.append(time.monotonic() - start)
            else:
                times.failed += 1
            times.pages += [site.get(page).seconds for page in PAGES]
        return times


class Pour:
    """Malformed files at a steady rate, and how the site has answered them."""

    def __init__(self, site: Site, rate: int, addresses: int) -> None:
        self._sites = [site.seen_from(BAD_ADDRESS.format(each)) for each in range(addresses)]
        self._site, self._rate = self._sites[0], rate
        self._bases, self._numbers = make_bases(SMALL), count()
        self._ending, self._lock = threading.Event(), threading.Lock()
        self._answers: list[Answer] = []
        self._errors, self._began, self._seconds = 0, time.monotonic(), 0.0

    def pour(self) -> None:
        """Send until `end`, each file at its moment, as far as the site takes them so fast."""
        with ThreadPoolExecutor(SENDERS) as threads:
            for number in self._numbers:
                moment = self._began + number / self._rate
                if self._ending.wait(max(moment - time.monotonic(), 0)):
                    break
                threads.submit(self._send, number)
            self._seconds = time.monotonic() - self._began
            threads.shutdown(cancel_futures=True)

    def end(self) -> None:
        """Send no more."""
        self._ending.set()

    def describe(self) -> str:
        """How many came, how fast, and what became of them."""
        states = Counter(self._find_state(answer) for answer in self._answers)
        rate = len(self._answers) / max(self._seconds, 0.001)
        ends = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
        return f"{len(self._answers)}, {rate:.1f} a second: {ends}, {self._errors} errors"

    def _send(self, number: int) -> None:
        try:
            site = self._sites[number % len(self._sites)]
            answer = site.send(make_malformed(self._bases, number))
        except (OSError, HTTPException):
            with self._lock:
                self._errors += 1
            return
        with self._lock:
            self._answers.append(answer)

    def _find_state(self, answer: Answer) -> str:
        if answer.status in TAKEN:
            state = str(self._site.finish(answer)["state"])
            return {"failed": "refused", "done": "judged"}.get(state, state)
        return f"answered {answer.status}"


@contextmanager
def _beside(work: Callable[[], None], end: Callable[[], None]) -> Iterator[None]:
    """Let `work` run in a thread during the block; `end` makes it return."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        end()
        thread.join()


@contextmanager
def pouring(site: Site, rate: int, addresses: int) -> Iterator[Pour]:
    """Malformed files come from so many addresses during the block."""
    pour = Pour(site, rate, addresses)
    with _beside(pour.pour, pour.end):
        yield pour


class SlowSenders:
    """Connections that send a byte of a long form every few seconds."""

    def __init__(self, site: Site, number: int) -> None:
        self._ending = threading.Event()
        head = f"POST /api/v1/detections HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n"
        head += (
            "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n--b"
        )
        self._sockets = [
            socket.create_connection(("127.0.0.1", site.port), timeout=WAIT) for _ in range(number)
        ]
        for each in self._sockets:
            each.sendall(head.encode())

    def trickle(self) -> None:
        """Send until `end`."""
        while not self._ending.wait(TRICKLE_SECONDS):
            self._sockets = [each for each in self._sockets if _send_byte(each)]

    def count_open(self) -> int:
        """How many the server has not closed."""
        return sum(map(_send_byte, self._sockets))

    def end(self) -> None:
        """Send no more."""
        self._ending.set()

    def close(self) -> None:
        """Close all connections."""
        for each in self._sockets:
            each.close()


def _send_byte(connection: socket.socket) -> bool:
    try:
        connection.sendall(b"x")
        return True
    except OSError:
        connection.close()
        return False


@contextmanager
def trickling(site: Site, number: int) -> Iterator[SlowSenders]:
    """So many slow senders have a connection during the block."""
    senders = SlowSenders(site, number)
    try:
        with _beside(senders.trickle, senders.end):
            yield senders
    finally:
        senders.close()


def _say_capacity(visitor: Visitor, queue: int) -> Iterator[Line]:
    """Four times as many pictures at once as may wait."""
    number = 4 * queue
    pictures = [visitor.next_picture() for _ in range(number)]
    with open_site(ANALYSIS_QUEUE=str(queue)) as site, ThreadPoolExecutor(number) as threads:
        # One address gets no more than half of the places.
        sites = [site.seen_from(CROWD_ADDRESS.format(each % 4)) for each in range(number)]
        answers = list(threads.map(Site.send, sites, pictures))
        accepted = [answer for answer in answers if answer.status in TAKEN]
        site = sites[0]
        done = sum(site.finish(answer)["state"] == "done" for answer in accepted)
    refused = [answer for answer in answers if answer.status == BUSY]
    told = sum(answer.retry_after > 0 for answer in refused)
    others = number - len(accepted) - len(refused)
    yield Line(f"Of {number} pictures at once for {queue} places, accepted", str(len(accepted)))
    yield Line("of these with a verdict", f"{done} of {len(accepted)}", "all")
    yield Line("refused with 503 and Retry-After", f"{told} of {len(refused)}", "all")
    yield Line("answered otherwise", str(others), "0")
