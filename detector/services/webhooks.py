"""Tells the ends of analyses and batches to the servers that asked, from rows of the database.

A message has the form of Standard Webhooks: the headers `webhook-id`, `webhook-timestamp` and
`webhook-signature`, which is HMAC-SHA256 over `id.timestamp.body` with the secret of the token.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import uuid
from datetime import timedelta
from http.client import HTTPException

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from detector import __version__
from detector.models import Batch, Delivery, Upload
from detector.models.api_token import SECRET_PREFIX, ApiToken
from detector.models.delivery import MAX_ATTEMPTS

from .addresses import BadAddress, PinnedConnection, read_address, resolve
from .describing import describe_batch, describe_detection

logger = logging.getLogger(__name__)

AT_ONCE = 20
# Nobody else sends a message for so long; it takes at most some time-outs of a connection.
LEASE = timedelta(minutes=2)


def ask_for_message(token: ApiToken, url: str, about: Upload | Batch) -> Delivery:
    """Have the end of an upload or a batch told to an address."""
    if isinstance(about, Batch):
        return Delivery.objects.create(token=token, url=url, batch=about)
    return Delivery.objects.create(token=token, url=url, upload=about)


def deliver_due() -> int:
    """Send the messages whose time has come; returns how many were tried."""
    due = list(Delivery.objects.due().values_list("pk", "attempts")[:AT_ONCE])
    return sum(_deliver(pk, attempts) for pk, attempts in due)


def _deliver(pk: uuid.UUID, attempts: int) -> bool:
    """Try one message; False if another process does, or it was deleted."""
    mine = Delivery.objects.filter(pk=pk, attempts=attempts, ended_at__isnull=True)
    if not mine.update(attempts=F("attempts") + 1, next_at=timezone.now() + LEASE):
        return False
    related = ("token", "batch", "upload__analysis")
    delivery = Delivery.objects.select_related(*related).filter(pk=pk).first()
    if delivery is None:
        return False
    _note(delivery, _try(delivery))
    return True


def _note(delivery: Delivery, error: str) -> None:
    """Write down how an attempt went: the message has arrived without an `error`."""
    now = timezone.now()
    delivery.error, delivery.next_at = error[:200], now + delivery.pause()
    if not error or delivery.attempts >= MAX_ATTEMPTS:
        delivery.ended_at = now
    # `update`: a row that was deleted meanwhile stays deleted.
    fields = {name: getattr(delivery, name) for name in ("error", "next_at", "ended_at")}
    Delivery.objects.filter(pk=delivery.pk).update(**fields)
    if error:
        logger.warning("Message %s, attempt %d: %s", delivery.pk, delivery.attempts, error)


def _try(delivery: Delivery) -> str:
    """Send a message; returns why it did not arrive, "" if it did."""
    try:
        status = _post(delivery)
    except (OSError, HTTPException, BadAddress) as error:
        return f"{type(error).__name__}: {error}"
    return "" if 200 <= status < 300 else f"The server answered {status}."


def _post(delivery: Delivery) -> int:
    """The status of the answer; redirections are not followed."""
    private = settings.WEBHOOKS_PRIVATE
    parts = read_address(delivery.url, private=private)
    host, port = parts.hostname or "", parts.port or 443
    connection = PinnedConnection(host, port, resolve(host, port, private=private))
    body = json.dumps(make_message(delivery)).encode()
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, _headers(delivery, body))
        return connection.getresponse().status
    finally:
        connection.close()


def make_message(delivery: Delivery) -> dict[str, object]:
    """What is told: the object that the API gives for the upload or the batch."""
    if delivery.batch is not None:
        return {"type": "batch.finished", "data": describe_batch(delivery.batch)}
    if delivery.upload is not None:
        return {"type": "detection.finished", "data": describe_detection(delivery.upload)}
    raise ValueError(f"Delivery {delivery.pk} is about nothing.")


def _headers(delivery: Delivery, body: bytes) -> dict[str, str]:
    moment, secret = str(int(timezone.now().timestamp())), delivery.token.webhook_secret
    return {
        "Content-Type": "application/json",
        "User-Agent": f"ai-image-detector/{__version__}",
        "webhook-id": str(delivery.pk),
        "webhook-timestamp": moment,
        "webhook-signature": sign(secret, str(delivery.pk), moment, body),
    }


def sign(secret: str, message: str, moment: str, body: bytes) -> str:
    """The signature of Standard Webhooks, version 1."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message}.{moment}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
