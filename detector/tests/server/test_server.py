"""The web server before an application of the test's own: deadlines, places, lanes, refusals."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import pytest
from waitress import wasyncore

from ai_image_detector import server
from ai_image_detector.server import REFUSED, Patience, make_servers
from detector.tests.factories.servers import PATIENCE, wait_for

SHORT = 1  # second: long enough for a machine that is busy
HEADER = b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"
BODY = HEADER + b"Content-Length: 100000\r\n\r\n"
CHUNKED = HEADER + b"Transfer-Encoding: chunked\r\n\r\n"
PAGE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LARGE = 8 * 2**20  # more than the buffers of a connection take

SENT = {
    "nothing": b"",
    "a line end again and again": b"\r\n\r\n",
    "a part of a header": HEADER,
    "a part of a body": BODY + b"--b",
    "a part of a chunk": CHUNKED + b"5\r\nab",
    "a part of the length of a chunk": CHUNKED + b"5",
    "nothing after an answer": PAGE,
    "no end of what is refused": BODY.replace(b"100000", b"9999999999"),
}


class App:
    """Answers with what it got; uploads wait until `gate` is open."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.uploads = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        if code := environ.get(REFUSED):
            start_response(f"{code} Refused", [("Content-Length", "2")])
            return [b"no"]
        if environ["PATH_INFO"] == "/upload":
            self.uploads += 1
            self.gate.wait(PATIENCE)
        body = environ["wsgi.input"].read() or b"page"
        if environ["PATH_INFO"] == "/large":
            body = bytes(LARGE)
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]


@contextmanager
def running(
    app: App, servers: list[server.Server] | None = None, max_body: int = 2**20, **patience: Any
) -> Iterator[int]:
    """The port of a server in a thread; `servers` is filled with it."""
    servers = [] if servers is None else servers
    servers += make_servers(
        app, "127.0.0.1:0", patience=Patience(**patience), max_request_body_size=max_body
    )
    thread = threading.Thread(target=servers[0].run)
    thread.start()
    try:
        yield servers[0].effective_port
    finally:
        app.gate.set()
        with suppress(OSError):  # it was awake already, and is closed before it is woken
            servers[0].trigger.pull_trigger(lambda: wasyncore.close_all(servers[0]._map))
        thread.join(PATIENCE)
        servers[0].task_dispatcher.shutdown()


