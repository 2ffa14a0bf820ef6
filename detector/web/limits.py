"""How many requests somebody has in a minute, counted in Django's cache."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from detector.services.senders import sent_by

from .errors import is_api
from .visitors import find_visitor, is_from_here

Handler = Callable[[HttpRequest], HttpResponse]

logger = logging.getLogger(__name__)

WINDOW = 60  # seconds


class TooMany(Exception):
    """There were too many requests; `seconds` later there may be more."""

    def __init__(self, most: int, kind: str, seconds: int) -> None:
        super().__init__(
            f"More than {most} requests in a minute from this {kind}. "
            f"Try again in {seconds} seconds."
        )
        self.seconds = seconds


def count(what: str, who: str, most: int, kind: str) -> None:
    """Count a request. Raises `TooMany` beyond `most` in this minute; `kind` is for its message."""
    now = time.time()
    used = _increase(f"{what}.{who}.{int(now // WINDOW)}")
    if used > most:
        raise TooMany(most, kind, WINDOW - int(now) % WINDOW)


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


def limit_posts(get_response: Handler) -> Handler:
    """Middleware: refuse forms of a session or an address that posts too many of them.

    The API counts for itself. Each session has an address, so that new sessions help nobody.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and not is_api(request) and not is_from_here(request):
            try:
                _count_post(request)
            except TooMany as error:
                return HttpResponse(status=429, headers={"Retry-After": str(error.seconds)})
        return get_response(request)

    return middleware


def name_sender(get_response: Handler) -> Handler:
    """Middleware: say who sends this request; a token of the API says it for itself."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with sent_by(None if is_from_here(request) else find_visitor(request)):
            return get_response(request)

    return middleware


def _count_post(request: HttpRequest) -> None:
    count("page.address", find_visitor(request), settings.PAGE_ADDRESS_RATE, "address")
    if key := request.session.session_key:
        count("page.session", key, settings.PAGE_SESSION_RATE, "session")


def refuse_login(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """The answer to who has guessed too many passwords."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    return HttpResponse(status=429, headers={"Retry-After": str(seconds)})
