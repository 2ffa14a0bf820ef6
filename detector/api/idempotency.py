"""The header Idempotency-Key: the same request, sent again, makes nothing twice."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable

from django.http import HttpRequest

from detector.models import IdempotencyKey

from .access import Caller
from .problems import Problem, field_error

HEADER = "Idempotency-Key"
LONGEST = 255


def make_once(
    request: HttpRequest, caller: Caller, parts: Iterable[str], make: Callable[[], list[uuid.UUID]]
) -> list[uuid.UUID]:
    """The ids of what `make` makes, or of what it made for the same key before.

    `parts` are what makes two requests the same one. Raises `Problem`: 409 while the first request
    is at work, 422 for a key of another request.
    """
    key = _read_key(request)
    if key is None:
        return make()
    IdempotencyKey.objects.expired().filter(scope=caller.key_scope, key=key).delete()
    digest = hashlib.sha256("\0".join([request.path, *parts]).encode()).hexdigest()
    row, is_new = IdempotencyKey.objects.get_or_create(
        scope=caller.key_scope, key=key, defaults={"digest": digest}
    )
    return _fill(row, make) if is_new else _recall(row, digest)


def _read_key(request: HttpRequest) -> str | None:
    key = request.headers.get(HEADER)
    if key is not None and not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable()):
        said = f"{HEADER} has {len(key)} characters; accepted are 1 to {LONGEST} of ASCII."
        raise Problem(400, said)
    return key


def _fill(row: IdempotencyKey, make: Callable[[], list[uuid.UUID]]) -> list[uuid.UUID]:
    """Write down what was made; a request that fails leaves its key free."""
    try:
        ids = make()
        row.made = [str(pk) for pk in ids]
        row.save(update_fields=["made"])
        return ids
    except BaseException:
        row.delete()
        raise


def _recall(row: IdempotencyKey, digest: str) -> list[uuid.UUID]:
    if row.digest != digest:
        said = "belongs to a request of other content"
        raise Problem(422, f"'{HEADER}' {said}.", [field_error(HEADER, said)])
    if row.made is None:
        said = f"The first request with this {HEADER} is still at work."
        raise Problem(409, said, headers={"Retry-After": "5"})
    return row.ids
