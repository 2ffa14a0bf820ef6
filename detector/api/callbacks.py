"""Which addresses may be asked to be told the end of something."""

from __future__ import annotations

from django.conf import settings

from detector.services.addresses import BadAddress, read_address

from .access import Caller
from .problems import Problem, field_error, wrong_fields

FIELD = "callback_url"


def check_callback(caller: Caller, url: str) -> None:
    """Raises `Problem` for an address to which no message may go; "" is none."""
    if not url:
        return
    if caller.token is None:
        raise Problem(403, f"'{FIELD}' needs a token, whose secret signs the message.")
    try:
        read_address(url, private=settings.WEBHOOKS_PRIVATE)
    except BadAddress as error:
        fault = field_error(FIELD, f"is refused: {str(error).rstrip('.')}")
        raise wrong_fields([fault]) from error
