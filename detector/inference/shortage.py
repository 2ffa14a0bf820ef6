"""Telling a lack of memory from other failures: libraries report it in texts of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

_MESSAGES = re.compile(
    r"bad[_ ]?alloc|bad_array_new_length|out of memory|memory allocation"
    r"|(insufficient|not enough) memory"
    r"|(cannot|can't|could not|failed to|unable to) allocate",
    re.IGNORECASE,
)


def is_shortage(error: BaseException) -> bool:
    """Whether a failed allocation led to the error: its type or text says so, or its cause's."""
    return any(
        isinstance(cause, MemoryError) or _MESSAGES.search(str(cause)) for cause in _causes(error)
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
