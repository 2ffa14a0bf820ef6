"""Who sends a file: so that one who floods the site displaces nobody else.

A sender is a token, or the address of who has none. The pages and the API say who it is of each
request that comes from elsewhere; sessions cost nothing, so they tell no sender apart. Of programs
of the same machine the owner counts as the sender; damaged files put off its turn, and no more.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from detector.analysis.answers import NotAnalysed
from detector.models import Refusals

SALT = "detector.sender"

# Who sends the request of this moment; None for a program of the same machine.
sender: ContextVar[uuid.UUID | None] = ContextVar("sender", default=None)


class TooManyRefused(NotAnalysed):
    """The last files of the sender were all refused: the next one is taken later."""

    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(
            _("Your last files were all damaged. Send the next one in %(seconds)d seconds.")
            % {"seconds": seconds}
        )
        self.retry_after = seconds


@contextmanager
def sent_by(address: str | None) -> Iterator[None]:
    """During the block, a request is that of an address, unless `sender` is set to a token.

    None is this machine. Nobody without the secret key can tell an address from its sender.
    """
    before = sender.set(_digest(address) if address else None)
    try:
        yield
    finally:
        sender.reset(before)


def _digest(address: str) -> uuid.UUID:
    return uuid.UUID(bytes=salted_hmac(SALT, address, algorithm="sha256").digest()[:16])


def check_sender() -> None:
    """Raises `TooManyRefused` where the sender of this request has to wait."""
    who = sender.get()
    if who and (seconds := Refusals.objects.seconds_left(who)):
        raise TooManyRefused(seconds)
