"""How the log is written: in plain lines or JSON, with the request and analysis that a line is of.

A log is kept for longer than pictures and seen by more people. Without LOG_DETAILS it therefore
holds no digest of a file and no address of a visitor, wherever a library has put one.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pythonjsonlogger.json import JsonFormatter as LibraryFormatter

# What the work of this moment is for; "" where it is for nobody.
request_id: ContextVar[str] = ContextVar("request_id", default="")
analysis_id: ContextVar[str] = ContextVar("analysis_id", default="")

DIGEST = re.compile(r"\b[0-9a-fA-F]{64}\b")
IPV4 = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
IPV6 = re.compile(r"(?<![\w:])[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:])")
# What Django adds to a record, which would be written into JSON: requests hold names of files.
NOT_WRITTEN = ("request", "server_time")


@contextmanager
def at(variable: ContextVar[str], value: object) -> Iterator[None]:
    """Log all lines of the block as those of this request or analysis."""
    token = variable.set(str(value))
    try:
        yield
    finally:
        variable.reset(token)


def make_discreet(line: str) -> str:
    """The line without digests of files and addresses of visitors."""
    line = DIGEST.sub("<digest>", line)
    return IPV6.sub(_hide_address, IPV4.sub(_hide_address, line))


def _hide_address(match: re.Match[str]) -> str:
    """What stands for an address; what only looks like one, and this machine, stay."""
    try:
        own = ipaddress.ip_address(match[0]).is_loopback
    except ValueError:  # a time, say
        own = True
    return match[0] if own else "<address>"


def _find_request(record: logging.LogRecord) -> str:
    """The id of the request that a line is of; Django hands the request over after its end."""
    return request_id.get() or str(getattr(getattr(record, "request", None), "log_id", ""))


class _Formatter(logging.Formatter):
    """Common to both forms; `details` writes digests and addresses, too."""

    details: bool

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(_without_refusal(record))
        return line if self.details else make_discreet(line)


def _without_refusal(record: logging.LogRecord) -> logging.LogRecord:
    """The record; without a traceback if it tells of a request that was refused.

    Django hands over the exception of each such request: anybody could fill the log with them.
    """
    is_refusal = getattr(record, "status_code", 500) < 500  # Django notes the answer's status
    if is_refusal and record.exc_info:
        return logging.makeLogRecord(vars(record) | {"exc_info": None, "exc_text": None})
    return record


class PlainFormatter(_Formatter):
    """A line with time and level, what it is about, and the traceback of what failed here."""

    def __init__(self, details: bool = False) -> None:
        super().__init__("{asctime} {levelname} {message}", style="{")
        self.details = details

    def formatMessage(self, record: logging.LogRecord) -> str:
        about = {"request": _find_request(record), "analysis": analysis_id.get()}
        added = "".join(f" [{name} {value}]" for name, value in about.items() if value)
        return super().formatMessage(record) + added


class JsonFormatter(_Formatter, LibraryFormatter):
    """One JSON object a line: time, level, logger, message, request_id, analysis_id, exc_info."""

    def __init__(self, details: bool = False) -> None:
        names = {"asctime": "time", "levelname": "level", "name": "logger"}
        LibraryFormatter.__init__(
            self,
            ["asctime", "levelname", "name", "message"],
            datefmt="%Y-%m-%dT%H:%M:%S%z",
            rename_fields=names,
        )
        self.reserved_attrs.update(NOT_WRITTEN)
        self._skip_fields.update(NOT_WRITTEN)
        self.details = details

    def add_fields(self, log_data, record, message_dict) -> None:  # type: ignore[no-untyped-def]
        super().add_fields(log_data, record, message_dict)
        about = {"request_id": _find_request(record), "analysis_id": analysis_id.get()}
        log_data.update({name: value for name, value in about.items() if value})
