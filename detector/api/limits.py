"""How many requests somebody has in a minute, counted in Django's cache."""

from __future__ import annotations

import logging
import time

from django.core.cache import cache

from .problems import Problem

logger = logging.getLogger(__name__)

WINDOW = 60  # seconds


def count(kind: str, who: str, most: int) -> None:
    """Count a request. Raises `Problem` (429) beyond `most` in this minute."""
    now = time.time()
    used = _increase(f"api.{kind}.{who}.{int(now // WINDOW)}")
    if used <= most:
        return
    seconds = WINDOW - int(now) % WINDOW
    raise Problem(
        429,
        f"More than {most} requests in a minute from this {kind}. Try again in {seconds} seconds.",
        headers={"Retry-After": str(seconds)},
    )


def _increase(key: str) -> int:
    """How many there are with this one; 0 where the cache is away, which stops nobody."""
    try:
        cache.add(key, 0, timeout=2 * WINDOW)
        return cache.incr(key)
    except ValueError:  # dropped between the two
        return 1
    except Exception:  # of whatever server
        logger.exception("Requests cannot be counted.")
        return 0
