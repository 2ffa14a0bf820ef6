"""How the log is written."""

from __future__ import annotations

import logging


class PlainFormatter(logging.Formatter):
    """A line with time and level, and the traceback of what failed here.

    Django hands over the exception of each request that it refuses, too: anybody could fill the
    log with tracebacks that tell nothing.
    """

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        is_refusal = getattr(record, "status_code", 500) < 500  # Django notes the answer's status
        if is_refusal and record.exc_info:
            record = logging.makeLogRecord(vars(record) | {"exc_info": None, "exc_text": None})
        return super().format(record)
