"""How many requests to the API somebody has in a minute."""

from __future__ import annotations

from detector.web.limits import TooMany
from detector.web.limits import count as count_request

from .problems import Problem


def count(kind: str, who: str, most: int) -> None:
    """Count a request. Raises `Problem` (429) beyond `most` in this minute."""
    try:
        count_request(f"api.{kind}", who, most, kind)
    except TooMany as error:
        headers = {"Retry-After": str(error.seconds)}
        raise Problem(429, str(error), headers=headers) from error
