"""Fetches a picture from a web address that a visitor gives, where the operator allows it.

HTTPS alone, from public addresses alone, within a size and a time, and no redirection is followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import SplitResult, unquote

from detector import __version__

from .addresses import BadAddress, PinnedConnection, read_address, resolve

# The address is none that is accepted, its server is away, it leads elsewhere, it answers with an
# error, or it sends more than is accepted.
Reason = Literal["address", "away", "moved", "status", "large"]
LONGEST_NAME = 200


class NotFetched(Exception):
    """There is no picture; `status` is what the website answered, if it did."""

    def __init__(self, reason: Reason, status: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


@dataclass(frozen=True)
class Fetched:
    """The bytes, not yet looked into, and a name for them from the address."""

    name: str
    data: bytes


def fetch(url: str, most: int) -> Fetched:
    """What is at an address, if that has at most so many bytes. Raises `NotFetched`."""
    try:
        parts = read_address(url, private=False)
        host, port = parts.hostname or "", parts.port or 443
        connection = PinnedConnection(host, port, resolve(host, port, private=False))
    except BadAddress as error:
        raise NotFetched("address") from error
    except OSError as error:
        raise NotFetched("away") from error
    try:
        return Fetched(_name_of(parts), _ask(connection, parts, most))
    except (OSError, HTTPException) as error:
        raise NotFetched("away") from error
    finally:
        connection.close()


def _name_of(parts: SplitResult) -> str:
    name = PurePosixPath(unquote(parts.path)).name
    return (name or parts.hostname or "")[:LONGEST_NAME]


def _ask(connection: PinnedConnection, parts: SplitResult, most: int) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"User-Agent": f"ai-image-detector/{__version__}", "Accept": "image/*"}
    connection.request("GET", target, headers=headers)
    return _read(connection.getresponse(), most)


def _read(response: HTTPResponse, most: int) -> bytes:
    """The body. Raises `NotFetched`, for a body that is too large before all of it has come."""
    if 300 <= response.status < 400:
        raise NotFetched("moved", response.status)
    if response.status != 200:
        raise NotFetched("status", response.status)
    if (response.length or 0) > most or len(data := response.read(most + 1)) > most:
        raise NotFetched("large", response.status)
    return data
