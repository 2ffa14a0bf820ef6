"""The web server: one process with threads. Who sends or reads slowly costs nobody else anything.

Waitress takes a request in whole before a thread sees it. It leaves open how long that may last,
who has to go when too many connections are open, and who waits behind a long analysis; that is
here. A server of another make (see wsgi.py) needs a proxy before it that does the same.
"""

from __future__ import annotations

import io
import logging
import resource
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask
from waitress.utilities import BadRequest, Error

logger = logging.getLogger(__name__)

# The status with which the application shall refuse a request: the server's own page would be bare.
REFUSED = "ai_image_detector.refused"
# How many times MAX_UPLOAD_MB the files of one request may have together: a comparison has several.
MOST_BODIES = 3
FORM_OVERHEAD = 64 * 1024  # bytes of a body that are no picture: boundaries, other fields

# A thread that takes an upload mostly waits for a worker, and holds no picture in memory.
PAGE_THREADS, UPLOAD_THREADS = 4, 24
MAX_QUEUED = 64  # uploads that wait for a thread; each may lie on the disk in full
MAX_HEADER = 16 * 1024  # bytes of all headers, of the line before a chunk, of the lines at the end
IN_MEMORY = 64 * 1024  # bytes of an unfinished body; what is longer goes to an unnamed file


@dataclass(frozen=True)
class Patience:
    """For how many seconds a connection is waited for, and how much unfinished ones may hold.

    `header` counts from the connection or from the answer before, and includes that nothing comes;
    `silence` is without a byte within a body or an answer, `whole` is all of it; `parting` is for
    the rest of a request that was refused: who is cut off while sending does not see the answer.
    """

    header: float = 30
    silence: float = 30
    whole: float = 600
    parting: float = 30
    connections: int = 500
    unfinished_bytes: int = 2**30


class Parser(HTTPRequestParser):
    """Reads a request; a chunked body has limits on what is not content, too."""

    def received(self, data: bytes) -> int:
        try:
            consumed = super().received(data)
        except ValueError:  # a length of 5,000 digits, an address with half a bracket
            return self._refuse("A number or an address in the header cannot be read.", data)
        except OSError as failure:  # of the disk, where a long body lies until it is whole
            logger.error("A request cannot be kept: %s", failure)
            self.error, self.completed = Full(str(failure)), True
            return len(data)
        if self.chunked and not self.completed:
            chunks = self.body_rcv
            if max(len(chunks.control_line), len(chunks.trailer)) > MAX_HEADER:
                return self._refuse("A line between the chunks of the body is too long.", data)
        return consumed

    def _refuse(self, reason: str, data: bytes) -> int:
        self.error, self.completed = BadRequest(reason), True
        return len(data)


class Refused(WSGITask):
    """Lets the application answer what the server refuses, in JSON or in the site's layout."""

    def execute(self) -> None:
        self.set_close_on_finish()
        super().execute()

    def get_environment(self) -> dict[str, Any]:
        environment = {"wsgi.input": io.BytesIO(), REFUSED: self.request.error.code}
        return super().get_environment() | environment


def refuse(channel: HTTPChannel, request: HTTPRequestParser) -> ErrorTask | Refused:
    """The task that refuses: the server's own where path and host could not be read."""
    unread = request.error.code == 431 or not hasattr(request, "path")
    return (ErrorTask if unread else Refused)(channel, request)


class Channel(HTTPChannel):
    """One connection. `turn` is when it last became the client's turn to do something.

    Moments are those of a clock that nobody sets forth or back.
    """

    parser_class = Parser
    error_task_class = staticmethod(refuse)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.serving = self.refused = self.parting = False
        super().__init__(*args, **kwargs)
        self.turn = time.monotonic()

    @property
    def last_activity(self) -> float:
        """When the client last sent or took something."""
        return self._last_activity

    @last_activity.setter
    def last_activity(self, wall_clock: float) -> None:
        """Waitress sets it to the time of day."""
        self._last_activity = time.monotonic()

    def service(self) -> None:
        self.serving, self.refused = True, bool(self.requests[0].error)
        super().service()
        # The request has left `requests` by now, so until here `serving` holds the deadline off.
        self.turn, self.serving = time.monotonic(), False

    def deadline(self, patience: Patience) -> float | None:
        """When the connection is closed unless it moves on; None while it waits for this server."""
        if not self.waits:
            return None
        if self.parting:
            return self.turn + patience.parting
        if self.total_outbufs_len or (self.request and self.request.headers_finished):
            return min(self.turn + patience.whole, self.last_activity + patience.silence)
        return self.turn + patience.header

    @property
    def waits(self) -> bool:
        """Whether it is the client's turn."""
        return not (self.requests or self.serving)

    @property
    def unfinished(self) -> int:
        """How many bytes of a body are here already, of a request that is not whole."""
        body = self.request and self.request.body_rcv
        return len(body) if body else 0

    def readable(self) -> bool:
        return self.parting or super().readable()

    def handle_read(self) -> None:
        if not self.parting:
            return super().handle_read()
        try:
            self.recv(self.adj.recv_bytes)  # closes the connection at its end
        except OSError:
            self.handle_close()

    def handle_write(self) -> None:
        if not (self.refused and self.close_when_flushed):
            return super().handle_write()
        self._flush_exception(self._flush_some)
        if self.will_close:
            self.handle_close()
        elif not self.total_outbufs_len:
            self._part()

    def _part(self) -> None:
        """Say that this was all, and read on without keeping anything."""
        self.close_when_flushed, self.parting = False, True
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:  # it has gone already
            self.handle_close()


