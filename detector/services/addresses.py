"""Connections to servers that strangers name: HTTPS, and to no address inside this network.

The name is resolved once; the connection goes to an address that was looked at, so that a name that
changes its address in between leads nowhere else.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
from contextlib import suppress
from http.client import HTTPSConnection
from threading import Timer
from urllib.parse import SplitResult, urlsplit

# How long a server may say nothing, and how long everything may last.
SECONDS, WHOLE_SECONDS = 10.0, 30.0
MAX_LENGTH = 2000
# No user, no fragment, no address of IPv6; a port of at most 64999.
ADDRESS = re.compile(
    r"^https://[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
    r"(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}))?(/[!-\"$-~]*)?$"
)


class BadAddress(ValueError):
    """The address is none to which anything is sent; the message says what is accepted."""


def read_address(url: str, *, private: bool) -> SplitResult:
    """The parts of an `https://` address. Raises `BadAddress`; names are not resolved."""
    if len(url) > MAX_LENGTH or not ADDRESS.fullmatch(url):
        raise BadAddress(
            f"{url[:80]!r} is not accepted; accepted are addresses of https:// with the name of a "
            f"host, in at most {MAX_LENGTH} characters of ASCII."
        )
    parts = urlsplit(url)
    if _is_literal(parts.hostname or ""):
        check_address(parts.hostname or "", private=private)
    return parts


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
        return True
    except ValueError:
        return False


def check_address(address: str, *, private: bool) -> str:
    """The address, which may be used. Raises `BadAddress` for one inside this network."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None) or ip
    if not private and (not mapped.is_global or mapped.is_multicast):
        raise BadAddress(
            f"{address} is a private or local address; nothing is sent to these here "
            "(the setting WEBHOOKS_PRIVATE)."
        )
    return address


def resolve(host: str, port: int, *, private: bool) -> str:
    """An address of the host. Raises `BadAddress` where any is private, `OSError` for no host."""
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a part of the name that is too long
        raise BadAddress(f"{host[:80]!r} is no name of a host.") from error
    return [check_address(str(row[4][0]), private=private) for row in rows][0]


class PinnedConnection(HTTPSConnection):
    """HTTPS to one address, whose certificate must be that of the host."""

    def __init__(self, host: str, port: int, address: str) -> None:
        self._tls = ssl.create_default_context()
        super().__init__(host, port, timeout=SECONDS, context=self._tls)
        self._address = address
        self._timer: Timer | None = None

    def connect(self) -> None:
        raw = socket.create_connection((self._address, self.port), SECONDS)
        try:
            self.sock = self._tls.wrap_socket(raw, server_hostname=self.host)
        except BaseException:
            raw.close()
            raise
        self._timer = Timer(WHOLE_SECONDS, _shut, [self.sock])
        self._timer.daemon = True
        self._timer.start()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().close()


def _shut(connection: socket.socket) -> None:
    """End a connection in which another thread waits for a byte now and then."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