def connect(port: int, sent: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    connection.sendall(sent)
    return connection


def read_answer(connection: socket.socket) -> tuple[int, bytes]:
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, response.read()


def is_closed(connection: socket.socket, trickled: bytes = b"") -> bool:
    """Whether the other side has ended the connection; sends `trickled`, drops what it gets."""
    connection.setblocking(False)
    try:
        connection.sendall(trickled)
        while connection.recv(2**16):
            pass
        return not trickled  # it says no more, but may still read
    except BlockingIOError:
        return False
    except OSError:
        return True


def ask(port: int, body: Any = None, path: str = "/", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("POST" if body else "GET", path, body, headers)
    response = connection.getresponse()
    said = response.read()
    connection.close()
    return response.status, said


# Deadlines


@pytest.mark.slow
@pytest.mark.parametrize("kind", SENT)
@pytest.mark.parametrize("trickles", [False, True])
def test_who_does_not_come_to_an_end_is_closed(kind: str, trickles: bool) -> None:
    patience: dict[str, Any] = {"header": SHORT, "whole": SHORT, "parting": SHORT}
    patience["silence"] = PATIENCE if trickles else SHORT
    trickled = b"" if not trickles else (SENT[kind] or b"a")[-1:]
    if kind == "a line end again and again":
        trickled = SENT[kind]
    if kind == "a part of the length of a chunk":
        trickled = b"0"
    with running(App(), **patience) as port:
        connection = connect(port, SENT[kind])
        wait_for(lambda: is_closed(connection, trickled))


@pytest.mark.slow
def test_a_silent_sender_is_not_waited_for_as_long_as_a_slow_one() -> None:
    with running(App(), silence=SHORT) as port:
        connection = connect(port, SENT["a part of a body"])
        wait_for(lambda: is_closed(connection))


@pytest.mark.slow
def test_who_does_not_read_the_answer_is_closed() -> None:
    servers: list[server.Server] = []
    with running(App(), servers, silence=SHORT) as port:
        connection = connect(port, PAGE.replace(b"GET /", b"GET /large"))
        wait_for(lambda: servers[0].active_channels)
        wait_for(lambda: not servers[0].active_channels)
        got = 0
        while data := connection.recv(2**16):
            got += len(data)
        assert got < LARGE


def test_what_comes_in_time_is_answered() -> None:
    with running(App()) as port:
        connection = connect(port, b"")
        for byte in BODY.replace(b"100000", b"3") + b"abc":
            connection.sendall(bytes([byte]))
        assert read_answer(connection) == (200, b"abc")


@pytest.mark.slow
def test_a_long_analysis_is_waited_for() -> None:
    app = App()
    app.gate.clear()
    times: dict[str, Any] = {"header": SHORT, "whole": SHORT, "silence": SHORT}
    with running(app, **times) as port:
        connection = connect(port, BODY.replace(b"100000", b"3") + b"abc")
        wait_for(lambda: app.uploads)
        waits = connect(port, b"")
        wait_for(lambda: is_closed(waits))
        app.gate.set()
        assert read_answer(connection) == (200, b"abc")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """By how many seconds the time of day is off."""
    offset, now = [0.0], time.time
    monkeypatch.setattr(time, "time", lambda: now() + offset[0])
    return offset


HOUR = 3600.0


@pytest.mark.slow
def test_a_clock_that_is_set_back_keeps_nobody_longer(clock: list[float]) -> None:
    with running(App(), header=SHORT, silence=SHORT) as port:
        connections = [connect(port, SENT[kind]) for kind in ("nothing", "a part of a body")]
        clock[0] = -HOUR
        connections += [connect(port, SENT[kind]) for kind in ("nothing", "a part of a body")]
        for connection in connections:
            wait_for(partial(is_closed, connection))


@pytest.mark.slow
def test_a_clock_that_is_set_forth_closes_nobody(clock: list[float]) -> None:
    servers: list[server.Server] = []
    with running(App(), servers) as port:
        connection = connect(port, BODY.replace(b"100000", b"3") + b"ab")
        wait_for(lambda: servers[0].active_channels)
        clock[0] = HOUR
        maintained = servers[0].maintained
        wait_for(lambda: servers[0].maintained > maintained)
        connection.sendall(b"c")
        assert read_answer(connection) == (200, b"abc")


# Places


def test_a_newcomer_gets_the_place_of_who_has_sent_the_least() -> None:
    with running(App(), connections=6) as port:
        sender = connect(port, SENT["a part of a body"])
        wait_for(lambda: ask(port)[0] == 200)
        others = [connect(port, HEADER) for _ in range(20)]
        assert ask(port) == (200, b"page")
        wait_for(lambda: sum(map(is_closed, others)) >= 14)
        assert not is_closed(others[-1]) and not is_closed(sender)


@pytest.mark.slow
def test_unfinished_bodies_hold_only_so_much() -> None:
    with running(App(), unfinished_bytes=50_000) as port:
        first, second = (connect(port, BODY + bytes(30_000)) for _ in range(2))
        wait_for(lambda: is_closed(first))
        assert not is_closed(second)
        assert ask(port) == (200, b"page")


# Lanes


def test_no_page_waits_for_uploads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_QUEUED", 20)
    app = App()
    app.gate.clear()
    with running(app) as port:
        whole = BODY.replace(b"100000", b"3") + b"abc"
        waiting = [connect(port, whole) for _ in range(server.UPLOAD_THREADS)]
        wait_for(lambda: app.uploads == server.UPLOAD_THREADS)
        waiting += [connect(port, whole) for _ in range(20)]
        assert ask(port) == (200, b"page")
        refused = connect(port, whole)
        assert read_answer(refused) == (503, b"no")
        app.gate.set()
        assert all(read_answer(one) == (200, b"abc") for one in waiting)


# Bodies


def test_chunks_become_a_body() -> None:
    with running(App()) as port:
        assert ask(port, iter([b"abc", b"def"])) == (200, b"abcdef")


@pytest.mark.parametrize("length", [{"Content-Length": str(LARGE)}, {}])
def test_who_sends_too_much_still_sees_the_answer(length: dict[str, str]) -> None:
    with running(App(), max_body=10_000) as port:
        body = (bytes(2**16) for _ in range(LARGE // 2**16))
        assert ask(port, body, **length) == (413, b"no")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (CHUNKED + b"5;" + b"x" * 20_000, 400),
        (CHUNKED + b"0\r\n" + b"x" * 20_000, 400),
        (CHUNKED + b"nonsense\r\n", 400),
        (BODY.replace(b"100000", b"9" * 5000), 400),
        (BODY.replace(b"100000", b"-1"), 400),
        (PAGE.replace(b"/ ", b"http://[ "), 400),
        (HEADER + b"Transfer-Encoding: gzip\r\n\r\n", 501),
        (HEADER + b"X: " + b"x" * 20_000, 431),
        (b"nonsense\r\n\r\n", 400),
    ],
)
def test_what_cannot_be_read_is_refused(sent: bytes, code: int) -> None:
    with running(App()) as port:
        assert read_answer(connect(port, sent))[0] == code