class Lanes:
    """Two groups of threads: no page waits for an analysis, however many uploads there are."""

    def __init__(self) -> None:
        self.pages, self.uploads = ThreadedTaskDispatcher(), ThreadedTaskDispatcher()
        self.pages.set_thread_count(PAGE_THREADS)
        self.uploads.set_thread_count(UPLOAD_THREADS)

    def add_task(self, channel: Channel) -> None:
        request = channel.requests[0]
        if request.error or not request.headers.get("CONTENT_TYPE", "").lower().startswith("multi"):
            return self.pages.add_task(channel)
        if len(self.uploads.queue) < MAX_QUEUED:
            return self.uploads.add_task(channel)
        request.error = Busy("Too many uploads are waiting.")
        self.pages.add_task(channel)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> None:
        for lane in (self.pages, self.uploads):
            lane.shutdown(cancel_pending, timeout)


class Busy(Error):
    code, reason = 503, "Service Unavailable"


class Full(Error):
    code, reason = 507, "Insufficient Storage"


class Server(TcpWSGIServer):
    """Accepts connections, and closes those whose time is over or whose place is needed."""

    channel_class = Channel
    patience: Patience
    maintained = 0.0

    def readable(self) -> bool:
        """Have `maintenance` called once a second, also where the time of day is set back."""
        if (now := time.monotonic()) >= self.maintained + self.adj.cleanup_interval:
            self.maintained = now
            self.next_channel_cleanup = 0
        return super().readable()

    def maintenance(self, time_of_day: float) -> None:
        """Close who is late, and make room."""
        now = time.monotonic()
        for channel in list(self.active_channels.values()):
            deadline = channel.deadline(self.patience)
            if deadline is not None and deadline < now:
                channel.handle_close()
        while self._unfinished() > self.patience.unfinished_bytes:
            self._close_one(bodies=True)

    def _unfinished(self) -> int:
        return sum(channel.unfinished for channel in self.active_channels.values() if channel.waits)

    def handle_accept(self) -> None:
        if len(self.active_channels) >= self.patience.connections:
            self._close_one()
        super().handle_accept()

    def _close_one(self, bodies: bool = False) -> None:
        """Close what waits for the client the longest, those first that have sent the least."""
        channels = [
            channel
            for channel in self.active_channels.values()
            if channel.waits and channel.unfinished >= bodies
        ]
        if channels:
            min(channels, key=lambda one: (one.unfinished > 0, one.turn)).handle_close()


def make_servers(
    application: Callable[..., Any], listen: str, *, patience: Patience, **adjustments: Any
) -> list[Server]:
    """A server for each address that `listen` ("127.0.0.1:8000") means; `run` of one runs them all.

    Raises `OSError` where the address is taken, `ValueError` where it is none.
    """
    settings = Adjustments(
        listen=listen,
        ident="",
        asyncore_use_poll=True,
        cleanup_interval=1,
        connection_limit=patience.connections + 100,  # beyond those that can be closed
        max_request_header_size=MAX_HEADER,
        inbuf_overflow=IN_MEMORY,
        log_socket_errors=False,
        **adjustments,
    )
    own = type("OwnServer", (Server,), {"patience": patience})
    sockets: dict[int, Any] = {}  # the sockets of all of them
    lanes = Lanes()
    _allow_files(3 * patience.connections)
    return [
        own(application, sockets, dispatcher=lanes, adj=settings, sockinfo=address)
        for address in settings.listen
    ]


def _allow_files(count: int) -> None:
    """Raise the limit on open files of this process, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        target = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
